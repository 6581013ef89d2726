"""Options that several commands share, and the reading of their values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import click

__all__ = ["DIMS", "NAMES", "Settings", "debug_option", "network_argument"]

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


@dataclass(slots=True)
class Settings:
    """What holds for the whole run; the group and each command may set it."""

    debug: bool = False


def _set_debug(context: click.Context, _parameter: click.Parameter, value: bool) -> None:
    if value and isinstance(context.obj, Settings):
        context.obj.debug = True


def debug_option(function: Decorated) -> Decorated:
    """`--debug`, before or after the command's name."""
    option = click.option(
        "--debug", is_flag=True, is_eager=True, expose_value=False, callback=_set_debug, help="Show tracebacks."
    )
    return option(function)


def network_argument(function: Decorated) -> Decorated:
    """The argument NETWORK, passed on as text (`networks.find` resolves it)."""
    return click.argument("network")(function)


class DimsType(click.ParamType):
    """`N=4,D=3` as a dictionary from names to positive integers.

    >>> DIMS.convert("N=4, D=3", None, None)
    {'N': 4, 'D': 3}
    """

    name = "N=4,D=3"

    def convert(
        self, value: str | dict[str, int], parameter: click.Parameter | None, context: click.Context | None
    ) -> dict[str, int]:
        if isinstance(value, dict):
            return value
        sizes: dict[str, int] = {}
        for part in filter(None, (part.strip() for part in value.split(","))):
            name, equals, number = (piece.strip() for piece in part.partition("="))
            if not equals or not name.isidentifier():
                self.fail(f"expected sizes such as N=4,D=3, found {part!r}", parameter, context)
            if not number.isascii() or not number.isdigit() or int(number) < 1:
                self.fail(f"expected a positive integer for {name}, found {number!r}", parameter, context)
            if name in sizes:
                self.fail(f"{name} is given twice", parameter, context)
            sizes[name] = int(number)
        return sizes


class NamesType(click.ParamType):
    """`x,W1` as a tuple of names.

    >>> NAMES.convert("x,W1", None, None)
    ('x', 'W1')
    """

    name = "x,W1"

    def convert(
        self, value: str | tuple[str, ...], parameter: click.Parameter | None, context: click.Context | None
    ) -> tuple[str, ...]:
        if isinstance(value, tuple):
            return value
        names = tuple(filter(None, (part.strip() for part in value.split(","))))
        if not names:
            self.fail("expected names such as x,W1, found none", parameter, context)
        return names


DIMS, NAMES = DimsType(), NamesType()

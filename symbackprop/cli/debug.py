"""`--debug`, which the group and each command have: tracebacks in place of one clear line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import click

__all__ = ["Settings", "debug_option"]

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

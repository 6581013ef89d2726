"""Options that several commands share, and the reading of their values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from symbackprop.cli.files import target, when_given
from symbackprop.phrases import LANGUAGES

__all__ = [
    "calibrate_option",
    "devices_option",
    "dims_option",
    "json_option",
    "language_option",
    "network_argument",
    "read_dims",
    "read_shard",
    "seed_option",
    "shard_option",
    "title_options",
    "wrt_option",
]

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


def network_argument(function: Decorated) -> Decorated:
    """The argument NETWORK, passed on as text (`networks.find` resolves it)."""
    return click.argument("network")(function)


def dims_option(text: str) -> Callable[[Decorated], Decorated]:
    """`--dims N=4,D=3`, passed on as a dictionary from names to positive integers, or None."""
    return click.option("--dims", metavar="N=4,D=3", callback=when_given(read_dims), help=text)


def calibrate_option(function: Decorated) -> Decorated:
    """`--calibrate`: whether the machine is measured anew."""
    text = "Measure the machine anew; else what was measured before is used."
    return click.option("--calibrate", is_flag=True, help=text)(function)


def read_dims(text: str) -> dict[str, int]:
    """Sizes from text; click.BadParameter says which part is wrong.

    >>> read_dims("N=4, D=3")
    {'N': 4, 'D': 3}
    """
    from symbackprop.verify.asked import LONGEST_AXIS

    sizes: dict[str, int] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, equals, number = (piece.strip() for piece in part.partition("="))
        if not equals or not name.isidentifier():
            raise click.BadParameter(f"expected sizes such as N=4,D=3, found {part!r}")
        if not number.isascii() or not number.isdigit() or not number.strip("0"):
            raise click.BadParameter(f"expected a positive integer for {name}, found {number!r}")
        number = number.lstrip("0")
        if len(number) > len(str(LONGEST_AXIS)) or int(number) > LONGEST_AXIS:
            raise click.BadParameter(f"expected at most {LONGEST_AXIS} for {name}, found {len(number)} digits")
        if name in sizes:
            raise click.BadParameter(f"{name} is given twice")
        sizes[name] = int(number)
    if not sizes:
        raise click.BadParameter("expected sizes such as N=4,D=3, found none")
    return sizes


def shard_option(text: str) -> Callable[[Decorated], Decorated]:
    """`--shard n=data,j=model`, passed on as a dictionary from indices to mesh axes in their order, or None."""
    return click.option("--shard", metavar="n=data,j=model", callback=when_given(read_shard), help=text)


def read_shard(text: str) -> dict[str, str]:
    """The mesh axis of each index from text; click.BadParameter says which part is wrong.

    >>> read_shard("n=data, j=model")
    {'n': 'data', 'j': 'model'}
    """
    axes: dict[str, str] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, equals, axis = (piece.strip() for piece in part.partition("="))
        if not equals or not name.isidentifier() or not axis.isidentifier():
            raise click.BadParameter(f"expected indices on mesh axes such as n=data,j=model, found {part!r}")
        if name in axes:
            raise click.BadParameter(f"index {name} is given twice")
        axes[name] = axis
    if not axes:
        raise click.BadParameter("expected indices on mesh axes such as n=data,j=model, found none")
    return axes


def devices_option(function: Decorated) -> Decorated:
    """`--devices data=4,model=2`, passed on as a dictionary from mesh axes to positive integers, or None."""
    text = "How many devices lie along each axis of the mesh."
    return click.option("--devices", metavar="data=4,model=2", callback=when_given(read_dims), help=text)(function)


def seed_option(function: Decorated) -> Decorated:
    """`--seed`, an integer."""
    from symbackprop.verify.asked import MOST_SEED

    kind = click.IntRange(0, MOST_SEED)
    return click.option("--seed", type=kind, default=0, show_default=True, help="Of the data to check with.")(function)


def json_option(function: Decorated) -> Decorated:
    """`--json FILE`, passed on as a file that can be written, or None (`files.deliver_report` takes it)."""
    text = "Write the report as JSON too (- for stdout)."
    return click.option("--json", "json_file", callback=when_given(target), help=text)(function)


def language_option(function: Decorated) -> Decorated:
    """`--language`, the key of a table of phrases."""
    kind = click.Choice(list(LANGUAGES))
    text = "Of the prose: English or simplified Chinese."
    return click.option("--language", type=kind, default="en", show_default=True, help=text)(function)


def title_options(function: Decorated) -> Decorated:
    """`--title`, None where it is not given, `--author` and `--date`."""
    for name, default, text in (
        ("--date", "", "The date below the title; none by default."),
        ("--author", "", "Who is named below the title; nobody by default."),
        ("--title", None, "The title.  [default: the first line of the network's description]"),
    ):
        function = click.option(name, default=default, help=text)(function)
    return function


def wrt_option(function: Decorated) -> Decorated:
    """`--wrt x,W1`, passed on as a tuple of names, or None."""
    text = "Differentiate by exactly these; by default, by every parameter (of a layer, every float input too)."
    return click.option("--wrt", metavar="x,W1", callback=when_given(_read_wrt), help=text)(function)


def _read_wrt(value: str) -> tuple[str, ...]:
    names = tuple(filter(None, (part.strip() for part in value.split(","))))
    if not names:
        raise click.BadParameter("expected names such as x,W1, found none")
    return names

"""How Python is laid out in lines: calls, tuples and tables on one line where it holds them, else over several."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from symbackprop.python_text.bracketed import tuple_text
from symbackprop.python_text.filled_lines import filled_lines

WIDTH = 118
_INDENT = "    "


@dataclass(frozen=True, slots=True)
class FunctionText:
    """A function of the module. `lines`: its body, under the docstring `about`."""

    name: str
    signature: tuple[str, ...]
    about: str
    lines: tuple[str, ...]

    @property
    def head(self) -> list[str]:
        """The line, or lines, that begin it."""
        lines = call_lines(self.name, self.signature, "def ", 0)
        return [*lines[:-1], f"{lines[-1]}:"]


def call_lines(function: str, args: Sequence[str], before: str = "", indent: int = 1) -> list[str]:
    """`before function(args)`, `before` being such as `name = `."""
    margin, joined = _INDENT * indent, ", ".join(args)
    if len(f"{margin}{before}{function}({joined})") <= WIDTH:
        return [f"{margin}{before}{function}({joined})"]
    return [f"{margin}{before}{function}(", *_inside(args, indent + 1), f"{margin})"]


def unpacking(targets: Sequence[str], value: str) -> list[str]:
    """`a, b = value`."""
    text = f"{', '.join(targets)}{',' if len(targets) == 1 else ''} = {value}"
    if len(_INDENT) + len(text) <= WIDTH:
        return [_INDENT + text]
    return [f"{_INDENT}(", *_filled(targets, 2), f"{_INDENT}) = {value}"]


def collection_lines(items: Sequence[str], before: str, brackets: str, indent: int = 0) -> list[str]:
    """A tuple, list or dictionary: on one line, or as many items on each line as it holds."""
    opening, closing = brackets[0], brackets[1]
    lone = "," if opening == "(" and len(items) == 1 else ""
    margin = _INDENT * indent
    text = f"{margin}{before}{opening}{', '.join(items)}{lone}{closing}"
    if len(text) <= WIDTH:
        return [text]
    return [f"{margin}{before}{opening}", *_filled(items, indent + 1), f"{margin}{closing}"]


def returned_lines(values: Sequence[str], several: bool = False) -> list[str]:
    """`return a, b`; `several`: a tuple even of one."""
    text = f"    return {', '.join(values)}{',' if several and len(values) == 1 else ''}"
    return [text] if len(text) <= WIDTH else collection_lines(values, "return ", "()", 1)


def table_lines(items: Sequence[str], before: str, indent: int = 0) -> list[str]:
    """A dictionary: on one line, or an item on each."""
    margin = _INDENT * indent
    text = f"{margin}{before}{{{', '.join(items)}}}"
    if len(text) <= WIDTH:
        return [text]
    return [f"{margin}{before}{{", *(f"{margin}{_INDENT}{item}," for item in items), f"{margin}}}"]


def prose_lines(text: str, begin: str, hanging: str) -> list[str]:
    """Words over as many lines as they need, the first after `begin`, the others after `hanging`."""
    if len(begin) + len(text) <= WIDTH:
        return [begin + text]
    return filled_lines(text.split(" "), begin, hanging, WIDTH)


def names_text(names: Sequence[str]) -> str:
    """The names as a tuple of strings."""
    return tuple_text([f'"{name}"' for name in names])


def _inside(args: Sequence[str], indent: int) -> list[str]:
    """The arguments of a call."""
    margin, joined = _INDENT * indent, ", ".join(args)
    return [margin + joined] if len(margin + joined) <= WIDTH else _filled(args, indent)


def _filled(items: Sequence[str], indent: int) -> list[str]:
    return filled_lines([f"{item}," for item in items], _INDENT * indent, _INDENT * indent, WIDTH)


__all__ = [
    "WIDTH", "FunctionText", "call_lines", "collection_lines", "names_text", "prose_lines", "returned_lines",
    "table_lines", "unpacking",
]  # fmt: skip

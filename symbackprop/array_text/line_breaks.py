"""Long lines, broken where brackets allow it: at the outermost commas and operators first."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from symbackprop.python_text.filled_lines import filled_lines

WIDTH = 110
_BREAK = re.compile(r"(?<=,) | (?=(?:[-+*/@&|]|//|if|else) )")
_STATEMENT = re.compile(r"( *)(.*? (?:[+]?=|return)|return) (.*)", re.DOTALL)


def wrapped(line: str, comment: str = "") -> list[str]:
    """The statement with its comment behind it, on as many lines as it needs."""
    if len(line) + len(comment) <= WIDTH:
        return [line + comment]
    found = _STATEMENT.fullmatch(line)
    if found is None or "(" in found[2].split("[")[0]:  # a call by itself
        indent, head, value = line[: len(line) - len(line.lstrip())], "", line.lstrip()
    else:
        indent, head, value = found[1], f"{found[2]} ", found[3]
    opening = value.find("(")
    if opening > 0 and value[:opening].replace(".", "").replace("_", "").isalnum() and _closing(value, opening):
        head, value, end = head + value[: opening + 1], value[opening + 1 : -1], ")"
    else:
        head, end = head + "(", ")"
    lines = [indent + head] if len(indent + head) <= WIDTH else filled(head, indent, indent + "    ")
    return [*lines, *filled(value, indent + "    "), indent + end + comment]


def filled(text: str, indent: str, later: str | None = None) -> list[str]:
    """The text over lines that are as full as they can be."""
    return filled_lines(_pieces(text, WIDTH - len(indent)), indent, indent if later is None else later, WIDTH)


def _pieces(text: str, room: int, rank: int = 0) -> Iterator[str]:
    """Parts between which a line may be broken, none longer than the room if brackets allow it."""
    ranks = _ranks(text)
    deeper = any(rank < other for other in ranks.values())
    start = 0
    for place, end in [*((p, p) for p, r in ranks.items() if r <= rank), (len(text), len(text))]:
        part, start = text[start:place], end + 1
        if len(part) > room and deeper:
            yield from _pieces(part, room, rank + 1)
        else:
            yield part


def _ranks(text: str) -> dict[int, int]:
    """The spaces at which it may be broken, the best with the lowest rank: outside brackets, at what binds loosely."""
    depths = _depths(text)
    return {found.start(): 2 * depths[found.start()] + (text[found.end()] in "*/@") for found in _BREAK.finditer(text)}


def _depths(text: str) -> Sequence[int]:
    """In how many brackets each character stands."""
    out, depth = [], 0
    for character in text:
        depth -= character in ")]}"
        out.append(depth)
        depth += character in "([{"
    return out


def _closing(text: str, opening: int) -> bool:
    """Whether the bracket is closed by the last character."""
    depths = _depths(text)
    return text[-1] == ")" and all(depth > depths[opening] for depth in depths[opening + 1 : -1])


__all__ = ["WIDTH", "filled", "wrapped"]

"""memory.txt: where in work memory each buffer lies, and from which equation to which it is in use."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from symbackprop.c.memory import Buffer, Plan
from symbackprop.c.nests import NestFunction, Note, Statement, statements_in

Moments = tuple[tuple[str, str], ...]  # for each statement the numbers of the first and the last equation in it


def moments(functions: Iterable[NestFunction]) -> Moments:
    """Of functions that run one after the other, in the order in which `memory.plan` counts. A statement without a
    number belongs to the equation before."""
    found: list[tuple[str, str]] = []
    current = ""
    for function in functions:
        noted = False
        for statement in function.body:
            inner = _numbers(statement)
            numbers = [current, *inner] if noted or not inner else inner
            found.append((numbers[0], numbers[-1]))
            noted, current = isinstance(statement, Note), numbers[-1]
    return tuple(found)


def _numbers(statement: Statement) -> list[str]:
    """As (3, 4) in a note says them."""
    notes = (each.text for each in statements_in((statement,)) if isinstance(each, Note))
    matches = (re.match(r"\(([A-Z]?\d+(?:, [A-Z]?\d+)*)\) ", text) for text in notes)
    return [number for match in matches if match is not None for number in match[1].split(", ")]


def memory_text(name: str, plans: Sequence[tuple[str, Plan, Moments]]) -> str:
    """`plans`: each with what it is of."""
    lines = [
        f"Work memory of {name}, in numbers: 4 bytes each in single precision, 8 in double.",
        "A buffer lies at its offset from the first to the last of these equations; the end is after the call.",
    ]
    for title, plan, at in plans:
        needed = plan.live(plan.fullest)
        lines += [
            "",
            f"{title}: {max(plan.size, 1)} numbers; {needed} are in use at once, below which no plan can be.",
            "",
        ]
        rows = [("buffer", "numbers", "offset", "from", "to")]
        for buffer in sorted(plan.buffers, key=lambda each: (each.first, each.offset)):
            first, last = span(buffer, at)
            to = "the end" if last is None else f"({last})" if last else "the beginning"
            begin = f"({first})" if first else "the beginning"
            rows.append((buffer.name, str(buffer.size), str(buffer.offset), begin, to))
        widths = [max(len(row[place]) for row in rows) for place in range(4)]
        for row in rows:
            cells = [
                row[0].ljust(widths[0]),
                *(cell.rjust(width) for cell, width in zip(row[1:4], widths[1:], strict=True)),
            ]
            lines.append(f"  {'  '.join(cells)}  {row[4]}")
    return "\n".join(lines) + "\n"


def span(buffer: Buffer, at: Moments) -> tuple[str, str | None]:
    """The numbers of the equations between which it is in use: "" before the first one, None after the call."""
    return at[buffer.first][0], at[buffer.last][1] if buffer.last < len(at) else None


__all__ = ["Moments", "memory_text", "moments", "span"]

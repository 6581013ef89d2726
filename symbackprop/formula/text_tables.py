"""Tables as lines of text, for terminals."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["text_table"]


def text_table(rows: Sequence[Sequence[str]], left: int = 1) -> list[str]:
    """The rows, the first of which is the head, with columns as wide as they must be; the first `left` of these begin
    at the left, all others end at the right.

    >>> print("\\n".join(text_table([("", "bytes"), ("forward", "12")])))
             bytes
    forward     12
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = [
            cell.ljust(width) if place < left else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return lines

"""Pieces of text over lines that are as full as they can be."""

from __future__ import annotations

from collections.abc import Iterable


def filled_lines(pieces: Iterable[str], begin: str, later: str, width: int) -> list[str]:
    """The pieces with spaces between them, the first line after `begin`, the others after `later`."""
    lines, begun = [begin], False
    for piece in pieces:
        if begun and len(lines[-1]) + 1 + len(piece) > width:
            lines.append(later)
            begun = False
        lines[-1] += f"{' ' if begun else ''}{piece}"
        begun = True
    return lines


__all__ = ["filled_lines"]

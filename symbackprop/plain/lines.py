"""Long lines, broken where brackets allow it."""

from __future__ import annotations

import re

WIDTH = 110
_BREAKS = re.compile(r"(?<=,) | (?=[-+*/@&|] )| (?=if )| (?=else )")


def wrapped(line: str, comment: str = "") -> list[str]:
    """The statement with its comment behind it, on as many lines as it needs."""
    if len(line) + len(comment) <= WIDTH or line.lstrip().startswith(("for ", "if ")):
        return [line + comment]
    indent = " " * (len(line) - len(line.lstrip()) + 4)
    head, sign, rest = _parted(line)
    if not sign:  # a call, which has brackets of its own
        head, rest = line[: line.index("(") + 1], line[line.index("(") + 1 :]
        return [head + comment, *_filled(rest, indent)]
    return [f"{head} {sign} ({comment}", *_filled(rest, indent), f"{indent[4:]})"]


def _parted(line: str) -> tuple[str, str, str]:
    found = re.match(r"( *[^=]*?) (\+?=) (?!=)", line)
    return (found[1], found[2], line[found.end() :]) if found else (line, "", "")


def _filled(text: str, indent: str) -> list[str]:
    """The text over lines, broken at the outermost operators and commas that there are."""
    lines: list[str] = [indent]
    for piece in _pieces(text):
        if lines[-1].strip() and len(lines[-1]) + 1 + len(piece) > WIDTH:
            lines.append(indent)
        lines[-1] += (" " if lines[-1].strip() else "") + piece
    return lines


def _pieces(text: str) -> list[str]:
    pieces = [""]
    for part in re.split(f"({_BREAKS.pattern})", text):
        if part == " ":
            pieces.append("")
        else:
            pieces[-1] += part
    return pieces


__all__ = ["wrapped"]

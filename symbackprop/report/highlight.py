"""Lines of Python as HTML: comments, strings and keywords told apart, and the numbers of equations as links.

What a generated module consists of and no more: its strings end on their line or are docstrings in triple quotes.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Sequence
from html import escape

__all__ = ["highlighted"]

_WORDS = "|".join(sorted(word for word in keyword.kwlist if word not in ("True", "False", "None")))
_TOKEN = re.compile(
    r"(?P<doc>\"\"\"(?:.*?\"\"\")?)|(?P<comment>#.*)|(?P<string>[fr]?\"(?:[^\"\\]|\\.)*\")"
    rf"|\b(?P<word>{_WORDS})\b"
)
_LABEL = re.compile(r"^(# )\(([A-Z]+\d+)\)")


def highlighted(lines: Sequence[str], inside: bool = False) -> tuple[str, bool]:
    """The HTML of the lines, each with its end; and whether a docstring is still open behind them, as `inside` says of
    before them.

    >>> print(highlighted(["return x  # (B2) d"])[0], end="")
    <b>return</b> x  <i># (B2) d</i>
    """
    out: list[str] = []
    for line in lines:
        if inside:
            end = line.find('"""')
            if end < 0:
                out.append(f"<u>{escape(line, quote=False)}</u>\n" if line else "\n")
                continue
            out.append(f"<u>{escape(line[: end + 3], quote=False)}</u>")
            line, inside = line[end + 3 :], False
        place = 0
        for found in _TOKEN.finditer(line):
            out.append(escape(line[place : found.start()], quote=False))
            out.append(_token(found, first=not line[: found.start()].strip()))
            place = found.end()
            inside = found["doc"] == '"""'
            if inside:
                out[-1] = f"<u>{escape(line[found.start() :], quote=False)}</u>"
                place = len(line)
                break
        out.append(f"{escape(line[place:], quote=False)}\n")
    return "".join(out), inside


def _token(found: re.Match[str], first: bool) -> str:
    text = escape(found[0], quote=False)
    if found["comment"] is not None:
        label = _LABEL.match(text)
        if label is not None and not first and label.end() < len(text):  # a remark behind a statement
            label = None
        if label is not None:
            text = f'# <a class="tag" href="#{label[2]}">({label[2]})</a>{text[label.end() :]}'
        kind = ' class="heading"' if text.startswith("# ---") else ""
        return f"<i{kind}>{text}</i>"
    return f"<b>{text}</b>" if found["word"] is not None else f"<u>{text}</u>"

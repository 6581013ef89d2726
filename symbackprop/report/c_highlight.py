"""Lines of C as HTML: comments, strings, directives, keywords and types told apart, numbers of equations as links.

What a generated file consists of and no more: a string ends on its line, and there is no comment by `//`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from html import escape

__all__ = ["highlighted_c"]

_WORDS = (
    "auto|break|case|char|const|continue|default|do|double|else|enum|extern|float|for|goto|if|inline|int|long|register|"
    "restrict|return|short|signed|sizeof|static|struct|switch|typedef|union|unsigned|void|volatile|while|"
    "int32_t|int64_t|uint32_t|uint64_t|size_t"
)
_TOKEN = re.compile(
    r"(?P<comment>/\*(?:.*?\*/)?)|(?P<string>\"(?:[^\"\\]|\\.)*\")|(?P<header>(?<=#include )<[\w.]+>)"
    rf"|(?P<directive>^ *# *[a-z]+)|\b(?P<word>{_WORDS})\b"
)
_LABELS = re.compile(r"/\* \((?P<labels>[A-Z]+\d+(?:, [A-Z]+\d+)*)\)")


def highlighted_c(labels: Mapping[str, str]) -> Callable[[Sequence[str], bool], tuple[str, bool]]:
    """What `highlight.highlighted` does, for C. `labels`: as `c_code.TextInC` has them.

    >>> print(highlighted_c({"B2": "B3"})(["return x; /* (B2) d */"], False)[0], end="")
    <b>return</b> x; <i>/* (B2) d */</i>
    >>> print(highlighted_c({"B2": "B3"})(["/* (B2) d */"], False)[0], end="")
    <i>/* <a class="tag" href="#B3">(B2)</a> d */</i>
    """

    def lines_as_html(lines: Sequence[str], inside: bool = False) -> tuple[str, bool]:
        out: list[str] = []
        for line in lines:
            if inside:
                end = line.find("*/") + 2
                inside = end < 2
                out.append(_kind("i", line[: len(line) if inside else end]))
                line = "" if inside else line[end:]
            place = 0
            for found in _TOKEN.finditer(line):
                out.append(escape(line[place : found.start()], quote=False))
                place = found.end()
                inside = found["comment"] == "/*"
                if inside:
                    place = len(line)
                    out.append(_comment(line[found.start() :], labels, not line[: found.start()].strip()))
                    break
                out.append(_token(found, labels, not line[: found.start()].strip()))
            out.append(f"{escape(line[place:], quote=False)}\n")
        return "".join(out), inside

    return lines_as_html


def _token(found: re.Match[str], labels: Mapping[str, str], first: bool) -> str:
    if found["comment"] is not None:
        return _comment(found[0], labels, first)
    return _kind("u" if found["string"] or found["header"] else "b", found[0])


def _comment(text: str, labels: Mapping[str, str], first: bool) -> str:
    said = _LABELS.match(text) if first else None
    if said is None:
        return _kind("i", text)
    numbers = said["labels"].split(", ")
    told = [_link(label if len(numbers) > 1 else f"({label})", labels.get(label, "")) for label in numbers]
    links = told[0] if len(told) == 1 else f"({', '.join(told)})"
    return f"<i>/* {links}{escape(text[said.end() :], quote=False)}</i>"


def _link(text: str, shown: str) -> str:
    return f'<a class="tag" href="#{shown}">{text}</a>' if shown else text


def _kind(tag: str, text: str) -> str:
    return f"<{tag}>{escape(text, quote=False)}</{tag}>" if text else ""

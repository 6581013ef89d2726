"""What a network's author says of it, a docstring, as a title and blocks of a document."""

from __future__ import annotations

import re
from itertools import groupby
from textwrap import dedent

from symbackprop.document.model import Block, Code, Paragraph, Runs, Verbatim
from symbackprop.formula.width import is_wide
from symbackprop.phrases import ENGLISH, Phrases
from symbackprop.terms.program import Program

__all__ = ["described"]


def described(program: Program, words: Phrases = ENGLISH) -> tuple[str, tuple[Block, ...]]:
    """The title, which is the first line of the description or says whose gradients these are, and the rest in
    blocks: paragraphs, and lines that are indented as they stand. Where the language has none of its own, the first
    description that there is."""
    said = dict(program.descriptions)
    text = said.get(words.name) or next(iter(said.values()), "")
    title, _, rest = text.strip().partition("\n")
    blocks: list[Block] = []
    for is_text, group in groupby(rest.split("\n"), lambda line: bool(line.strip())):
        lines = list(group)
        if is_text:
            for is_indented, same in groupby(lines, lambda line: line.startswith("    ")):
                some = list(same)
                blocks.append(_verbatim(some) if is_indented else Paragraph(_with_code(_joined(some))))
    return title.strip().rstrip(".。") or words.gradients_of.text(name=program.name), tuple(blocks)


def _with_code(text: str) -> Runs:
    """What stands between backticks is code."""
    parts = re.split(r"`([^`]+)`", text)
    return tuple(Code(part) if place % 2 else part for place, part in enumerate(parts) if part)


def _joined(lines: list[str]) -> str:
    """One line; behind a mark of Chinese and between its letters there is no space."""
    text = lines[0]
    for line in lines[1:]:
        is_close = is_wide(text[-1]) and (is_wide(line[0]) or not text[-1].isalnum())
        text += line if is_close else f" {line}"
    return text


def _verbatim(lines: list[str]) -> Verbatim:
    return Verbatim(tuple(dedent("\n".join(lines)).split("\n")))

"""What a network's author says of it, a docstring, as a title and blocks of a document."""

from __future__ import annotations

from itertools import groupby
from textwrap import dedent

from symbackprop.document.model import Block, Paragraph, Verbatim
from symbackprop.terms.program import Program

__all__ = ["described"]


def described(program: Program) -> tuple[str, tuple[Block, ...]]:
    """The title, which is the first line of the description or says whose gradients these are, and the rest in
    blocks: paragraphs, and lines that are indented as they stand."""
    title, _, rest = program.description.strip().partition("\n")
    blocks: list[Block] = []
    for is_text, group in groupby(rest.split("\n"), lambda line: bool(line.strip())):
        lines = list(group)
        if is_text:
            for is_indented, same in groupby(lines, lambda line: line.startswith("    ")):
                some = list(same)
                blocks.append(_verbatim(some) if is_indented else Paragraph((" ".join(some),)))
    return title.strip().removesuffix(".") or f"Gradients of {program.name}", tuple(blocks)


def _verbatim(lines: list[str]) -> Verbatim:
    return Verbatim(tuple(dedent("\n".join(lines)).split("\n")))

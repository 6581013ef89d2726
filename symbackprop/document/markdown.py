r"""A document as Markdown, mathematics between dollars: `$…$` in lines, `$$…$$` with a `\tag` for a formula."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import partial

from symbackprop.document.model import (
    Block,
    Display,
    Document,
    Formula,
    Listing,
    Paragraph,
    Runs,
    Step,
    Table,
    Verbatim,
    written,
)
from symbackprop.formula.breaking import fill
from symbackprop.formula.latex import SIGNS, before, latex, line, prose
from symbackprop.formula.tree import Formula as Tree
from symbackprop.formula.width import RELATION, width
from symbackprop.phrases import ENGLISH, Phrases

__all__ = ["blocks", "text"]

LINE = 84.0
_SPECIAL = re.compile(r"[\\`*_$<]")
_words = partial(prose, wide=True)  # inside a formula: browsers have all letters


def text(document: Document) -> str:
    """The document; headings start at the second level."""
    words = document.words
    out = [f"## {_runs((document.title,))}"]
    if document.signed:
        out.append(f"*{_runs((document.signed,))}*")
    out.append(blocks(document.about, words))
    for section in document.sections:
        out += [f"### {section.title}", blocks(section.blocks, words)]
    return "\n\n".join(filter(None, out)) + "\n"


def blocks(found: Iterable[Block], words: Phrases = ENGLISH) -> str:
    """Blocks by themselves, one below another."""
    return "\n\n".join(_block(block, words) for block in found)


def _block(block: Block, words: Phrases) -> str:
    match block:
        case Paragraph(runs):
            return _runs(runs)
        case Table(_, header, rows):
            lines = [header, tuple("---" for _ in header), *(tuple(_cell(cell) for cell in row) for row in rows)]
            return "\n".join(f"| {' | '.join(line)} |" for line in lines)
        case Display(formulas):
            return "\n\n".join(_formula(formula, words) for formula in formulas)
        case Listing(lines):
            return "\n".join(["```python", *lines, "```"])
        case Verbatim(lines):
            return "\n".join(["```text", *lines, "```"])


def _runs(runs: Runs) -> str:
    return "".join(written(runs, _plain, "`{}`".format, lambda formula: f"${latex(formula)}$", "({})".format))


def _plain(said: str) -> str:
    """Words as they stand, none of whose characters marks anything."""
    return _SPECIAL.sub(r"\\\g<0>", said)


def _cell(runs: Runs) -> str:
    return _runs(runs).replace("|", r"\vert ")


def _formula(formula: Formula, words: Phrases) -> str:
    body = " \\\\\n".join(_rows(formula, words))
    tag = rf" \tag{{{formula.label}}}" if formula.label else ""
    return f"$$\n\\begin{{aligned}}\n{body}\n\\end{{aligned}}{tag}\n$$"


def _rows(formula: Formula, words: Phrases) -> list[str]:
    lefts = (None if place else formula.left for place in range(len(formula.steps)))
    rows = [row for left, step in zip(lefts, formula.steps, strict=True) for row in _step(left, step, words)]
    if formula.ranges:
        rows.append(rf"&\qquad {before(words.before_ranges)} {', '.join(map(latex, formula.ranges))}")
    if isinstance(formula.matrix, Formula):
        rows += _rows(formula.matrix, words)
    elif formula.matrix:
        rows.append(rf"&\qquad \text{{{_words(words.no_matrix_form.text(reason=formula.matrix))}}}")
    return rows


def _in_formula(said: str) -> str:
    return rf"\text{{{_words(said)}}}"


def _step(left: Tree | None, step: Step, words: Phrases) -> list[str]:
    before, wide = (latex(left) + " ", width(left)) if left is not None else ("", 0.0)
    first, *rest = fill(wide + RELATION, step.pieces, LINE)
    rows = [f"{before}&{SIGNS[step.sign]} {line(first)}", *(rf"&\qquad {line(parts, starts=True)}" for parts in rest)]
    if step.reason:
        # inside a formula, where a dollar would end it
        remark = words.remark(reason=step.reason)
        reason = written(remark, _in_formula, _in_formula, latex, r"\text{{({})}}".format)
        rows[-1] += rf" \qquad {''.join(reason)}"
    return rows

r"""A document as Markdown, mathematics between dollars: `$…$` in lines, `$$…$$` with a `\tag` for a formula."""

from __future__ import annotations

import re
from collections.abc import Iterable

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
from symbackprop.formula.latex import SIGNS, latex, line
from symbackprop.formula.latex import prose as words
from symbackprop.formula.tree import Formula as Tree
from symbackprop.formula.width import RELATION, width

__all__ = ["blocks", "text"]

LINE = 84.0
_SPECIAL = re.compile(r"(?P<code>`[^`]+`)|[\\`*_$<]")  # code stands as it is, and of the others each alone


def text(document: Document) -> str:
    """The document; headings start at the second level."""
    out = [f"## {_runs((document.title,))}"]
    out += [f"*{_runs((said,))}*" for said in (", ".join(filter(None, (document.author, document.date))),) if said]
    out += map(_block, document.about)
    for section in document.sections:
        out += [f"### {section.title}", blocks(section.blocks)]
    return "\n\n".join(out) + "\n"


def blocks(found: Iterable[Block]) -> str:
    """Blocks by themselves, one below another."""
    return "\n\n".join(map(_block, found))


def _block(block: Block) -> str:
    match block:
        case Paragraph(runs):
            return _runs(runs).strip()
        case Table(_, header, rows):
            lines = [header, tuple("---" for _ in header), *(tuple(_cell(cell) for cell in row) for row in rows)]
            return "\n".join(f"| {' | '.join(line)} |" for line in lines)
        case Display(formulas):
            return "\n\n".join(_formula(formula) for formula in formulas)
        case Listing(lines):
            return "\n".join(["```python", *lines, "```"])
        case Verbatim(lines):
            return "\n".join(["```text", *lines, "```"])


def _runs(runs: Runs) -> str:
    return "".join(written(runs, _plain, lambda formula: f"${latex(formula)}$", "({})".format))


def _plain(said: str) -> str:
    """Words as they stand, none of whose characters marks anything."""
    return _SPECIAL.sub(lambda found: found["code"] or f"\\{found[0]}", said)


def _cell(runs: Runs) -> str:
    return _runs(runs).replace("|", r"\vert ")


def _formula(formula: Formula) -> str:
    body = " \\\\\n".join(_rows(formula))
    tag = rf" \tag{{{formula.label}}}" if formula.label else ""
    return f"$$\n\\begin{{aligned}}\n{body}\n\\end{{aligned}}{tag}\n$$"


def _rows(formula: Formula) -> list[str]:
    rows = [row for place, step in enumerate(formula.steps) for row in _step(None if place else formula.left, step)]
    if formula.ranges:
        rows.append(rf"&\qquad \text{{for }} {', '.join(map(latex, formula.ranges))}")
    if isinstance(formula.matrix, Formula):
        rows += _rows(formula.matrix)
    elif formula.matrix:
        rows.append(rf"&\qquad \text{{no matrix form: {words(formula.matrix)}}}")
    return rows


def _step(left: Tree | None, step: Step) -> list[str]:
    before, wide = (latex(left) + " ", width(left)) if left is not None else ("", 0.0)
    first, *rest = fill(wide + RELATION, step.pieces, LINE)
    rows = [f"{before}&{SIGNS[step.sign]} {line(first)}", *(rf"&\qquad {line(parts, starts=True)}" for parts in rest)]
    if step.reason:
        # inside a formula, where a dollar would end it
        reason = written(step.reason, lambda said: rf"\text{{{words(said)}}}", latex, r"\text{{({})}}".format)
        rows[-1] += rf" \qquad \text{{(}}{''.join(reason)}\text{{)}}"
    return rows

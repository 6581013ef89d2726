"""A document as the template needs it: mathematics as MathML, references as links, everything else as it is.

Where a formula is broken is left to the page: every factor of a piece is a `math` of its own, and lines break between.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from markupsafe import Markup, escape

from symbackprop.document.model import (
    Block,
    Display,
    Document,
    Formula,
    Math,
    Matrix,
    Paragraph,
    Reference,
    Runs,
    Section,
    Step,
    Table,
)
from symbackprop.report.mathml import factors, inline, whole_pieces

__all__ = ["BlockView", "FormulaView", "SectionView", "runs_html", "sections_of"]

_THIN = "\u2009"  # between factors; a line may break at it


@dataclass(frozen=True, slots=True)
class StepView:
    """`html`: `math` elements with spaces between them, at which a line may break."""

    html: Markup
    reason: Markup


@dataclass(frozen=True, slots=True)
class FormView:
    """One way of writing an equation: its left side, its steps, and the ranges of its indices."""

    left: Markup
    steps: tuple[StepView, ...]
    ranges: tuple[Markup, ...]


@dataclass(frozen=True, slots=True)
class FormulaView:
    """`label`: of the equation, or empty; `name`: the tensor that it defines; `no_matrix`: why it has no matrix form,
    where that is known."""

    label: str
    name: str
    index: FormView
    matrix: FormView | None
    no_matrix: str


@dataclass(frozen=True, slots=True)
class BlockView:
    """`kind`: "paragraph" with `html`, "display" with `formulas`, or "table" with `header` and `rows`."""

    kind: str
    html: Markup = Markup()  # noqa: RUF009  (immutable)
    formulas: tuple[FormulaView, ...] = ()
    name: str = ""
    header: tuple[str, ...] = ()
    rows: tuple[tuple[Markup, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class SectionView:
    key: str
    title: str
    blocks: tuple[BlockView, ...]


def sections_of(document: Document) -> tuple[SectionView, ...]:
    """The sections of the document, in its order."""
    return tuple(map(_section, document.sections))


def runs_html(runs: Runs) -> Markup:
    """Text with mathematics and links to equations in it."""
    return Markup("").join(_run_html(runs))


def _run_html(runs: Runs) -> Iterator[Markup]:
    for run in runs:
        match run:
            case str():
                yield escape(run)
            case Math(latex):
                yield _math(latex)
            case Reference(label):
                yield Markup('<a class="ref" href="#{0}">({0})</a>').format(label)
            case _:
                raise TypeError(f"no run of text: {run!r}")


def _section(section: Section) -> SectionView:
    return SectionView(section.key, section.title, tuple(map(_block, section.blocks)))


def _block(block: Block) -> BlockView:
    match block:
        case Paragraph(runs):
            return BlockView("paragraph", html=runs_html(runs))
        case Display(formulas):
            return BlockView("display", formulas=tuple(map(_formula, formulas)))
        case Table(kind, header, rows):
            cells = tuple(tuple(map(runs_html, row)) for row in rows)
            return BlockView("table", name=kind, header=header, rows=cells)
        case _:
            raise TypeError(f"no block of a document: {block!r}")


def _formula(formula: Formula) -> FormulaView:
    index = FormView(_math(formula.left, True), tuple(map(_step, formula.steps)), _ranges(formula.ranges))
    matrix, reason = _matrix(formula.matrix)
    return FormulaView(formula.label, formula.tensor, index, matrix, reason)


def _matrix(matrix: Matrix | None) -> tuple[FormView | None, str]:
    if matrix is None or matrix.step is None:
        return None, "" if matrix is None else matrix.reason
    return FormView(_math(matrix.left, True), (_step(matrix.step),), _ranges(matrix.ranges)), ""


def _step(step: Step) -> StepView:
    """The relation stands with what follows it; a sign at the head of a later piece stands between two operands."""
    html = Markup()
    for place, piece in enumerate(whole_pieces(step.pieces) or ("",)):
        for position, factor in enumerate(factors(piece) or ("",)):
            if place == position == 0:
                html += _math(f"{step.relation} {factor}", True)
            else:
                html += (_THIN if position else " ") + _math(factor, True, True)
    return StepView(html, runs_html(step.reason))


def _ranges(latex: str) -> tuple[Markup, ...]:
    """Each range for itself: a line may break between them."""
    parts = [part for part in latex.split(r",\ ") if part.strip()]
    return tuple(_math(part + ("," if place + 1 < len(parts) else "")) for place, part in enumerate(parts))


def _math(latex: str, display: bool = False, continues: bool = False) -> Markup:
    return Markup(inline(latex, display, continues)) if latex.strip() else Markup()

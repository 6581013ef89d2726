"""A document as the template needs it: mathematics as MathML, references as links, everything else as it is.

Where a formula is broken is left to the page: every factor of a piece is a `math` of its own, and lines break between.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

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
from symbackprop.formula.breaking import Join, Piece, fine
from symbackprop.formula.mathml import mathml
from symbackprop.formula.tree import Formula as Tree
from symbackprop.formula.tree import Mark, Row, Sign

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
            case Math(formula):
                yield _math(formula)
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
    if matrix is None or matrix.step is None or matrix.left is None:
        return None, "" if matrix is None else matrix.reason
    return FormView(_math(matrix.left, True), (_step(matrix.step),), _ranges(matrix.ranges)), ""


def _step(step: Step) -> StepView:
    """The relation stands with what follows it; a sign at the head of a later piece stands between two operands."""
    html = Markup()
    for part in (smaller for piece in step.pieces for smaller in _smaller(piece)):
        if html:
            html += (_THIN if part.join is Join.TIMES else " ") + _math(part.formula, True, part.join)
        else:
            html = _math(part.formula, True, step.sign)
    return StepView(html, runs_html(step.reason))


def _smaller(piece: Piece) -> tuple[Piece, ...]:
    """The piece, broken wherever a line may end on a page."""
    first, *rest = fine(piece.formula)
    return (replace(first, join=piece.join), *rest)


def _ranges(ranges: Sequence[Tree]) -> tuple[Markup, ...]:
    """Each range for itself: a line may break between them."""
    *some, last = ranges or (None,)
    listed = [*(Row((range_, Mark(","))) for range_ in some if range_), *([] if last is None else [last])]
    return tuple(map(_math, listed))


def _math(formula: Tree, display: bool = False, opening: Sign | Join = Join.NONE) -> Markup:
    return Markup(mathml(formula, display, opening))

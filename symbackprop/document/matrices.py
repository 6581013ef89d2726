"""The matrix form beside each equation: what is printed has been compared with the equation in indices, exactly."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from symbackprop.derive.differentiate import Derived
from symbackprop.document.model import Formula, Math, Runs, Step
from symbackprop.document.sentences import joined
from symbackprop.errors import SymbackpropError
from symbackprop.formula import tree
from symbackprop.formula.breaking import pieces
from symbackprop.formula.text import text
from symbackprop.formula.tree import (
    Chain,
    Fence,
    Fenced,
    Joint,
    Letter,
    Mark,
    Power,
    Relation,
    Row,
    Scripted,
    Sign,
    Style,
    chain,
)
from symbackprop.matrix import Layout, MatrixEquation, NoMatrixForm
from symbackprop.matrix.form import Read, parts_of
from symbackprop.matrix.form_writing import FormWriter
from symbackprop.phrases import Phrases, again
from symbackprop.terms.poly import Index, Poly
from symbackprop.terms.program import Equation, Program
from symbackprop.terms.writing import SIGNS, Writer
from symbackprop.verify.matrix import MatrixRow, check_matrix_forms

__all__ = ["Matrices", "matrix_forms"]


_WIDEST = 70.0  # of a part that cannot be broken, such as nested cases


class WrongMatrixForm(SymbackpropError):
    """A matrix form that does not say what its equation says: a defect of this package."""


@dataclass(frozen=True, slots=True)
class Matrices:
    """`forms`: of each equation its matrix form, or the reason why there is none; `conventions`: how they are written,
    and which matrices the tensors of more than two axes are."""

    forms: Mapping[Equation, Formula | str]
    conventions: Runs


def matrix_forms(derived: Derived, writer: Writer, also: Iterable[Equation]) -> Matrices:
    """The matrix forms of the equations of the derivation and of `also`.

    Raises `WrongMatrixForm` rather than give a wrong one.
    """
    rows = check_matrix_forms(derived, also=also)
    forms = [row.form for row in rows if isinstance(row.form, MatrixEquation)]
    reads = [part for form in forms for part in (form.left, *parts_of(form.right)) if isinstance(part, Read)]
    layouts = {read.tensor: read.layout for read in reads}
    words = writer.spelling.words
    conventions = joined((_conventions(words), *_members(derived.forward, layouts, writer)), words)
    return Matrices({row.equation: _matrix(row, writer) for row in rows}, conventions)


def _conventions(words: Phrases) -> Runs:
    """How matrices are written."""
    one, number, exponent = Letter("1", Style.BOLD), Letter("N"), Row((Mark("⊙"), Letter("k")))
    entries = Scripted(Fenced(Fence.BRACKETS, Mark("·")), Chain(Joint.COMMA, (Letter("i"), Letter("j"))))
    condition = Fenced(Fence.BRACKETS, Relation(Letter("A"), ((Sign.GREATER, Letter("B")),)))
    return words.vectors(
        ones=Math(Scripted(one, number)), number=Math(number), one=Math(one), times=Math(Mark("⊙")),
        over=Math(Mark("⊘")), power=Math(Power(Letter("A"), exponent)), condition=Math(condition),
        entries=Math(entries),
    )  # fmt: skip


def _members(program: Program, layouts: Mapping[str, Layout], writer: Writer) -> Iterator[Runs]:
    """Which axes of a tensor of many axes are subscripts still, and the size of the matrix or vector that they pick."""
    alike: dict[tree.Formula, list[Math]] = {}
    for tensor in program.tensors:
        layout = layouts.get(tensor.name)
        names = tensor.axes
        if layout is None or not layout.labels or layout.row is None or len(names) != tensor.rank or "" in names:
            continue
        labels = tuple(Poly.of(Index(names[place])) for place in layout.labels)
        size = chain(Joint.CROSS, [writer.poly(tensor.shape[place], {}) for place in layout.matrix_places])
        symbol = Math(FormWriter(writer).read(Read(tensor.name, labels, layout)))
        alike.setdefault(size, []).append(symbol)
    words = writer.spelling.words
    if alike:
        families = [words.family(members=symbols, size=Math(size)) for size, symbols in alike.items()]
        yield words.families(families=families)


def _matrix(row: MatrixRow, writer: Writer) -> Formula | str:
    if isinstance(row.form, NoMatrixForm):
        return again(row.form.reason, writer.spelling.words)
    forms = FormWriter(writer)
    left = forms.form(row.form.left)
    if row.difference is not None:
        at = list(row.difference.index)
        raise WrongMatrixForm(f"({row.equation.label})", expected="a matrix form of the same value",
                              found=row.difference.failure or f"another at {at} of {text(left)}",
                              remedy="print it in indices, and please report it")  # fmt: skip
    parts = pieces(forms.form(row.form.right))
    if max(part.width for part in parts) > _WIDEST:
        return writer.spelling.words.too_wide
    return Formula(left, (Step(SIGNS[row.form.op], parts),), writer.ranges(row.form.axes))

"""The matrix form beside each equation: what is printed has been compared with the equation in indices, exactly."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from symbackprop.derive.differentiate import Derived
from symbackprop.document.model import Math, Matrix, Run, Runs, Step
from symbackprop.document.words import listed
from symbackprop.errors import SymbackpropError
from symbackprop.latex.breaking import broken
from symbackprop.latex.printer import LatexPrinter
from symbackprop.latex.width import visible
from symbackprop.matrix import Layout, MatrixEquation, NoMatrixForm
from symbackprop.matrix.form import Read, parts_of
from symbackprop.matrix.latex import MATRIX_CONVENTIONS, MatrixPrinter
from symbackprop.terms.poly import Index, Poly
from symbackprop.terms.program import Equation, Program
from symbackprop.verify.matrix import MatrixRow, check_matrix_forms

__all__ = ["Matrices", "matrix_forms"]


_WIDEST = 70.0  # of a part that cannot be broken, such as nested cases


class WrongMatrixForm(SymbackpropError):
    """A matrix form that does not say what its equation says: a defect of this package."""


@dataclass(frozen=True, slots=True)
class Matrices:
    """`forms`: of each equation its matrix form, or the reason why there is none; `conventions`: how they are written,
    and which matrices the tensors of more than two axes are."""

    forms: Mapping[Equation, Matrix]
    conventions: Runs


def matrix_forms(derived: Derived, printer: LatexPrinter, also: Iterable[Equation]) -> Matrices:
    """The matrix forms of the equations of the derivation and of `also`.

    Raises `WrongMatrixForm` rather than give a wrong one.
    """
    rows = check_matrix_forms(derived, also=also)
    forms = [row.form for row in rows if isinstance(row.form, MatrixEquation)]
    reads = [part for form in forms for part in (form.left, *parts_of(form.right)) if isinstance(part, Read)]
    layouts = {read.tensor: read.layout for read in reads}
    conventions = (*_conventions(), *_members(derived.forward, layouts, printer))
    return Matrices({row.equation: _matrix(row, printer) for row in rows}, conventions)


def _conventions() -> Runs:
    """How matrices are written."""
    parts = MATRIX_CONVENTIONS.split("$")
    return tuple(Math(part) if place % 2 else part for place, part in enumerate(parts) if part)


def _members(program: Program, layouts: Mapping[str, Layout], printer: LatexPrinter) -> Runs:
    """Which axes of a tensor of many axes are subscripts still, and the size of the matrix or vector that they pick."""
    alike: dict[str, list[Math]] = {}
    for tensor in program.tensors:
        layout = layouts.get(tensor.name)
        names = tensor.axes
        if layout is None or not layout.labels or layout.row is None or len(names) != tensor.rank or "" in names:
            continue
        labels = tuple(Poly.of(Index(names[place])) for place in layout.labels)
        size = r" \times ".join(printer.poly(tensor.shape[place], {}) for place in layout.matrix_places)
        symbol = Math(MatrixPrinter(printer.names, printer).read(Read(tensor.name, labels, layout)))
        alike.setdefault(size, []).append(symbol)
    out: list[Run] = []
    for size, symbols in alike.items():
        out += ["; " if out else " ", *listed(symbols), " of size ", Math(size)]
    if not out:
        return ()
    return (" A tensor of more axes is a family of matrices or vectors, which its subscripts tell apart:", *out, ".")


def _matrix(row: MatrixRow, printer: LatexPrinter) -> Matrix:
    if isinstance(row.form, NoMatrixForm):
        return Matrix(reason=row.form.reason)
    matrices = MatrixPrinter(printer.names, printer)
    left = matrices.form(row.form.left)
    if row.difference is not None:
        raise WrongMatrixForm(f"({row.equation.label})", expected="a matrix form of the same value",
                              found=row.difference.failure or f"another at {list(row.difference.index)} of {left}",
                              remedy="print it in indices, and please report it")  # fmt: skip
    pieces = [part for piece in matrices.pieces(row.form.right) for part in broken(piece)]
    if max(map(visible, pieces)) > _WIDEST:
        return Matrix(reason="its matrices would not fit on a line")
    step = Step(matrices.operator(row.form.op), tuple(pieces))
    return Matrix(left, step, printer.ranges(row.form.axes))

"""The matrix form beside each equation: what is printed has been compared with the equation in indices, by value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from symbackprop.derive.differentiate import Derived
from symbackprop.document.model import Math, Matrix, Runs, Step
from symbackprop.errors import SymbackpropError
from symbackprop.latex.breaking import broken
from symbackprop.latex.printer import LatexPrinter
from symbackprop.latex.width import visible
from symbackprop.matrix import NoMatrixForm
from symbackprop.matrix.latex import MATRIX_CONVENTIONS, MatrixPrinter
from symbackprop.terms.program import Equation
from symbackprop.verify.matrix import MatrixRow, check_matrix_forms

__all__ = ["matrix_conventions", "matrix_forms"]


_WIDEST = 70.0  # of a part that cannot be broken, such as nested cases


class WrongMatrixForm(SymbackpropError):
    """A matrix form whose value is not that of its equation: a defect of this package."""


def matrix_forms(derived: Derived, printer: LatexPrinter, also: Iterable[Equation]) -> Mapping[Equation, Matrix]:
    """The matrix form of each equation of the derivation and of `also`, or the reason why there is none.

    Raises `WrongMatrixForm` rather than give a wrong one.
    """
    return {row.equation: _matrix(row, printer) for row in check_matrix_forms(derived, also=also)}


def matrix_conventions() -> Runs:
    """How matrices are written."""
    parts = MATRIX_CONVENTIONS.split("$")
    return tuple(Math(part) if place % 2 else part for place, part in enumerate(parts) if part)


def _matrix(row: MatrixRow, printer: LatexPrinter) -> Matrix:
    if isinstance(row.form, NoMatrixForm):
        return Matrix(reason=row.form.reason)
    matrices = MatrixPrinter(printer.names, printer)
    left = matrices.form(row.form.left)
    if not row.passed:
        raise WrongMatrixForm(f"({row.equation.label})", expected="a matrix form of the same value",
                              found=f"a relative deviation of {row.error} in {left}",
                              remedy="print it in indices, and please report it")  # fmt: skip
    pieces = [part for piece in matrices.pieces(row.form.right) for part in broken(piece)]
    if max(map(visible, pieces)) > _WIDEST:
        return Matrix(reason="its matrices would not fit on a line")
    step = Step(matrices.operator(row.form.op), tuple(pieces))
    return Matrix(left, step, printer.ranges(row.form.axes))

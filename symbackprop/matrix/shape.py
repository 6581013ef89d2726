"""The shape of a form, and the checker: every operation's shapes agree exactly, and stay where they belong."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from symbackprop.errors import SymbackpropError
from symbackprop.matrix.form import (
    CONDITIONS,
    Along,
    Coefficient,
    Compared,
    Diagonal,
    DiagonalOf,
    Direction,
    Entries,
    Form,
    Hadamard,
    Joined,
    Map,
    MatrixEquation,
    Ones,
    Over,
    Power,
    Product,
    Read,
    Scaled,
    Shape,
    SquaredNorm,
    Sum,
    Trace,
    Transposed,
    Where,
    children_of,
)
from symbackprop.terms.poly import Index
from symbackprop.terms.term import Reduction

SCALAR = Shape()


class MalformedMatrix(SymbackpropError):
    """A matrix form whose shapes do not agree, or that uses an index no label binds."""


def shape_of(form: Form) -> Shape:
    """The form's shape; `MalformedMatrix` where shapes inside it do not agree."""
    match form:
        case Read(tensor, labels, layout):
            _expect(len(labels) == len(layout.labels), tensor, f"{len(layout.labels)} labels", str(len(labels)))
            return layout.shape
        case Coefficient():
            return SCALAR
        case Entries(_, row, column):
            return Shape(*(None if axis is None else axis.extent for axis in (row, column)))
        case Ones(rows, columns):
            return Shape(rows, columns)
        case Transposed(inner):
            return _transposed_shape(inner)
        case Product(factors):
            return _product_shape([shape_of(factor) for factor in factors])
        case Scaled(_, scalars, inner):
            for scalar in map(shape_of, scalars):
                _expect(scalar.is_scalar, "a scalar factor", "a scalar", str(scalar))
            return shape_of(inner)
        case Over(_, _, inner):
            return shape_of(inner)
        case Hadamard() | Sum() | Power() | Map() | Compared() | Joined() | Where():
            return _elementwise_shape(form)
        case Along():
            return _along_shape(form)
        case Diagonal() | DiagonalOf() | Trace() | SquaredNorm():
            return _diagonal_shape(form)
        case _:
            raise TypeError(f"not a form: {type(form).__name__}")


def check(equation: MatrixEquation) -> None:
    """`MalformedMatrix` unless both sides have one shape and every label is bound."""
    left, right = shape_of(equation.left), shape_of(equation.right)
    _expect(left == right, equation.left.tensor, str(left), str(right))
    bound = frozenset(axis.index for axis in equation.axes)
    _check_labels(equation.left, bound)
    _check_labels(equation.right, bound)


def _check_labels(form: Form, bound: frozenset[Index]) -> None:
    used: set[Index] = set()
    match form:
        case Read(_, labels, _):
            used.update(index for label in labels for index in label.indices())
        case Coefficient(term) | Scaled(term, _, _):
            used.update(term.free)
        case Entries(term, row, column):
            used.update(term.free - {axis.index for axis in (row, column) if axis is not None})
        case Over(_, axes, _):
            bound |= {axis.index for axis in axes}
    _expect(used <= bound, f"labels {', '.join(sorted(map(str, used - bound)))}", "a range for each", "none")
    for child in children_of(form):
        _check_labels(child, bound)


def _transposed_shape(inner: Form) -> Shape:
    shape = shape_of(inner)
    _expect(not isinstance(inner, Transposed | Product), "a transpose", "a leaf or an elementwise form",
            type(inner).__name__)  # fmt: skip
    _expect(not shape.is_scalar, "a transpose", "a vector or matrix", "a scalar")
    return shape.transposed


def _elementwise_shape(form: Hadamard | Sum | Power | Map | Compared | Joined | Where) -> Shape:
    """That of all that stands in it; but the condition of a choice may be a scalar."""
    conditions = form.args if isinstance(form, Joined) else (form.condition,) if isinstance(form, Where) else ()
    subject = {Compared: "a comparison", Joined: "a condition", Where: "where"}.get(type(form), type(form).__name__)
    for condition in conditions:
        _expect(isinstance(condition, CONDITIONS), subject, "conditions", type(condition).__name__)
    shapes = [shape_of(child) for child in children_of(form)]
    return _same(shapes[1:] if isinstance(form, Where) and shapes[0].is_scalar else shapes, subject)


def _diagonal_shape(form: Diagonal | DiagonalOf | Trace | SquaredNorm) -> Shape:
    shape = shape_of(form.form)
    match form:
        case Diagonal():
            _expect(shape.rows is not None and shape.columns is None, "diag", "a column vector", str(shape))
            return Shape(shape.rows, shape.rows)
        case SquaredNorm():
            _expect(shape.rows is not None, "a norm", "a column vector or matrix", str(shape))
            return SCALAR
        case DiagonalOf() | Trace():
            _expect(shape.is_matrix and shape.rows == shape.columns, "a diagonal", "a square matrix", str(shape))
            return SCALAR if isinstance(form, Trace) else Shape(shape.rows)


def _product_shape(shapes: Sequence[Shape]) -> Shape:
    for before, behind in pairwise(shapes):
        _expect(before.columns == behind.rows, "a product", f"{before.columns or 1} rows", f"{behind.rows or 1}")
    _expect(not any(shape.is_scalar for shape in shapes), "a product", "vectors and matrices", "a scalar")
    return Shape(shapes[0].rows, shapes[-1].columns)


def _along_shape(form: Along) -> Shape:
    shape = shape_of(form.form)
    _expect(form.reduction is not Reduction.SUM, "a sum of entries", "a product with ones", "Along")
    match form.direction:
        case Direction.ROWS | Direction.COLUMNS:
            _expect(shape.is_matrix, "a reduction of rows or columns", "a matrix", str(shape))
            return Shape(shape.rows if form.direction is Direction.ROWS else shape.columns)
        case Direction.ALL:
            _expect(not shape.is_scalar, "a reduction", "a vector or matrix", "a scalar")
            return SCALAR


def _same(shapes: Sequence[Shape], subject: str) -> Shape:
    for shape in shapes[1:]:
        _expect(shape == shapes[0], subject, str(shapes[0]), str(shape))
    return shapes[0]


def _expect(holds: bool, subject: str, expected: str, found: str) -> None:
    if not holds:
        raise MalformedMatrix(subject, expected=expected, found=found)

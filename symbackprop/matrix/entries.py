"""What a matrix form says, entry by entry: its equation in index form.

Each construct is told by its entry [i, j], rows and columns counted from 0, as a term of the entries of what stands
in it::

    (A B)[i, j]     = Σ_k A[i, k] B[k, j]          diag(v)[i, j]       = v[i] where i = j, else 0
    (A ⊙ B)[i, j]   = A[i, j] B[i, j]              (diag(v) A)[i, j]   = v[i] A[i, j]
    Aᵀ[i, j]        = A[j, i]                      diagonal(A)[i]      = A[i, i]
    1[i, j]         = 1                            tr A                = Σ_k A[k, k]
    f(A)[i, j]      = f(A[i, j])                   ‖A‖²                = Σ_{k, l} A[k, l]²
    (where c: A)[i, j] = A[i, j] where c[i, j]     max_rows(A)[i]      = max_k A[i, k]

This is what a reader takes a form to mean, and what `convert` is measured by, so it is not made from that: it has the
forms and their shapes in common with it and nothing else. No layout is chosen here, no sum is taken apart, nothing is
recognised: every product is written out as its sum, whatever it came from.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count

from symbackprop.matrix.form import (
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
    SquaredNorm,
    Sum,
    Trace,
    Transposed,
    Where,
)
from symbackprop.matrix.shape import shape_of
from symbackprop.terms import build
from symbackprop.terms.poly import ZERO, Index, Poly
from symbackprop.terms.program import Equation
from symbackprop.terms.term import CONDITIONS, Access, Axis, Connective, Reduction, Relation, Term

Position = Poly | None  # along rows or columns, from 0; None where the form has none of them


def in_indices(equation: MatrixEquation, row: Index, column: Index) -> Equation:
    """The equation in index form. `row` and `column` run over the rows and columns of what it writes, as far as it has
    any; neither is one of its labels."""
    layout = equation.left.layout
    axes = list(equation.axes)
    positions: list[Position] = []
    for index, place in ((row, layout.row), (column, layout.column)):
        if place is not None:
            axes.append(Axis(index, layout.origin[place], layout.origin[place] + layout.sizes[place] - 1))
        positions.append(None if place is None else Poly.of(index) - layout.origin[place])
    written = _element(equation.left, *positions)
    return Equation(written.tensor, written.subscripts, tuple(axes), entry(equation.right, *positions), equation.op)


def entry(form: Form, row: Position, column: Position) -> Term:  # noqa: C901  a table, a row a kind
    """The entry of a form in that row and column. Of a condition it is 1 where that holds, else 0."""
    match form:  # a row for each construct
        case Read():
            return _element(form, row, column)
        case Coefficient(term):
            return term
        case Ones():
            return build.UNIT
        case Entries():
            term = _given(form, row, column)
            return build.indicator(term) if isinstance(term, CONDITIONS) else term
        case Compared() | Joined():
            return build.indicator(condition(form, row, column))
        case Transposed(inner):
            return entry(inner, column, row)
        case Product(factors):
            return _product(factors, row, column)
        case Hadamard(factors):
            return build.mul(*(entry(factor, row, column) for factor in factors))
        case Scaled(coefficient, scalars, inner):
            return build.mul(coefficient, *(entry(scalar, None, None) for scalar in scalars), entry(inner, row, column))
        case Sum(addends):
            return build.add(*(entry(addend, row, column) for addend in addends))
        case Power(base, exponent):
            return build.power(entry(base, row, column), exponent)
        case Map(function, args):
            return build.apply(function, *(entry(arg, row, column) for arg in args))
        case Where(tested, then, otherwise):
            holds = condition(tested, None, None) if shape_of(tested).is_scalar else condition(tested, row, column)
            other = build.NIL if otherwise is None else entry(otherwise, row, column)
            return build.where(holds, entry(then, row, column), other)
        case Along():
            return _along(form, row)
        case Over(reduction, over, inner):
            return build.reduce(reduction, over, entry(inner, row, column))
        case Diagonal(inner):
            on = build.compare(Relation.EQ, build.poly_value(_of(row)), build.poly_value(_of(column)))
            return build.where(on, entry(inner, row, None), build.NIL)
        case DiagonalOf(inner):
            return entry(inner, row, row)
        case Trace(inner):
            axes, (place,) = _running(shape_of(inner).rows)
            return build.reduce(Reduction.SUM, axes, entry(inner, place, place))
        case SquaredNorm(inner):
            shape = shape_of(inner)
            axes, places = _running(shape.rows, shape.columns)
            return build.reduce(Reduction.SUM, axes, build.power(entry(inner, *places), 2))
        case _:
            raise TypeError(f"not a form: {type(form).__name__}")


def condition(form: Form, row: Position, column: Position) -> Term:
    """What a condition says of that row and column."""
    match form:
        case Compared(relation, left, right):
            return build.compare(relation, entry(left, row, column), entry(right, row, column))
        case Joined(Connective.NOT, (inner,)):
            return build.logic_not(condition(inner, row, column))
        case Joined(connective, args):
            connect = build.logic_and if connective is Connective.AND else build.logic_or
            return connect(*(condition(arg, row, column) for arg in args))
        case Entries():
            return _given(form, row, column)
        case _:
            raise TypeError(f"not a condition: {type(form).__name__}")


def _element(read: Read, row: Position, column: Position) -> Access:
    layout = read.layout
    at = dict(zip(layout.labels, read.labels, strict=True))
    for place, position in ((layout.row, row), (layout.column, column)):
        if place is not None:
            at[place] = layout.origin[place] + _of(position)
    return Access(read.tensor, tuple(at[place] for place in range(len(layout.sizes))))


def _given(form: Entries, row: Position, column: Position) -> Term:
    """The term that gives the entries, there."""
    pairs = ((form.row, row), (form.column, column))
    return build.substitute(form.term, {axis.index: axis.low + _of(place) for axis, place in pairs if axis is not None})


def _product(factors: Sequence[Form], row: Position, column: Position) -> Term:
    """One sum over the axes between the factors. Diagonal matrices scale what they stand beside, between a column and a
    row vector there is no axis."""
    full = [place for place, factor in enumerate(factors) if not isinstance(factor, Diagonal)] or [0]
    axes, inner = _running(*(shape_of(factors[place]).columns for place in full[:-1]), beside=(row, column))
    positions = [row, *inner, column]
    entries: list[Term] = []
    passed = 0
    for place, factor in enumerate(factors):
        if place in full:
            entries.append(entry(factor, positions[passed], positions[passed + 1]))
            passed += 1
        else:
            assert isinstance(factor, Diagonal)
            entries.append(entry(factor.form, positions[passed], None))
    return build.reduce(Reduction.SUM, axes, build.mul(*entries))


def _along(form: Along, kept: Position) -> Term:
    shape = shape_of(form.form)
    match form.direction:
        case Direction.ROWS:
            axes, (place,) = _running(shape.columns, beside=(kept,))
            inner = entry(form.form, kept, place)
        case Direction.COLUMNS:
            axes, (place,) = _running(shape.rows, beside=(kept,))
            inner = entry(form.form, place, kept)
        case Direction.ALL:
            axes, places = _running(shape.rows, shape.columns)
            inner = entry(form.form, *places)
    return build.reduce(form.reduction, axes, inner)


def _running(*sizes: Poly | None, beside: Sequence[Position] = ()) -> tuple[list[Axis], list[Position]]:
    """(an axis for each size that is there, the positions along them), with indices that stand nowhere else."""
    taken = {index for position in beside if position is not None for index in position.indices()}
    free = (index for index in map(build.fresh_index, map("~k{}".format, count())) if index not in taken)
    axes: list[Axis] = []
    places: list[Position] = []
    for size in sizes:
        if size is not None:
            axes.append(Axis(next(free), ZERO, size - 1))
        places.append(None if size is None else Poly.of(axes[-1].index))
    return axes, places


def _of(position: Position) -> Poly:
    assert position is not None, "the shapes of a form agree"
    return position

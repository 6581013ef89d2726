"""Smart constructors of forms: products flat, scalars in front, transposes where they make the form shortest."""

from __future__ import annotations

from collections.abc import Sequence

from symbackprop.matrix.form import (
    CONDITIONS,
    Along,
    Compared,
    Diagonal,
    DiagonalOf,
    Direction,
    Entries,
    Form,
    Hadamard,
    Joined,
    Map,
    Ones,
    Over,
    Power,
    Product,
    Scaled,
    SquaredNorm,
    Sum,
    Trace,
    Transposed,
    Where,
    children_of,
    map_children,
)
from symbackprop.matrix.shape import shape_of
from symbackprop.terms.build import UNIT, mul
from symbackprop.terms.term import Reduction, Term


def weight(form: Form) -> int:
    """How long the form is to read: leaves, transposes and functions count one each, sums over labels two."""
    match form:
        case Product() | Hadamard() | Sum():
            own = 0
        case Scaled(coefficient, _, _):
            own = 0 if coefficient is UNIT else 1
        case Over():
            own = 2
        case _:
            own = 1
    return own + sum(map(weight, children_of(form)))


def transpose(form: Form) -> Form:
    """The transpose: (AB)ᵀ = BᵀAᵀ, Aᵀᵀ = A; of an elementwise form, whichever of f(Aᵀ) and f(A)ᵀ is shorter."""
    if shape_of(form).is_scalar:
        return form
    match form:
        case Transposed(inner):
            return inner
        case Product(factors):
            return Product(tuple(transpose(factor) for factor in reversed(factors)))
        case Scaled() | Over():
            return map_children(form, transpose)
        case Diagonal():
            return form
        case Ones(rows, columns) if columns is not None:
            return Ones(columns, rows)
        case Entries(term, row, column) if row is not None and column is not None:
            return Entries(term, column, row)
        case Sum() | Hadamard() | Power() | Map() | Compared() | Joined() | Where():
            pushed = map_children(form, transpose)
            broken = isinstance(form, Joined | Where) and any(map(_is_turned_condition, children_of(pushed)))
            return Transposed(form) if broken or weight(pushed) > weight(form) + 1 else pushed
        case _:
            return Transposed(form)


def _is_turned_condition(form: Form) -> bool:
    return isinstance(form, Transposed) and isinstance(form.form, CONDITIONS)


def scale(coefficient: Term, scalars: Sequence[Form], form: Form) -> Form:
    """coefficient · scalars · form, with the scalars of `form` in front too."""
    inner = unscaled(form)
    coefficient, scalars = mul(coefficient, inner.coefficient), (*scalars, *inner.scalars)
    return inner.form if coefficient is UNIT and not scalars else Scaled(coefficient, scalars, inner.form)


def unscaled(form: Form) -> Scaled:
    """The form with its scalars apart from it, 1 if there are none."""
    return form if isinstance(form, Scaled) else Scaled(UNIT, (), form)


def product(*factors: Form) -> Form:
    """The matrix product."""
    return _collected(Product, factors)


def hadamard(*factors: Form) -> Form:
    """The elementwise product."""
    return _collected(Hadamard, factors)


def _collected(kind: type[Product | Hadamard], factors: Sequence[Form]) -> Form:
    parts = [unscaled(factor) for factor in factors]
    coefficient = mul(*(part.coefficient for part in parts))
    scalars = [scalar for part in parts for scalar in part.scalars]
    flat = [inner for part in parts for inner in (part.form.factors if isinstance(part.form, kind) else (part.form,))]
    return scale(coefficient, scalars, flat[0] if len(flat) == 1 else kind(tuple(flat)))


def add(*addends: Form) -> Form:
    """The sum, of forms of one shape."""
    flat = [inner for addend in addends for inner in (addend.addends if isinstance(addend, Sum) else (addend,))]
    return flat[0] if len(flat) == 1 else Sum(tuple(flat))


def row_sums(form: Form) -> Form:
    """A1, the sum of each row."""
    columns = shape_of(form).columns
    assert columns is not None
    return product(form, Ones(columns))


def total(form: Form) -> Form:
    """The sum of all entries of a column vector or matrix, in its shortest form, a scalar."""
    match form:
        case Scaled(coefficient, scalars, inner):
            return scale(coefficient, scalars, total(inner))
        case Power(base, exponent) if exponent == 2:
            return SquaredNorm(base)
        case DiagonalOf(inner):
            return Trace(inner)
        case Transposed(inner):
            return total(inner)
    shape = shape_of(form)
    assert shape.rows is not None
    if shape.columns is None:
        match form:
            case Hadamard((first, *rest)):
                return product(transpose(first), hadamard(*rest))
            case _:
                return product(transpose(Ones(shape.rows)), form)
    match form:
        case Hadamard((first, Transposed(second))) | Hadamard((Transposed(second), first)):
            return Trace(product(first, second))
        case _:
            return product(transpose(Ones(shape.rows)), form, Ones(shape.columns))


def along(reduction: Reduction, direction: Direction, form: Form) -> Form:
    """A maximum, minimum, product or logsumexp of rows, columns or everything; columns of Aᵀ are rows of A."""
    if isinstance(form, Transposed) and direction is not Direction.ALL:
        other = Direction.COLUMNS if direction is Direction.ROWS else Direction.ROWS
        return Along(reduction, other, form.form)
    return Along(reduction, direction, form)

"""Smart constructors of forms: products flat, scalars in front, transposes where they make the form shortest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

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
        case Scaled(coefficient, scalars, inner):
            return Scaled(coefficient, scalars, transpose(inner))
        case Over(reduction, axes, inner):
            return Over(reduction, axes, transpose(inner))
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
    if isinstance(form, Scaled):
        coefficient, scalars, form = mul(coefficient, form.coefficient), (*scalars, *form.scalars), form.form
    return form if coefficient is UNIT and not scalars else Scaled(coefficient, tuple(scalars), form)


def product(*factors: Form) -> Form:
    """The matrix product."""
    return _collected(factors, lambda form: form.factors if isinstance(form, Product) else (form,), Product)


def hadamard(*factors: Form) -> Form:
    """The elementwise product."""
    return _collected(factors, lambda form: form.factors if isinstance(form, Hadamard) else (form,), Hadamard)


def _collected(
    factors: Iterable[Form], parts_of: Callable[[Form], tuple[Form, ...]], make: Callable[[tuple[Form, ...]], Form]
) -> Form:
    coefficient: Term = UNIT
    scalars: list[Form] = []
    flat: list[Form] = []
    for factor in factors:
        if isinstance(factor, Scaled):
            coefficient, factor = mul(coefficient, factor.coefficient), _noted(scalars, factor)
        flat += parts_of(factor)
    return scale(coefficient, scalars, flat[0] if len(flat) == 1 else make(tuple(flat)))


def _noted(scalars: list[Form], scaled: Scaled) -> Form:
    scalars += scaled.scalars
    return scaled.form


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

r"""The matrix form of equations: what people write without row and column indices.

Grammar (a `Form` has a shape: rows and columns, each a size or None; a column vector has rows alone, a row vector
columns alone, a scalar neither)::

    equation  ::= Read (= | +=) form                 for every position of the labels' axes
    form ::= Read(tensor, labels, layout)            W, h_t, Q_{n,a}: a matrix, column vector or scalar of the program
           | Coefficient(term)                       a scalar of sizes, labels and constants: 1/N, t/T, -oo
           | Entries(term, row, column)              a matrix or vector given by its entries: [t >= s]_{t,s}
           | Ones(rows, columns)                     all ones: a column vector or a matrix
           | Transposed(form)
           | Product(forms)                          matrix products, inner, outer and matrix-vector ones included
           | Hadamard(forms)                         elementwise products
           | Scaled(coefficient, scalars, form)      a product with scalars
           | Sum(forms)
           | Power(form, exponent)                   elementwise
           | Map(function, forms)                    elementwise
           | Where(condition, form, form | None)     elementwise; None is 0
           | Along(reduction, direction, form)       the maximum, minimum, product or logsumexp of each row, each
                                                     column (a column vector), or of all entries (a scalar)
           | Over(reduction, axes, form)             over labels: sum_t A_t
           | Diagonal(form)                          diag(v), the matrix with the vector v on its diagonal
           | DiagonalOf(form)                        the diagonal of a matrix, as a column vector
           | Trace(form)
           | SquaredNorm(form)                       the sum of the squares of all entries
    condition ::= Compared(relation, form, form) | Joined(connective, conditions) | Entries      1 where true, else 0
    labels    ::= polynomials in label indices

Every operation asks for shapes that agree exactly: a broadcast is a product with `Ones`. Shapes are inferred and
checked by `shape_of`; `constructors` makes forms such that transposes stand at the leaves where that is shorter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from typing import ClassVar

from symbackprop.terms.poly import Poly
from symbackprop.terms.program import Op
from symbackprop.terms.term import Axis, Connective, Function, Reduction, Relation, Term


@dataclass(frozen=True, slots=True)
class Shape:
    """`rows` and `columns`; None for an axis that is not there."""

    rows: Poly | None = None
    columns: Poly | None = None

    @property
    def transposed(self) -> Shape:
        return Shape(self.columns, self.rows)

    @property
    def is_scalar(self) -> bool:
        return self.rows is None and self.columns is None

    @property
    def is_matrix(self) -> bool:
        return self.rows is not None and self.columns is not None

    def __str__(self) -> str:
        return " × ".join("1" if size is None else str(size) for size in (self.rows, self.columns))


@dataclass(frozen=True, slots=True)
class Layout:
    """How a tensor is a family of matrices: the places of the axes that label its members, and those of the rows and
    columns of a member. Without `column` a member is a column vector, without both a scalar."""

    labels: tuple[int, ...]
    row: int | None
    column: int | None
    sizes: tuple[Poly, ...]
    origin: tuple[Poly, ...]

    @property
    def shape(self) -> Shape:
        return Shape(*(None if place is None else self.sizes[place] for place in (self.row, self.column)))

    @property
    def matrix_places(self) -> tuple[int, ...]:
        return tuple(place for place in (self.row, self.column) if place is not None)


class Direction(Enum):
    ROWS = "rows"
    COLUMNS = "columns"
    ALL = "all"


class Form:
    """A form: one of the classes below."""

    __slots__ = ()
    __match_args__: ClassVar[tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Read(Form):
    tensor: str
    labels: tuple[Poly, ...]
    layout: Layout


@dataclass(frozen=True, slots=True)
class Coefficient(Form):
    term: Term


@dataclass(frozen=True, slots=True)
class Entries(Form):
    term: Term
    row: Axis | None
    column: Axis | None


@dataclass(frozen=True, slots=True)
class Ones(Form):
    rows: Poly
    columns: Poly | None = None


@dataclass(frozen=True, slots=True)
class Transposed(Form):
    form: Form


@dataclass(frozen=True, slots=True)
class Product(Form):
    factors: tuple[Form, ...]


@dataclass(frozen=True, slots=True)
class Hadamard(Form):
    factors: tuple[Form, ...]


@dataclass(frozen=True, slots=True)
class Scaled(Form):
    coefficient: Term
    scalars: tuple[Form, ...]
    form: Form


@dataclass(frozen=True, slots=True)
class Sum(Form):
    addends: tuple[Form, ...]


@dataclass(frozen=True, slots=True)
class Power(Form):
    base: Form
    exponent: Fraction


@dataclass(frozen=True, slots=True)
class Map(Form):
    function: Function
    args: tuple[Form, ...]


@dataclass(frozen=True, slots=True)
class Compared(Form):
    relation: Relation
    left: Form
    right: Form


@dataclass(frozen=True, slots=True)
class Joined(Form):
    connective: Connective
    args: tuple[Form, ...]


@dataclass(frozen=True, slots=True)
class Where(Form):
    condition: Form
    then: Form
    otherwise: Form | None = None


@dataclass(frozen=True, slots=True)
class Along(Form):
    reduction: Reduction
    direction: Direction
    form: Form


@dataclass(frozen=True, slots=True)
class Over(Form):
    reduction: Reduction
    axes: tuple[Axis, ...]
    form: Form


@dataclass(frozen=True, slots=True)
class Diagonal(Form):
    form: Form


@dataclass(frozen=True, slots=True)
class DiagonalOf(Form):
    form: Form


@dataclass(frozen=True, slots=True)
class Trace(Form):
    form: Form


@dataclass(frozen=True, slots=True)
class SquaredNorm(Form):
    form: Form


CONDITIONS = (Compared, Joined, Entries)


@dataclass(frozen=True, slots=True)
class MatrixEquation:
    """left (= | +=) right for every position of `axes`, the labels."""

    left: Read
    axes: tuple[Axis, ...]
    right: Form
    op: Op = Op.ASSIGN


@dataclass(frozen=True, slots=True)
class NoMatrixForm:
    """Why an equation stays in indices."""

    reason: str


def parts_of(form: Form) -> Iterator[Form]:
    """The form and all inside it, outermost first."""
    yield form
    for child in children_of(form):
        yield from parts_of(child)


def children_of(form: Form) -> tuple[Form, ...]:
    """The forms directly inside, in the order of its fields."""
    found: list[Form] = []
    for value in _fields(form):
        found += [part for part in (value if isinstance(value, tuple) else (value,)) if isinstance(part, Form)]
    return tuple(found)


def map_children(form: Form, function: Callable[[Form], Form]) -> Form:
    """The form with `function` applied to each form directly inside."""

    def mapped(value: object) -> object:
        if isinstance(value, tuple):
            return tuple(map(mapped, value))
        return function(value) if isinstance(value, Form) else value

    return type(form)(*map(mapped, _fields(form)))


def _fields(form: Form) -> Iterator[object]:
    return (getattr(form, name) for name in form.__match_args__)

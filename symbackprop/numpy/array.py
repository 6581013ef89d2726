"""The array language: statements over strided windows of named buffers, with named axes.

Grammar::

    module    ::= program facts, functions
    function  ::= name, statement*
    statement ::= Note(text)                        the equation that what follows computes
                | Let(name, poly)                   a new size: max(poly, 0)
                | Allocate(buffer, fill?)           storage, uninitialised or filled
                | Map(op, out, args)                out = op(args), element by element, broadcasting by axis names
                | Contract(out, left, right, ...)   out = Σ left*right over the axes that out lacks: matrix products
                | Fold(reduction, out, source)      out = source reduced over the axes that out lacks
                | Deviation(out, left, right, weight?)  out = Σ weight*(left - right), or Σ (left - right)^2
                | Gather(out, source, index)        out[i.., r..] = source.flat_rows[index[i..], r..]
                | Scatter(out, index, source)       out.flat_rows[index[i..], r..] += or = source[i.., r..], a number
                | Loop(variable, low, high, descending, body)
                | If(condition, then, otherwise)    a condition on sizes and loop variables
    operand   ::= Array | Scalar(term) | Counter(axis, start, step)
    Array     ::= buffer[subscripts] for positions of its axes, in order; subscripts affine in the axes, which count
                  from 0, and in loop variables: transposed, sliced, strided, diagonal and windowed views are all this

Axes are aligned by name, so a statement says what is combined and leaves the layout to its reader: the emitter writes
transposes, reshapes and `None`s for NumPy; a compiler would write loop nests. Storage is explicit: every `out` is a
window of a buffer that an Allocate, an argument or an enclosing function provides. `check_statements` verifies all of
this, `show_statements` prints it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from symbackprop.lower.values import If as If
from symbackprop.lower.values import Kind, MapOp
from symbackprop.lower.values import Loop as Loop
from symbackprop.lower.values import Note as Note
from symbackprop.lower.values import Scalar as Scalar
from symbackprop.terms.interning import ByIdentity, Interned
from symbackprop.terms.poly import Index, Poly
from symbackprop.terms.term import Reduction


class Role(ByIdentity):
    """Where a buffer's storage comes from."""

    ARGUMENT = "argument"  # given by the caller (or, in backward, by forward's cache); never written
    TENSOR = "tensor"  # holds a tensor of the program under its name
    TEMPORARY = "temporary"  # dies with the equation; shared by liveness


@dataclass(frozen=True, slots=True)
class Blocks:
    """How a matrix lies which products with rows alone read (see `column_blocks`). `rows`: how many of its axes run
    along these; `work`: the multiply-adds of a product for each column."""

    rows: int
    work: Poly


@dataclass(frozen=True, slots=True, eq=False)
class Buffer(Interned):
    """Contiguous storage, row-major but for a matrix by blocks of columns. `shape`: polynomials in sizes.

    Interned: very many tables have it as their key.
    """

    name: str
    shape: tuple[Poly, ...]
    kind: Kind = Kind.FLOAT
    role: Role = Role.TENSOR
    blocks: Blocks | None = None

    def __new__(
        cls, name: str, shape: tuple[Poly, ...], kind: Kind = Kind.FLOAT, role: Role = Role.TENSOR,
        blocks: Blocks | None = None,
    ) -> Buffer:  # fmt: skip
        return Interned.__new__(cls, name, shape, kind, role, blocks)


@dataclass(frozen=True, slots=True)
class Array:
    """A window: element p of the axes is buffer[subscripts at p]."""

    buffer: Buffer
    subscripts: tuple[Poly, ...]
    axes: tuple[Index, ...]
    extents: tuple[Poly, ...]

    def __hash__(self) -> int:
        return hash((self.buffer, self.subscripts))

    @property
    def kind(self) -> Kind:
        return self.buffer.kind

    @property
    def whole(self) -> bool:
        """Whether it is the buffer itself, axis for axis."""
        return (
            len(self.axes) == len(self.subscripts)
            and self.extents == self.buffer.shape
            and all(subscript.index == axis for subscript, axis in zip(self.subscripts, self.axes, strict=True))
        )

    def extent(self, axis: Index) -> Poly:
        return self.extents[self.axes.index(axis)]


@dataclass(frozen=True, slots=True)
class Counter:
    """start + step*position along one axis: integers. `start` and `step` may hold sizes and loop variables."""

    axis: Index
    extent: Poly
    start: Poly
    step: Poly

    @property
    def axes(self) -> tuple[Index, ...]:
        return (self.axis,)

    @property
    def kind(self) -> Kind:
        return Kind.INT


Operand = Array | Scalar | Counter


@dataclass(frozen=True, slots=True)
class Let:
    """name = max(poly, 0)."""

    name: str
    poly: Poly


@dataclass(frozen=True, slots=True)
class Allocate:
    """The buffer's storage, uninitialised unless `fill` is given."""

    buffer: Buffer
    fill: int | None = None


@dataclass(frozen=True, slots=True)
class Map:
    """`quiet`: positions behind a guard are computed too, so floating-point errors there mean nothing."""

    op: MapOp
    out: Array
    args: tuple[Operand, ...]
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class Contract:
    """out[batch.., rows.., columns..] = Σ_inner.. left[batch.., rows.., inner..] * right[batch.., inner.., columns..]

    Rows are the other axes of `left`, columns those of `right`, both in the order of `out`. A batch axis may be
    missing in one factor. Each group is one axis after a reshape that copies nothing. `settled`: which factor is the
    left one matters more than that the result is copied.
    """

    out: Array
    left: Array
    right: Array
    batch: tuple[Index, ...]
    inner: tuple[Index, ...]
    quiet: bool = False
    settled: bool = False

    @property
    def rows(self) -> tuple[Index, ...]:
        return tuple(axis for axis in self.out.axes if axis in self.left.axes and axis not in self.batch)

    @property
    def columns(self) -> tuple[Index, ...]:
        return tuple(axis for axis in self.out.axes if axis in self.right.axes and axis not in self.batch)


@dataclass(frozen=True, slots=True)
class Fold:
    reduction: Reduction
    out: Array
    source: Array
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class Deviation:
    """out[rows.., columns..] = Σ_inner.. (left[rows.., inner..] - right[columns.., inner..])^2, or of a weight
    Σ_inner.. weight[rows.., inner..]*(left[inner.., columns..] - right[rows.., columns..])

    Each group is one axis after a reshape that copies nothing.
    """

    out: Array
    left: Array
    right: Array
    weight: Array | None
    inner: tuple[Index, ...]
    quiet: bool = False

    @property
    def rows(self) -> tuple[Index, ...]:
        first = self.left if self.weight is None else self.weight
        return tuple(axis for axis in self.out.axes if axis in first.axes)

    @property
    def columns(self) -> tuple[Index, ...]:
        return tuple(axis for axis in self.out.axes if axis not in self.rows)

    @property
    def sides(self) -> tuple[tuple[Array, tuple[Index, ...], tuple[Index, ...]], ...]:
        """What is read, each as a matrix: its rows and columns."""
        if self.weight is None:
            return (self.left, self.rows, self.inner), (self.right, self.columns, self.inner)
        return (
            (self.weight, self.rows, self.inner),
            (self.left, self.inner, self.columns),
            (self.right, self.rows, self.columns),
        )


@dataclass(frozen=True, slots=True)
class Gather:
    """The first `rows` dimensions of the whole buffer `source` are one, picked by `index`; the rest follow it."""

    out: Array
    source: Buffer
    rows: int
    index: Array


@dataclass(frozen=True, slots=True)
class Scatter:
    """Adds rows of `source` to the rows of the whole buffer `out`. `unique`: no row is named twice; the source may be
    a number then, and, where it is `assigned`, takes the place of what was there."""

    out: Buffer
    rows: int
    index: Array
    source: Array | Scalar
    unique: bool = False
    assigned: bool = False


Statement: TypeAlias = (
    "Note | Let | Allocate | Map | Contract | Fold | Deviation | Gather | Scatter | Loop[Statement] | If[Statement]"
)


@dataclass(frozen=True, slots=True)
class Function:
    """A list of statements over arguments. `tensors`: the buffer that holds each tensor it was given or defines."""

    name: str
    arguments: tuple[Buffer, ...]
    body: tuple[Statement, ...]
    tensors: tuple[tuple[str, Buffer], ...]

    def buffer(self, tensor: str) -> Buffer:
        return dict(self.tensors)[tensor]


def bodies_of(statement: Statement) -> tuple[tuple[Statement, ...], ...]:
    """The lists of statements inside it."""
    match statement:
        case Loop():
            return (statement.body,)
        case If(_, then, otherwise):
            return then, otherwise
        case _:
            return ()


def with_bodies(statement: Statement, bodies: Sequence[tuple[Statement, ...]]) -> Statement:
    """The statement with other lists of statements inside it."""
    match statement:
        case Loop():
            (body,) = bodies
            return replace(statement, body=body)
        case If():
            then, otherwise = bodies
            return replace(statement, body=then, otherwise=otherwise)
        case _:
            return statement


def statements_in(body: Iterable[Statement]) -> Iterator[Statement]:
    """The statements and those inside them, in order."""
    for statement in body:
        yield statement
        for inner in bodies_of(statement):
            yield from statements_in(inner)


def reads(statement: Statement) -> tuple[Operand, ...]:
    """The operands that a statement without a body reads."""
    match statement:
        case Map():
            return statement.args
        case Contract():
            return statement.left, statement.right
        case Fold():
            return (statement.source,)
        case Deviation():
            return tuple(array for array, _, _ in statement.sides)
        case Gather():
            return whole(statement.source), statement.index
        case Scatter():
            return whole(statement.out), statement.index, statement.source
        case _:
            return ()


def own_out(statement: Statement) -> Array | None:
    """The window that a statement without a body writes; of a Scatter, which adds to what it reads, none."""
    match statement:
        case Map() | Contract() | Fold() | Deviation() | Gather():
            return statement.out
        case _:
            return None


def written(statement: Statement) -> Buffer | None:
    """The buffer that a statement without a body writes into."""
    if isinstance(statement, Scatter):
        return statement.out
    out = own_out(statement)
    return None if out is None else out.buffer


def whole(buffer: Buffer) -> Array:
    """The buffer as an array, on axes of its own."""
    axes = tuple(Index(f"{buffer.name}.{place}") for place in range(len(buffer.shape)))
    return Array(buffer, tuple(Poly.of(axis) for axis in axes), axes, buffer.shape)

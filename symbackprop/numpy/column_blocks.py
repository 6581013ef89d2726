"""In a loop, a matrix that all turns multiply with is copied before it by blocks of columns.

BLAS packs the matrix anew in every product, which for few rows, as a batch has them, takes as long as a third of it.
OpenBLAS does without for small products: Σ_k h[n, k]·W[k, j] of 32 rows, 128 and 512 columns takes 43 µs at once and 28
by blocks of 128 columns that lie one behind the other. How wide a block is is decided where sizes are known, see
`_blocks` of the helpers; where the whole is small, there is one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count
from math import prod

from symbackprop.lower.module_values import ModuleIR
from symbackprop.lower.values import MapOp
from symbackprop.numpy.array import (
    Allocate,
    Array,
    Blocks,
    Buffer,
    Contract,
    Function,
    Loop,
    Map,
    Role,
    Statement,
    statements_in,
    with_bodies,
    written,
)
from symbackprop.numpy.buffers import buffers_in
from symbackprop.numpy.loop_invariants import few_turns
from symbackprop.numpy.window_strides import by_stride
from symbackprop.terms.poly import ONE, Index, Poly
from symbackprop.terms.positive import plainly_nonnegative

_SMALL = 10**6  # multiply-adds of a product that OpenBLAS packs nothing for


def by_column_blocks(module: ModuleIR[Function]) -> ModuleIR[Function]:
    """The module, matrices of products in loops copied by blocks."""
    return module.mapped(blocked)


def blocked(function: Function) -> Function:
    names = {s.buffer.name for s in statements_in(function.body) if isinstance(s, Allocate)}
    numbers = count(1 + max((int(name[1:]) for name in names if name[0] == "." and name[1:].isdigit()), default=0))
    return replace(function, body=_body(function.body, numbers))


def _body(body: Sequence[Statement], numbers: Iterator[int]) -> tuple[Statement, ...]:
    """What surely runs: branches of conditions, and loops of no turns, are left as they are."""
    out: list[Statement] = []
    for statement in body:
        if isinstance(statement, Loop) and plainly_nonnegative(statement.high - statement.low):
            loop = with_bodies(statement, [_body(statement.body, numbers)])
            assert isinstance(loop, Loop)
            before, loop = _with_blocks(loop, out, numbers)
            out += [*before, loop]
        else:
            out.append(statement)
    return _read(out)


def _with_blocks(
    loop: Loop[Statement], earlier: Sequence[Statement], numbers: Iterator[int]
) -> tuple[list[Statement], Loop[Statement]]:
    """What goes before the loop, and the loop."""
    if few_turns(loop):
        return [], loop
    changes = {buffer for s in statements_in(loop.body) if (buffer := written(s)) is not None}
    turning = {s.variable for s in statements_in([loop]) if isinstance(s, Loop)}
    before: list[Statement] = []
    made: dict[_Product, Array] = {}
    body: list[Statement] = []
    for statement in loop.body:
        product = _product(statement) if isinstance(statement, Contract) else None
        if product is not None and product.alike(changes, turning):
            if product not in made:
                source = _copied(product.matrix, earlier)
                made[product] = blocks = product.blocks(f".{next(numbers)}")
                before += [Allocate(blocks.buffer), Map(MapOp.COPY, blocks, (source,))]
            statement = product.replaced(statement, made[product])
        body.append(statement)
    return before, replace(loop, body=tuple(body))


def _copied(matrix: Array, earlier: Iterable[Statement]) -> Array:
    """What the matrix is a copy of, if it is one, made before."""
    for statement in earlier:
        match statement:
            case Map(MapOp.COPY, out, (Array() as source,)) if out == matrix and matrix.buffer.role is Role.TEMPORARY:
                return source
    return matrix


def _read(body: Sequence[Statement]) -> tuple[Statement, ...]:
    """Without copies that nothing reads any more."""
    copies = {
        s.out.buffer for s in body
        if isinstance(s, Map) and s.op is MapOp.COPY and s.out.buffer.role is Role.TEMPORARY
    }  # fmt: skip
    if not copies:
        return tuple(body)
    used = Counter(buffer for s in body for buffer in buffers_in(s))
    gone = {buffer for buffer in copies if used[buffer] == 1}
    return tuple(s for s in body if (s.buffer if isinstance(s, Allocate) else written(s)) not in gone)


@dataclass(frozen=True, slots=True)
class _Product:
    """A product of rows with a matrix, of which BLAS sees the columns innermost. `rows`: how many there are."""

    matrix: Array
    inner: tuple[Index, ...]
    columns: tuple[Index, ...]
    rows: Poly
    out: Array

    @property
    def work(self) -> Poly:
        """The multiply-adds for a column."""
        return prod((self.matrix.extent(axis) for axis in self.inner), start=self.rows)

    def alike(self, changes: set[Buffer], turning: set[Index]) -> bool:
        """Whether the matrix is the same in every turn, the result has its place, and it is not known to be small."""
        polys = [*self.matrix.subscripts, *self.matrix.extents, *self.out.subscripts, *self.out.extents, self.rows]
        if self.matrix.buffer in changes or any(index in turning for poly in polys for index in poly.indices()):
            return False
        total = prod((self.matrix.extent(axis) for axis in self.columns), start=self.work).constant
        return self.out.buffer.role is not Role.ARGUMENT and (total is None or total > _SMALL)

    def blocks(self, name: str) -> Array:
        order = (*self.inner, *self.columns)
        extents = tuple(self.matrix.extent(axis) for axis in order)
        buffer = Buffer(name, extents, self.matrix.kind, Role.TEMPORARY, Blocks(len(self.inner), self.work))
        return Array(buffer, tuple(map(Poly.of, order)), order, extents)

    def replaced(self, product: Statement, blocks: Array) -> Contract:
        assert isinstance(product, Contract)
        left = product.left == self.matrix and self.columns == product.rows
        return replace(product, left=blocks) if left else replace(product, right=blocks)


def _product(product: Contract) -> _Product | None:
    out, rows, columns = product.out, product.rows, product.columns
    if product.batch or not rows or not columns or not product.inner:
        return None
    matrix = product.right
    if by_stride(out, out.axes)[-1] not in columns:
        matrix, rows, columns = product.left, columns, rows
    return _Product(matrix, product.inner, columns, prod((out.extent(axis) for axis in rows), start=ONE), out)


__all__ = ["blocked", "by_column_blocks"]

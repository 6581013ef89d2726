"""What is the same in every turn of a loop is computed once, before it.

A temporary that is made of what no turn writes, nowhere of the loop's variable, is made before the loop. And the second
matrix of a product is copied where it would be read transposed in every turn: for few rows, as a batch has them, BLAS
takes 1.4 to 3 times as long for left·rightᵀ as for left·right, since it packs the matrix anew each time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import count

from symbackprop.lower.values import MapOp
from symbackprop.numpy.array import (
    Allocate,
    Array,
    Buffer,
    Contract,
    Counter,
    Fold,
    If,
    Loop,
    Map,
    Operand,
    Role,
    Scalar,
    Statement,
    bodies_of,
    statements_in,
    with_bodies,
    written,
)
from symbackprop.numpy.window_strides import by_stride
from symbackprop.terms.poly import Index, Poly
from symbackprop.terms.positive import plainly_nonnegative

_WORTH = 4  # turns that a copy pays for itself in


def before_loops(body: Sequence[Statement]) -> tuple[Statement, ...]:
    """The same statements, each before the loops in whose every turn it computes the same."""
    return _moved(body, count())


def _moved(body: Sequence[Statement], names: Iterator[int]) -> tuple[Statement, ...]:
    out: list[Statement] = []
    for old in body:
        statement = with_bodies(old, [_moved(inner, names) for inner in bodies_of(old)])
        out += _Invariants(statement, names).out_of() if isinstance(statement, Loop) else [statement]
    return tuple(out)


class _Invariants:
    def __init__(self, loop: Loop[Statement], names: Iterator[int]) -> None:
        self.loop, self.names = loop, names
        self.writes: dict[Buffer, int] = {}
        for statement in statements_in(loop.body):
            buffer = written(statement)
            if buffer is not None:
                self.writes[buffer] = self.writes.get(buffer, 0) + 1
        self.variables = {s.variable for s in statements_in([loop]) if isinstance(s, Loop)}
        self.mine = {s.buffer for s in loop.body if isinstance(s, Allocate) and s.fill is None}
        self.before: list[Statement] = []
        self.copies: dict[Array, Array] = {}

    def out_of(self) -> list[Statement]:
        """What goes before the loop, and the loop."""
        runs = plainly_nonnegative(self.loop.high - self.loop.low)
        rest = [statement for statement in self.loop.body if not self._moved(statement, runs)]
        moved = {s.buffer for s in self.before if isinstance(s, Allocate)}
        rest = [s for s in rest if not (isinstance(s, Allocate) and s.buffer in moved)]
        if not _few(self.loop):
            rest = list(self._turned(rest))
        return [*self.before, replace(self.loop, body=tuple(rest))]

    # --- the same in every turn --------------------------------------------------------------------
    def _moved(self, statement: Statement, runs: bool) -> bool:
        """Whether it has been put before the loop. Where no turn may run, only what raises no error is."""
        match statement:
            case Map(op, out, args):
                may = runs or op is MapOp.COPY
            case Contract(out, left, right):
                may, args = runs, (left, right)
            case Fold(_, out, source):
                may, args = runs, (source,)
            case _:
                return False
        buffer = out.buffer
        if not may or buffer not in self.mine or buffer.role is not Role.TEMPORARY or self.writes[buffer] != 1:
            return False
        if not self._same(out, own=True) or not all(map(self._same, args)):
            return False
        del self.writes[buffer]
        self.before += [Allocate(buffer), statement]
        return True

    def _same(self, operand: Operand, own: bool = False) -> bool:
        """Whether it is the same in every turn."""
        match operand:
            case Array(buffer, subscripts):
                return (own or buffer not in self.writes) and not self._turning(subscripts)
            case Scalar(term):
                return self.variables.isdisjoint(term.free)
            case Counter(_, _, start, step):
                return not self._turning((start, step))

    def _turning(self, polys: Iterable[Poly]) -> bool:
        return any(index in self.variables for poly in polys for index in poly.indices())

    # --- products ----------------------------------------------------------------------------------
    def _turned(self, body: Iterable[Statement]) -> Iterable[Statement]:
        for statement in body:
            match statement:
                case Contract(out, left, right):
                    first, second = (left, right) if _is_last(out, statement.columns) else (right, left)
                    inner = statement.inner
                    columns = statement.columns if second is right else statement.rows
                    if self._reads_transposed(statement, second, columns):
                        copy = self._copy(second, (*_rest(second, (*inner, *columns)), *inner, *columns))
                        left, right = (first, copy) if second is right else (copy, first)
                        statement = replace(statement, left=left, right=right)
                case If():
                    statement = with_bodies(statement, [tuple(self._turned(b)) for b in bodies_of(statement)])
            yield statement

    def _reads_transposed(self, product: Contract, second: Array, columns: Sequence[Index]) -> bool:
        """Whether the second factor, the same in every turn, has the summed axes innermost."""
        if not product.rows or not columns or not product.inner or not self._same(second):
            return False
        if second.buffer in self.mine:
            return False
        return by_stride(second, [*columns, *product.inner])[-1] in product.inner

    def _copy(self, array: Array, order: Sequence[Index]) -> Array:
        found = self.copies.get(array)
        if found is None or found.axes != tuple(order):
            extents = tuple(array.extent(axis) for axis in order)
            buffer = Buffer(f".turned{next(self.names)}", extents, array.kind, Role.TEMPORARY)
            found = self.copies[array] = Array(buffer, tuple(map(Poly.of, order)), tuple(order), extents)
            self.before += [Allocate(buffer), Map(MapOp.COPY, found, (array,))]
        return found


def _is_last(out: Array, columns: Sequence[Index]) -> bool:
    """Whether the columns are innermost in what is written, so that the right factor is the second that BLAS sees."""
    return by_stride(out, out.axes)[-1] in columns if columns else True


def _rest(array: Array, axes: Sequence[Index]) -> tuple[Index, ...]:
    return tuple(axis for axis in array.axes if axis not in axes)


def _few(loop: Loop[Statement]) -> bool:
    """Whether it is known to run a few times only."""
    turns = (loop.high - loop.low + 1).constant
    return turns is not None and turns < _WORTH


__all__ = ["before_loops"]

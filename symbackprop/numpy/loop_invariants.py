"""What is the same in every turn of a loop is computed once, before it.

A temporary that is made of what no turn writes, nowhere of the loop's variable, is made before the loop, as masks of
labels are. And the second matrix of a product is copied where it would be read transposed in every turn: for few rows,
as a batch has them, BLAS takes 1.4 to 3 times as long for left·rightᵀ as for left·right, since it packs the matrix anew
each time.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import count

from symbackprop.lower.values import MapOp
from symbackprop.numpy.array import (
    Allocate,
    Array,
    Buffer,
    Contract,
    Counter,
    Gather,
    If,
    Loop,
    Map,
    Operand,
    Role,
    Scalar,
    Statement,
    bodies_of,
    own_out,
    reads,
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
        moved = self._invariant()
        self.writes = {buffer: count for buffer, count in self.writes.items() if buffer not in moved}
        rest: list[Statement] = []
        for statement in self.loop.body:
            made = statement.buffer if isinstance(statement, Allocate) else written(statement)
            (self.before if made in moved else rest).append(statement)
        if not few_turns(self.loop):
            rest = list(self._turned(rest))
        return [*self.before, replace(self.loop, body=tuple(rest))]

    # --- the same in every turn --------------------------------------------------------------------
    def _invariant(self) -> set[Buffer]:
        """The temporaries of the body that hold the same in every turn, wherever they are read in it."""
        writers: dict[Buffer, list[int]] = {}
        for place, statement in enumerate(self.loop.body):
            buffer = written(statement)
            if buffer in self.mine and buffer.role is Role.TEMPORARY:
                writers.setdefault(buffer, []).append(place)
        found = {buffer for buffer, places in writers.items() if len(places) == self.writes[buffer]}
        while True:
            left = {
                buffer for buffer in found
                if all(self._is_same(self.loop.body[place], found) for place in writers[buffer])
                and not self._read_between(buffer, writers[buffer][-1], found)
            }  # fmt: skip
            if left == found:
                return found
            found = left

    def _read_between(self, buffer: Buffer, last: int, moved: set[Buffer]) -> bool:
        """Whether what stays in the loop reads the buffer before the last statement that writes it."""
        stays = (statement for statement in self.loop.body[:last] if written(statement) not in moved)
        return any(
            isinstance(operand, Array) and operand.buffer == buffer
            for statement in statements_in(stays)
            for operand in reads(statement)
        )

    def _is_same(self, statement: Statement, moved: set[Buffer]) -> bool:
        """Whether it does the same in every turn, reading the moved ones. Where no turn may run, only what raises no
        error is computed before the loop."""
        out = own_out(statement)
        if out is None or self._turning(out.subscripts):
            return False
        raises = not isinstance(statement, Gather) and not (isinstance(statement, Map) and statement.op is MapOp.COPY)
        if raises and not plainly_nonnegative(self.loop.high - self.loop.low):
            return False
        return all(self._same(operand, moved) for operand in reads(statement))

    def _same(self, operand: Operand, moved: Container[Buffer] = ()) -> bool:
        """Whether it is the same in every turn."""
        match operand:
            case Array(buffer, subscripts):
                return (buffer in moved or buffer not in self.writes) and not self._turning(subscripts)
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


def few_turns(loop: Loop[Statement]) -> bool:
    """Whether it is known to run a few times only."""
    turns = (loop.high - loop.low + 1).constant
    return turns is not None and turns < _WORTH


__all__ = ["before_loops", "few_turns"]

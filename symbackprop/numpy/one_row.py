"""Storage of one row for what a loop needs of one turn, and in the next.

    z[t] = h[t-1]·W + a[t],   h[t] = tanh(z[t])              of z, one row
    c = δc[t]·f[t],   δc[t-1] = c, where δc[t] is no more    of δc, one row

A tensor of all turns is written once and read once from memory; a row stays in the cache, and has the same view in
every turn. Row r takes the place of the row before it, so that is right where each turn is done with the old row
before it begins the new one, and

    before the loop    only the row that its first turn finds is used
    after it           only the row that its last turn leaves is read
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from symbackprop.lower.module_values import ModuleIR
from symbackprop.lower.values import MapOp
from symbackprop.numpy.array import (
    Allocate,
    Array,
    Buffer,
    Function,
    If,
    Loop,
    Map,
    Role,
    Statement,
    bodies_of,
    own_out,
    reads,
)
from symbackprop.numpy.buffers import buffers_in, rewrite
from symbackprop.numpy.windows import covers
from symbackprop.terms.poly import ONE, Poly


def with_one_row(module: ModuleIR[Function]) -> ModuleIR[Function]:
    """The module, what no other function needs stored by rows of loops where one row is enough."""
    outputs = () if module.predict_program is None else module.predict_program.outputs
    adjoints = (adjoint for _, adjoint in module.gradients)
    wanted = {*module.results, *module.cached, *module.shared_results, *outputs, *adjoints}
    return module.mapped(lambda function: one_row(function, wanted))


def one_row(function: Function, wanted: Collection[str]) -> Function:
    """The function with one row of each tensor of which one is enough; `wanted`: what others need."""
    body, buffers = function.body, dict(function.tensors)
    within = {buffer for statement in body if bodies_of(statement) for buffer in buffers_in(statement)}
    for statement in function.body:
        if isinstance(statement, Allocate) and statement.buffer.role is Role.TENSOR and statement.buffer in within:
            name = statement.buffer.name
            old = None if name in wanted or statement.fill not in (None, 0) else statement
            while old is not None and (axis := _axis(body, old)) is not None:
                shape = old.buffer.shape[:axis] + old.buffer.shape[axis + 1 :]
                new = replace(old, buffer=replace(old.buffer, shape=shape))
                body, old = tuple(_without(body, old.buffer, axis, new)), new
                buffers = {tensor: new.buffer if one.name == name else one for tensor, one in buffers.items()}
    return replace(function, body=body, tensors=tuple(buffers.items()))


def _without(body: Iterable[Statement], buffer: Buffer, axis: int, new: Allocate) -> Iterator[Statement]:
    """The statements with the buffer's windows in the new one, which lacks the axis."""

    def change(array: Array) -> Array:
        return _narrow(array, axis, new.buffer) if array.buffer == buffer else array

    for statement in body:
        if isinstance(statement, Allocate):
            yield new if statement.buffer == buffer else statement
        else:
            yield rewrite(statement, change)


def _narrow(array: Array, axis: int, buffer: Buffer) -> Array:
    return replace(array, buffer=buffer, subscripts=array.subscripts[:axis] + array.subscripts[axis + 1 :])


def _axis(body: Sequence[Statement], allocate: Allocate, fresh: bool = True) -> int | None:
    """The first axis of which one row is enough. `fresh`: whether the buffer has just been allocated when the body
    begins, so that nothing of an earlier turn of loops around is there."""
    buffer = allocate.buffer
    users = [place for place, one in enumerate(body) if buffer in buffers_in(one)]
    inner = [place for place in users if bodies_of(body[place])]
    if len(inner) != 1:
        return None
    around = body[inner[0]]
    if isinstance(around, Loop):
        for axis in range(len(buffer.shape)):
            turns = _Turns(around, buffer, axis, clean=fresh and allocate.fill is None, fresh=fresh)
            if turns.enough([body[p] for p in users if p < inner[0]], [body[p] for p in users if p > inner[0]]):
                return axis
    if users != inner:
        return None
    within = [one for one in bodies_of(around) if any(buffer in buffers_in(statement) for statement in one)]
    return _axis(within[0], allocate, fresh and isinstance(around, If)) if len(within) == 1 else None


@dataclass(frozen=True, slots=True)
class _Use:
    """A window that a statement reads or writes, in the row `at`."""

    array: Array
    at: Poly
    writes: bool


@dataclass(frozen=True, slots=True)
class _Turns:
    """Of a loop, and of a buffer along an axis. `clean`: whether nothing is read that was not written before in the
    same row; if not, the first to write a row must write all of it."""

    loop: Loop[Statement]
    buffer: Buffer
    axis: int
    clean: bool
    fresh: bool

    def enough(self, before: Sequence[Statement], after: Sequence[Statement]) -> bool:
        """Whether one row is enough for the loop and what uses the buffer before and after it."""
        rows = {use.at for use in self._uses(self.loop)}
        if any(set(row.indices()) != {self.loop.variable} or self._offset(row).indices() for row in rows):
            return False
        offsets = sorted({self._offset(row) for row in rows}, key=str)
        step = ONE if self.loop.descending else -ONE
        new = next((one for one in offsets if all(other in (one, one + step) for other in offsets)), None)
        if new is None:
            return False
        first, last = self._ends()
        old = new + step if len(offsets) == 2 else None
        if not self._starts(before, None if old is None else first + old):
            return False
        if any(use.writes or use.at != last + new for one in after for use in self._uses(one)):
            return False
        turn = self._order(self.loop.body, new, old, begun=False)
        return turn is not None and (self.clean or self._begins(new))

    def _ends(self) -> tuple[Poly, Poly]:
        loop = self.loop
        return (loop.high, loop.low) if loop.descending else (loop.low, loop.high)

    def _offset(self, row: Poly) -> Poly:
        return row - Poly.of(self.loop.variable)

    def _uses(self, statement: Statement) -> list[_Use]:
        """Those of the buffer in it and inside it."""
        inner = bodies_of(statement)
        if inner:
            return [use for body in inner for one in body for use in self._uses(one)]
        out = own_out(statement)
        arrays = [(each, False) for each in reads(statement) if isinstance(each, Array)]
        arrays += [(out, True)] if out is not None else []
        return [_Use(each, each.subscripts[self.axis], w) for each, w in arrays if each.buffer == self.buffer]

    def _starts(self, before: Sequence[Statement], row: Poly | None) -> bool:
        """Whether what stands before the loop uses that row alone; and writes it, where an earlier turn around may
        have left another there."""
        if any(bodies_of(one) or use.at != row for one in before for use in self._uses(one)):
            return False
        return self.fresh or row is None or (bool(before) and self._covers(before[0], row))

    def _begins(self, new: Poly) -> bool:
        """Whether the first to use the new row in a turn writes all of it."""
        row = Poly.of(self.loop.variable) + new
        return self._covers(next(one for one in self.loop.body if any(use.at == row for use in self._uses(one))), row)

    def _covers(self, statement: Statement, row: Poly) -> bool:
        """Whether it writes all of the row, of which it reads nothing."""
        out = own_out(statement)
        if (
            out is None
            or bodies_of(statement)
            or [use.writes for use in self._uses(statement) if use.at == row] != [True]
        ):
            return False
        shape = self.buffer.shape[: self.axis] + self.buffer.shape[self.axis + 1 :]
        return covers(_narrow(out, self.axis, replace(self.buffer, shape=shape)))

    def _order(self, body: Iterable[Statement], new: Poly, old: Poly | None, begun: bool) -> bool | None:
        """Whether the new row is begun at the end of the body; None where the old one is used after that."""
        for statement in body:
            rows = {self._offset(use.at) for use in self._uses(statement)}
            if isinstance(statement, If):
                ends = [self._order(inner, new, old, begun) for inner in bodies_of(statement)]
                if None in ends:
                    return None
                begun = any(ends)
            elif old in rows and (begun or (new in rows and not self._in_place(statement, new))):
                return None
            begun = begun or new in rows
        return begun

    def _in_place(self, statement: Statement, new: Poly) -> bool:
        """Whether each element of the new row takes the place of the same one of the old row, read for it alone."""
        if not isinstance(statement, Map) or statement.op is MapOp.SELECT or statement.out.buffer != self.buffer:
            return False
        if self._offset(statement.out.subscripts[self.axis]) != new:
            return False
        out = _narrow(statement.out, self.axis, self.buffer)
        windows = [_narrow(use.array, self.axis, self.buffer) for use in self._uses(statement)]
        return all((one.subscripts, one.axes) == (out.subscripts, out.axes) for one in windows)


__all__ = ["one_row", "with_one_row"]

"""The memory that a module's functions take without a workspace, in float32.

Arguments are left out: they are taken to be as the module reads them (contiguous, float32, integers of 64 bits, noise
given), so that it makes no copies. A call takes a block for all that it computes in, as long as what is in use at some
moment (see `lifetimes`; a plan may need a little more), beside it storage for what it returns, and what a statement
takes for its own time:

    forward    what the shared part and forward compute in; what is returned and what is left for backward
    step       what all three compute in; what is returned, the gradients from when backward begins

With a workspace what is returned lies in the block too. Sizes are polynomials (see `memory_sizes`): 4 bytes a float, 8
an integer, 1 a truth value. Which moment takes most may depend on the sizes, so all are kept that no other exceeds at
every size. What `_dot_rows` copies, up to 122 kB where a product is small, counts where sizes are numbers alone: a
budget holds, and what is stated for symbols may be that much less.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import sympy

from symbackprop.lower import values
from symbackprop.lower.module_values import ModuleIR
from symbackprop.lower.values import Kind, MapOp
from symbackprop.numpy.array import (
    Array,
    Buffer,
    Contract,
    Counter,
    Deviation,
    Fold,
    Function,
    Map,
    Scalar,
    Scatter,
    Statement,
    reads,
    statements_in,
)
from symbackprop.numpy.function import store_module
from symbackprop.numpy.lifetimes import Lives, lives_of
from symbackprop.numpy.memory_sizes import Sizes
from symbackprop.numpy.operation_forms import rows_with_rows
from symbackprop.numpy.plan import block_length
from symbackprop.numpy.window_strides import (
    BLOCK,
    by_stride,
    contiguous,
    mergeable,
    row_by_row,
    rows_and_columns,
    windowed,
)
from symbackprop.numpy.windows import covers, same_window
from symbackprop.terms.poly import ZERO, Poly, floor_div
from symbackprop.terms.term import Reduction

__all__ = ["Peaks", "peaks", "step_bytes"]

_BYTES = {Kind.FLOAT: 4, Kind.INT: 8, Kind.BOOL: 1}
_CHUNK = 8192  # elements at a time, of `_erf`, `_softplus` and `_log_cosh` and of NumPy where it buffers
_BLOCK = 32768  # elements at a time, of `_squared_distances` and `_sum_deviations`
# arrays of so many elements that are alive in them at once
_CHUNKS = {MapOp.ERF: 4, MapOp.LOG_COSH: 5, MapOp.SOFTPLUS: 2, MapOp.LOG_SIGMOID: 2}


@dataclass(frozen=True, slots=True)
class Peaks:
    """The largest number of bytes in a call of `forward`, and in a step, whose forward pass may need them too."""

    forward: sympy.Expr
    step: sympy.Expr


def peaks(module: ModuleIR[values.Function]) -> Peaks:
    """The peaks of the module's `forward`, and of `value_and_grad` or `vjp`."""
    stored, made = store_module(module), Sizes()
    lives = lives_of(stored)
    used = [_Used(function, made, lives) for function in stored.differentiating]
    fore, back = used[:-1], used[-1]
    results = [stored.forward.buffer(name) for name in stored.results if name in stored.cached]
    copied = fore[-1].bytes_of(results) if stored.program.cotangents else ZERO  # they are the caller's own
    again = back.bytes_of(stored.backward.buffer(adjoint) for _, adjoint, copies in stored.returned if copies)
    left = copied + sum((each.kept(lives.forward + 1) for each in fore), ZERO)
    counted = sum((each.counters for each in fore), ZERO)
    forward = (_in_use(fore, made, lives.forward + 1), [own + left + counted for own in _own(fore, made)])
    returned, gradients = copied + sum((each.kept(lives.kept) for each in fore), ZERO), back.kept(lives.kept)
    moments = [*_own(fore, made), *(own + gradients + back.counters for own in [*_own([back], made), again])]
    step = (_in_use(used, made, lives.kept), [moment + returned + counted for moment in made.pruned(moments)])
    return Peaks(*(sum(map(made.largest, parts), sympy.Integer(0)) for parts in (forward, step)))


def step_bytes(stored: ModuleIR[Function]) -> int:
    """The bytes of a step of a module whose sizes are numbers, the block as long as its plan is."""
    made, lives = Sizes(), lives_of(stored)
    used = [_Used(function, made, lives) for function in stored.differentiating]
    asked = [(_number(each.bytes[b]), life.first, life.last) for each in used for b, life in each.lives.items()]
    block = block_length([each for each in asked if each[2] < lives.kept])
    fore, back = used[:-1], used[-1]
    before = sum(_number(each.counters + each.kept(lives.kept)) for each in fore)
    own = max((_number(own) for each in fore for own in each.own), default=0)
    after = max((_number(own) for own in back.own), default=0) + _number(back.counters + back.kept(lives.kept))
    return block + before + max(own, after)


def _number(poly: Poly) -> int:
    assert poly.constant is not None
    return int(poly.constant)


def _in_use(used: Sequence[_Used], made: Sizes, kept: int) -> list[Poly]:
    """What is in use at the moments at which most is, without what is kept at that moment."""
    born: dict[int, Poly] = {}
    dying: dict[int, Poly] = {}
    for each in used:
        for buffer, life in each.lives.items():
            if life.last < kept:
                born[life.first] = born.get(life.first, ZERO) + each.bytes[buffer]
                dying[life.last] = dying.get(life.last, ZERO) + each.bytes[buffer]
    found, total, grown = [ZERO], ZERO, False
    for moment in sorted({*born, *dying}):
        total, grown = total + born.get(moment, ZERO), grown or moment in born
        if moment in dying:
            found += [total] if grown else []
            total, grown = total - dying[moment], False
    return made.pruned(found)


def _own(used: Sequence[_Used], made: Sizes) -> list[Poly]:
    """What statements take for their own time, where that is most."""
    return made.pruned([ZERO, *(own for each in used for own in each.own)])


class _Used:
    """What one function takes. `names`: those of the sizes that it makes."""

    def __init__(self, function: Function, made: Sizes, lives: Lives) -> None:
        self.made, self.names = made, made.names(function)
        places = lives.places[function.name]
        self.lives = {buffer: life for buffer, life in lives.of[function.name].items() if buffer not in places}
        self.bytes = {buffer: self._size(buffer) for buffer in self.lives}
        statements = list(statements_in(function.body))
        counters = {each for s in statements for each in reads(s) if isinstance(each, Counter) and not _moves(each)}
        self.counters = self._counted(counters)
        self.own = [own for own in map(self._own, statements) if own.terms]

    def kept(self, moment: int) -> Poly:
        """What is in use at that moment or later."""
        return sum((self.bytes[buffer] for buffer, life in self.lives.items() if life.last >= moment), ZERO)

    def bytes_of(self, buffers: Iterable[Buffer]) -> Poly:
        return sum((self._size(buffer) for buffer in buffers), ZERO)

    def _size(self, buffer: Buffer) -> Poly:
        return self.entries(buffer.shape) * _BYTES[buffer.kind]

    def _counted(self, counters: Iterable[Counter]) -> Poly:
        return sum((self.entries([counter.extent]) for counter in counters), ZERO) * _BYTES[Kind.INT]

    def entries(self, extents: Iterable[Poly]) -> Poly:
        return self.made.entries(extents, self.names)

    # --- what a statement takes for its own time ---------------------------------------------------
    def _own(self, statement: Statement) -> Poly:
        """Bytes that the statement's line takes and gives back."""
        match statement:
            case Map(op, out, args):
                counted = self._counted(arg for arg in args if isinstance(arg, Counter) and _moves(arg))
                return counted + self._of_map(op, out, [arg for arg in args if not isinstance(arg, Scalar)])
            case Contract(out, left, right, batch, inner):
                stacked = batch and not statement.rows and not statement.columns
                if stacked and row_by_row(left, inner) and row_by_row(right, inner):
                    return self._sums((left, right), inner, out)
                return self._of_rows(statement)
            case Fold(reduction, out, source):
                folded = by_stride(source, [axis for axis in source.axes if axis not in out.axes])
                by_rows = reduction is Reduction.SUM and row_by_row(source, folded)
                return self._sums((source,), folded, out) if by_rows else ZERO
            case Deviation():
                return self._of_deviation(statement)
            case Scatter():
                return self._of_scatter(statement)
            case _:
                return ZERO

    def _of_rows(self, product: Contract) -> Poly:
        """Of `_dot_rows` the copy of one side, where sizes are numbers; no more than 122 kB."""
        sides = rows_with_rows(product)
        if sides is None:
            return ZERO
        high, wide, deep = (
            self.entries([array.extent(axis) for axis in axes]).constant
            for array, axes in (*sides, (product.left, product.inner))
        )
        if high is None or wide is None or deep is None:
            return ZERO
        copied = high <= wide and 1024 < high * wide and high * wide * deep <= 10**6
        return Poly.of(int(high * deep) * _BYTES[Kind.FLOAT]) if copied else ZERO

    def _of_map(self, op: MapOp, out: Array, args: Sequence[Array | Counter]) -> Poly:
        entries = self.entries(out.extents)
        chunk = self.made.least(entries, Poly.of(_CHUNK))  # of the helpers and of NumPy's own buffers alike
        match op:
            case MapOp.ERF | MapOp.LOG_COSH | MapOp.SOFTPLUS | MapOp.LOG_SIGMOID:
                apart = [array for array in (*args, out) if isinstance(array, Array) and not covers(array)]
                return (chunk * _CHUNKS[op] + entries * len(apart)) * _BYTES[Kind.FLOAT]
            case MapOp.COPY | MapOp.SELECT:
                return ZERO
            case _:
                within = any(same_window(arg, out) for arg in args) and windowed(out)
                overlapping = within and not mergeable(out, by_stride(out, out.axes))  # as far as NumPy can tell
                copied = entries * _BYTES[out.kind] if overlapping else ZERO
                return copied + (chunk * _buffered(out, args) if args else ZERO)

    def _of_deviation(self, statement: Deviation) -> Poly:
        """Of `_squared_distances` both sides, two columns wider, their squares, and a block of distances with its mask;
        of `_sum_deviations` a side twice as wide, and what is made of that. Where digits would be lost it may be
        more, by a few times a block."""
        out, rows, columns, inner = statement.out, statement.rows, statement.columns, statement.inner
        high, wide = (self.entries([out.extent(axis) for axis in axes]) for axes in (rows, columns))
        deep = self.entries([statement.left.extent(axis) for axis in inner])
        if statement.weight is None:
            block = self.made.least(high * wide, Poly.of(_BLOCK))
            floats = (high + wide) * (deep + 3) + block
            return floats * _BYTES[Kind.FLOAT] + block * _BYTES[Kind.BOOL]
        return ((deep + high) * (2 * wide + 1) + high * wide * 5) * _BYTES[Kind.FLOAT]

    def _of_scatter(self, statement: Scatter) -> Poly:
        """Of `+=` at unique rows a copy of these. Else of `_scatter_add`: what is not contiguous, copied; the order,
        the indices in it and those of a turn, where each row that is named begins, how often and its number; and the
        rows in order and summed."""
        out, index, source = statement.out, statement.index, statement.source
        rows = self.entries(index.extents)
        numbers = rows * self.entries(out.shape[statement.rows :]) * _BYTES[Kind.FLOAT]
        if statement.unique or isinstance(source, Scalar):
            return numbers
        rest = [axis for axis in source.axes if axis not in index.axes]
        copied = ZERO if contiguous(source, [*index.axes, *rest]) else numbers
        if not mergeable(index, index.axes):
            copied = copied + rows * _BYTES[Kind.INT]
        named = self.made.least(rows, self.entries(out.shape[: statement.rows]))
        return copied + numbers * 2 + (rows * 3 + named * 5) * _BYTES[Kind.INT]

    def _sums(self, arrays: Sequence[Array], summed: Sequence[object], out: Array) -> Poly:
        """Of `_sum_rows` and `_sum_products`: the sums of the blocks and of blocks of these. Of R rows
        there are F + 1 = ⌈R/128⌉ blocks, and none where F is 0: 2F is no less than all of these sums."""
        first = arrays[0]
        rows = self.entries(extent for axis, extent in zip(first.axes, first.extents, strict=True) if axis in summed)
        around, columns = rows_and_columns(arrays, out)
        across = self.entries([out.extent(axis) for axis in (*around, *columns)])
        return floor_div(rows - 1, Poly.of(BLOCK)) * across * (2 * _BYTES[Kind.FLOAT])


def _moves(counter: Counter) -> bool:
    """Whether it is another in each turn of a loop, and made there."""
    return any(poly.indices() for poly in (counter.start, counter.step, counter.extent))


def _buffered(out: Array, args: Sequence[Array | Counter]) -> int:
    """The bytes an element in the buffers that NumPy passes operands through: those of another type than that in which
    it computes, and those that it cannot run along in one stride, as they lie or are repeated."""
    order, kinds = by_stride(out, out.axes), {arg.kind for arg in args}
    wide = Kind.INT in kinds and Kind.FLOAT in {*kinds, out.kind}  # float64 then
    computed = next(kind for kind in (Kind.INT, Kind.FLOAT, Kind.BOOL) if kind in kinds)
    if computed is Kind.BOOL and out.kind is Kind.FLOAT:
        computed = Kind.FLOAT

    def apart(operand: Array | Counter) -> bool:
        return len(operand.axes) < len(order) or (isinstance(operand, Array) and not mergeable(operand, order))

    through = sum(wide or arg.kind is not computed or apart(arg) for arg in args)
    through += (wide and out.kind is Kind.FLOAT) or apart(out)
    return through * (_BYTES[Kind.INT] if wide else _BYTES[computed])

"""The memory that a module's functions take without a workspace, at each of their moments, in float32.

Arguments are left out: they are taken to be as the module reads them (contiguous, float32, integers of 64 bits, noise
given), so that it makes no copies. A function takes all of its storage at its beginning and holds it until it returns;
beside that a statement takes what it needs for its own time. So

    forward    what the shared part has taken; then its results, and what forward itself has taken
    backward   what forward left (what it returned, the cache), and what backward has taken

A moment is a polynomial in the sizes (see `memory_sizes`): 4 bytes a float, 8 an integer, 1 a truth value. Which
moment takes most may depend on the sizes, so all are kept that no other exceeds at every size.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import sympy

from symbackprop.lower import values
from symbackprop.lower.module_values import ModuleIR
from symbackprop.lower.values import Kind, MapOp
from symbackprop.numpy.array import (
    Allocate,
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
from symbackprop.numpy.memory_sizes import Names, Sizes
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

__all__ = ["Peaks", "peaks"]

_BYTES = {Kind.FLOAT: 4, Kind.INT: 8, Kind.BOOL: 1}
_CHUNK = 8192  # elements at a time, of `_erf`, `_softplus` and `_log_cosh` and of NumPy where it buffers
_BLOCK = 32768  # elements at a time, of `_squared_distances` and `_sum_deviations`
# arrays of so many elements that are alive in them at once
_CHUNKS = {MapOp.ERF: 6, MapOp.LOG_COSH: 5, MapOp.SOFTPLUS: 2, MapOp.LOG_SIGMOID: 2}


@dataclass(frozen=True, slots=True)
class Peaks:
    """The largest number of bytes while each function runs; `backward` holds what forward left."""

    forward: sympy.Expr
    backward: sympy.Expr


def peaks(module: ModuleIR[values.Function]) -> Peaks:
    """The peaks of the module's `forward`, and of its `backward` given the cache."""
    stored, made = store_module(module), Sizes()
    functions = stored.differentiating
    sizes = {function.name: made.names(function) for function in functions}

    def held(names: Collection[str], among: Sequence[Function]) -> Poly:
        return sum((_size(buffer, made, sizes[f.name]) for f in among for buffer in _held(names, f)), ZERO)

    forward, fore = _Moments(made), functions[:-1]
    if stored.shared is not None:
        forward.run(stored.shared, sizes["shared"])
        forward.total = held(stored.shared_results, [stored.shared])
    forward.run(stored.forward, sizes["forward"])
    left = held({*stored.results, *stored.cached}, fore)
    if stored.program.cotangents:  # what is returned is the caller's own, and the cache has copies
        copied = held([name for name in stored.results if name in stored.cached], fore)
        forward.take(copied)
        left = left + copied
    backward = _Moments(made, left)
    backward.run(stored.backward, sizes["backward"])
    copies = [stored.backward.buffer(adjoint) for _, adjoint, copied in stored.returned if copied]
    backward.take(sum((_size(buffer, made, sizes["backward"]) for buffer in copies), ZERO))
    return Peaks(made.largest(forward.largest), made.largest(backward.largest))


class _Moments:
    """Runs a function's statements for what they hold. `largest`: the moments that no other exceeds."""

    def __init__(self, made: Sizes, before: Poly = ZERO) -> None:
        self.made, self.total = made, before
        self.names: Names = {}
        self.largest: list[Poly] = []
        self._meet(ZERO)

    def run(self, function: Function, names: Names) -> None:
        """`names`: those of the sizes that the function makes."""
        self.names = names
        statements = list(statements_in(function.body))
        arrays = {s.buffer.name: _size(s.buffer, self.made, names) for s in statements if isinstance(s, Allocate)}
        counters = {each for s in statements for each in reads(s) if isinstance(each, Counter) and not _moves(each)}
        self.take(sum(arrays.values(), self._counted(counters)))
        for statement in statements:
            own = self._own(statement)
            if own.terms:
                self._meet(own)

    def take(self, size: Poly) -> None:
        """So much more, which stays."""
        self.total = self.total + size
        self._meet(ZERO)

    def _counted(self, counters: Iterable[Counter]) -> Poly:
        return sum((self.entries([counter.extent]) for counter in counters), ZERO) * _BYTES[Kind.INT]

    def _meet(self, own: Poly) -> None:
        moment = self.total + own
        if any(self.made.exceeds(other, moment) for other in reversed(self.largest)):
            return
        self.largest = [other for other in self.largest if not self.made.exceeds(moment, other)]
        self.largest.append(moment)

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
                return ZERO
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


# --- bytes -----------------------------------------------------------------------------------------------
def _size(buffer: Buffer, made: Sizes, names: Names) -> Poly:
    return made.entries(buffer.shape, names) * _BYTES[buffer.kind]


def _held(names: Collection[str], function: Function) -> Iterable[Buffer]:
    """The buffers of those of these tensors that the function took storage for."""
    own = {statement.buffer for statement in statements_in(function.body) if isinstance(statement, Allocate)}
    return dict.fromkeys(buffer for name, buffer in function.tensors if name in names and buffer in own)

"""How long a step will take on a measured machine, told from the statements of its module.

A statement takes what the machine took for one of its kind on as many entries: products by their shapes, operations on
elements by their number, rows that do not run through by theirs. Loops are gone through once and counted as often as
they turn. Beside statements there are views made in loops, checks at the door, and calls.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import prod

from symbackprop.lower import values
from symbackprop.lower.module_values import ModuleIR
from symbackprop.lower.values import Kind, MapOp
from symbackprop.measured.calibrate import HELPED, SLOW
from symbackprop.measured.machine import Machine
from symbackprop.numpy.array import (
    Allocate,
    Array,
    Contract,
    Deviation,
    Fold,
    Function,
    Gather,
    If,
    Let,
    Loop,
    Map,
    Scalar,
    Scatter,
    Statement,
    own_out,
    reads,
    statements_in,
)
from symbackprop.numpy.function import store_module
from symbackprop.numpy.window_strides import by_stride, row_by_row, stride
from symbackprop.numpy.windows import same_window
from symbackprop.terms.build import NIL, integer_condition
from symbackprop.terms.poly import Dim, Index, Poly
from symbackprop.terms.program import GIVEN
from symbackprop.terms.term import Connective, Logic, Reduction, Term, Truth

__all__ = ["Prediction", "predicted"]

_DOOR, _ARGUMENT, _KEPT, _ARRAY = 40, 7, 10, 1  # Python calls: of a function, for an argument, of the cache, an array
_CHEAP, _DIVIDES = "add", "divide"
_BYTES = {Kind.FLOAT: 4, Kind.INT: 8, Kind.BOOL: 1}
_COMPARES = (MapOp.GREATER, MapOp.GREATER_EQUAL, MapOp.EQUAL, MapOp.NOT_EQUAL, MapOp.AND, MapOp.OR, MapOp.NOT)
_OWN = (*SLOW, *HELPED, MapOp.EXP_NORMALIZED.value)  # operations that are measured by themselves


@dataclass(frozen=True, slots=True)
class Prediction:
    """Seconds of each function; a step is both."""

    forward: float
    backward: float

    @property
    def step(self) -> float:
        """Loss and gradients."""
        return self.forward + self.backward

    def __str__(self) -> str:
        rows = {"forward": self.forward, "backward": self.backward, "step": self.step}
        return "predicted on this machine: " + ", ".join(f"{name} {told(s)}" for name, s in rows.items())


def told(seconds: float) -> str:
    """As people write a time."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds * 1e9:.3g} ns"


def predicted(module: ModuleIR[values.Function], sizes: Mapping[str, int], machine: Machine) -> Prediction:
    """The prediction for the module at all sizes of its program, in float32, with a workspace that has been used."""
    stored = store_module(module)
    call, clock = machine.costs["call"], _Clock(machine, sizes)
    given = len(stored.program.of_kind(*GIVEN))
    for _ in range(2):  # the first step finds nothing in the caches
        forward = call * (_DOOR + _ARGUMENT * given) + sum(map(clock.function, stored.differentiating[:-1]))
        backward = call * (_KEPT + _ARRAY * len(stored.cached)) + clock.function(stored.backward)
    return Prediction(forward, backward)


class _Clock:
    """Goes through the statements of functions at sizes, one after the other. `looped`: the variables of the loops
    around; `moved`: the bytes of what moves in them; `total`: bytes used so far; `last`: where in them arrays were."""

    def __init__(self, machine: Machine, sizes: Mapping[str, int]) -> None:
        self.machine = machine
        self.sizes: dict[Dim | Index, int] = {Dim(name): size for name, size in sizes.items()}
        self.looped: frozenset[Index] = frozenset()
        self.moved, self.total = 0, 0
        self.last: dict[object, int] = {}

    def function(self, function: Function) -> float:
        arrays = sum(isinstance(statement, Allocate) for statement in function.body)
        return self.body(function.body) + self.machine.costs["call"] * _ARRAY * arrays

    def body(self, body: Iterable[Statement]) -> float:
        """Seconds; `errstate` is entered once for quiet statements that follow each other."""
        total, quiet = 0.0, False
        for statement in body:
            wants = bool(getattr(statement, "quiet", False))
            total += self.machine.costs["errstate"] if wants and not quiet else 0.0
            quiet = wants
            total += self.statement(statement)
        return total

    def statement(self, statement: Statement) -> float:
        match statement:
            case Let(name, poly):
                self.sizes[Dim(name)] = max(0, self.number(poly))
                return 0.0
            case Allocate(buffer, fill):
                return 0.0 if fill is None else self.kind("fill", self.count(buffer.shape))
            case Loop(variable, low, high, _, body):
                return self.loop(variable, self.number(low), self.number(high), body)
            case If(condition, then, otherwise):
                holds = self.holds(condition)
                return (
                    max(map(self.body, (then, otherwise))) if holds is None else self.body(then if holds else otherwise)
                )
            case Map() | Contract() | Fold() | Deviation() | Gather() | Scatter():
                used = [array for array in (*reads(statement), own_out(statement)) if isinstance(array, Array)]
                return self.computed(statement) + self.views(used) + self.fetched(used)
            case _:
                return 0.0

    def computed(self, statement: Statement) -> float:
        """Seconds of the statement where caches hold all of its arrays."""
        match statement:
            case Map():
                return self.map(statement)
            case Contract():
                return self.contract(statement)
            case Fold():
                return self.fold(statement)
            case Gather(out, _, _, index):
                rows, entries = self.count(index.extents), self.count(out.extents)
                return self.kind("take", entries) + rows * self.machine.costs["row"]
            case Deviation():
                return self.deviation(statement)
            case Scatter(out, rows, index, _, unique):
                entries = self.count(index.extents) * self.count(out.shape[rows:])
                if unique:
                    return 2 * self.kind("take", entries) + self.kind("add", entries)
                return self.kind("scatter", entries)
            case _:
                return 0.0

    def loop(self, variable: Index, low: int, high: int, body: Sequence[Statement]) -> float:
        """One turn in the middle, as often as there are turns."""
        turns = high - low + 1
        if turns <= 0:
            return 0.0
        outer, moved, before = self.looped, self.moved, self.total
        self.looped = self.looped | {variable}
        self.sizes[variable] = (low + high) // 2
        self.moved = max(moved, self.moving(body))
        once = self.body(body)
        self.total += (turns - 1) * (self.total - before)
        self.looped, self.moved = outer, moved
        return turns * (once + self.machine.costs["call"] / 2)

    def moving(self, body: Sequence[Statement]) -> int:
        """The bytes of all arrays of which each turn uses other parts."""
        used = (array for inner in statements_in(body) for array in (*reads(inner), own_out(inner)))
        buffers = {array.buffer for array in used if isinstance(array, Array) and self.moves(array)}
        return sum(_BYTES[buffer.kind] * self.count(buffer.shape) for buffer in buffers)

    # --- arrays ------------------------------------------------------------------------------------
    def fetched(self, used: Sequence[Array]) -> float:
        """Seconds that arrays take which no cache holds any more: by what has been used since they were."""
        sizes = {array: _BYTES[array.kind] * self.count(array.extents) for array in used}
        seconds = 0.0
        for array, size in sizes.items():
            between = max(self.total - self.last.get(self.place(array), 0), self.moved if self.moves(array) else 0)
            seconds += size * self.machine.cold(between + sum(sizes.values()))
        self.total += sum(sizes.values())
        self.last |= {self.place(array): self.total for array in sizes}
        return seconds

    def place(self, array: Array) -> object:
        """What is told apart: buffers, and their parts in loops."""
        return (array.buffer.name, array.subscripts, self.looped) if self.moves(array) else array.buffer.name

    def views(self, used: Sequence[Array]) -> float:
        """Those that are made anew in each turn of a loop."""
        return len({array for array in used if self.moves(array)}) * self.machine.costs["view"]

    def moves(self, array: Array) -> bool:
        """Whether it is another part of its buffer in each turn of a loop."""
        return any(not self.looped.isdisjoint(subscript.indices()) for subscript in array.subscripts)

    # --- statements --------------------------------------------------------------------------------
    def map(self, statement: Map) -> float:
        op, out, args = statement.op, statement.out, statement.args
        entries = self.count(out.extents)
        arrays = [arg for arg in args if isinstance(arg, Array)]
        if op is MapOp.COPY:
            return self.copy(out, arrays, entries)
        if op is MapOp.SELECT:
            masked = args[2] == Scalar(NIL) and isinstance(args[0], Array)
            runs = isinstance(args[0], Array) and len(args[0].axes) < len(out.axes)
            total = self.kind("masked" if masked else "select runs" if runs else "select", entries)
            copied = masked or same_window(args[2], out)
            return total if copied else total + self.kind("copy", entries)
        total = self.kind(self.kind_of(op), entries)
        return total if op is MapOp.EXP_NORMALIZED else total + self.rows([out, *arrays], entries)

    @staticmethod
    def kind_of(op: MapOp) -> str:
        if op.value in _OWN:
            return op.value
        if op in (MapOp.DIVIDE, MapOp.SQRT, MapOp.FLOOR_DIVIDE):
            return _DIVIDES
        return "compare" if op in _COMPARES else _CHEAP

    def copy(self, out: Array, arrays: Sequence[Array], entries: int) -> float:
        if not arrays:
            return self.kind("fill", entries)
        return self.kind("copy", entries) + self.rows([out, *arrays], entries)

    def rows(self, arrays: Sequence[Array], entries: int) -> float:
        """What the rows add in which the inner loop runs: as long as all arrays run through."""
        out, run = arrays[0], 1
        order = [axis for axis in by_stride(out, out.axes) if self.number(out.extent(axis)) > 1]
        for place in range(len(order) - 1, -1, -1):
            axis = order[place]
            if place < len(order) - 1 and not all(self.merges(array, axis, order[place + 1]) for array in arrays):
                break
            run *= self.number(out.extent(axis))
        if order and any(self.stride(array, order[-1]) not in (0, 1) for array in arrays):
            strided = self.kind("transposed", entries) - self.kind("copy", entries)
            return max(0.0, strided)
        return (entries / run - 1) * self.machine.costs["row"] if run else 0.0

    def contract(self, s: Contract) -> float:
        batch, m, k, n = (self.extent_of(s, axes) for axes in (s.batch, s.rows, s.inner, s.columns))
        if s.batch and not s.rows and not s.columns:
            return self.kind("inner products", batch * k)
        one = self.machine.product(m, k, n)
        if not s.batch:
            return one
        base, costs = self.machine.product(1, 1, 1), self.machine.costs
        slower = max(1.0, costs["head"] / self.machine.product(64, 32, 64))
        return base + batch * (max(0.0, one - base) * slower + costs["matrix"] / 2)

    def deviation(self, s: Deviation) -> float:
        """A product, and what makes squares or differences of it."""
        rows, columns = (self.count(map(s.out.extent, axes)) for axes in (s.rows, s.columns))
        inner = self.count(map(s.left.extent, s.inner))
        return self.machine.product(rows, inner, columns) + 3 * self.kind("add", rows * columns)

    def fold(self, s: Fold) -> float:
        entries, kept = self.count(s.source.extents), self.count(s.out.extents)
        folded = [axis for axis in s.source.axes if axis not in s.out.axes]
        if s.reduction is Reduction.SUM and row_by_row(s.source, by_stride(s.source, folded)):
            return self.kind("sum of rows", entries)
        last = self.innermost(s.source)
        if last not in folded:
            return self.kind("sum of first", entries)
        largest = s.reduction in (Reduction.MAX, Reduction.MIN)
        total = self.kind("largest of last" if largest else "sum of last", entries)
        measured = max(1.0, entries / (16 if entries <= 1024 else 256))  # rows that are in this already
        row = self.machine.costs["row of a maximum" if largest else "row of a sum"]
        return total + max(0.0, kept - measured) * row

    # --- numbers -----------------------------------------------------------------------------------
    def kind(self, kind: str, entries: int) -> float:
        return self.machine.hot(kind, max(1, entries))

    def number(self, poly: Poly) -> int:
        return int(poly.evaluate(lambda atom: self.sizes.get(atom, 0)))

    def holds(self, condition: Term) -> bool | None:
        """Whether the condition on sizes does; None where that is not told."""
        if isinstance(condition, Truth):
            return condition.value
        if isinstance(condition, Logic) and condition.connective is Connective.AND:
            found = [self.holds(part) for part in condition.args]
            return False if False in found else None if None in found else True
        integer = integer_condition(condition)
        return None if integer is None else bool(integer[0].holds(self.number(integer[1]), 0))

    def count(self, extents: Iterable[Poly]) -> int:
        return prod(max(0, self.number(extent)) for extent in extents)

    def extent_of(self, s: Contract, axes: Iterable[Index]) -> int:
        return prod(
            max(1, self.number(next(a for a in (s.left, s.right) if axis in a.axes).extent(axis))) for axis in axes
        )

    def stride(self, array: Array, axis: Index | None) -> int:
        return 0 if axis is None or axis not in array.axes else self.number(stride(array, axis))

    def innermost(self, array: Array) -> Index | None:
        order = [axis for axis in by_stride(array, array.axes) if self.number(array.extent(axis)) > 1]
        return order[-1] if order else None

    def merges(self, array: Array, outer: Index, inner: Index) -> bool:
        """Whether the two axes are one, in memory, for this array."""
        if outer not in array.axes and inner not in array.axes:
            return True
        length = self.number(array.extent(inner)) if inner in array.axes else 0
        return self.stride(array, outer) == self.stride(array, inner) * length and length > 0

"""Measures the machine: each kind of statement that modules are made of, on few entries and on many."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from itertools import product
from time import perf_counter_ns
from typing import Any

import numpy as np

from symbackprop.lower.values import MapOp
from symbackprop.measured.clocked import Clock
from symbackprop.measured.machine import Curve, Machine
from symbackprop.numpy.helpers import Helper
from symbackprop.resources import templates

__all__ = ["HELPED", "KINDS", "SLOW", "calibrated"]

SIDES = (1, 4, 16, 64, 256, 1024)
ENTRIES = (16, 1024, 16_384, 131_072, 1_048_576, 4_194_304)
_SLOW_ENTRIES = (16, 16_384)  # arithmetic is all that these do
_SWEEPS, _BATCH = 5, 2  # over all that is measured, and repetitions at each place
_LEAST, _MOST = 50_000, 2_000  # nanoseconds, and calls, of one repetition
SLOW = tuple(op.value for op in MapOp if hasattr(np, op.value) and op.value not in (
    "copy", "add", "subtract", "multiply", "divide", "floor_divide", "square", "sqrt", "abs", "sign", "floor", "ceil",
    "maximum", "minimum", "greater", "greater_equal", "equal", "not_equal", "logical_and", "logical_or", "logical_not",
    "select",
))  # fmt: skip

Call = Callable[[], Any]
Array = np.ndarray[Any, Any]


def calibrated(clock: Clock = perf_counter_ns, largest: int = ENTRIES[-1], side: int = SIDES[-1]) -> Machine:
    """The machine, measured in some seconds: the best of several sweeps over all that is measured, since what else runs
    on a machine comes and goes. `largest`, `side`: of the arrays and matrices that are tried."""
    sides = tuple(each for each in SIDES if each <= side)
    entries = tuple(each for each in ENTRIES if each <= largest)
    found = _swept(sides, entries, clock)
    for _ in range(_SWEEPS - 1):
        found = _best(found, _swept(sides, entries, clock))
    return settled(found)


def settled(machine: Machine) -> Machine:
    """What was disturbed mended: less of the same takes no longer than more of it."""
    curves = {
        kind: tuple((count, min(seconds for _, seconds in curve[place:])) for place, (count, _) in enumerate(curve))
        for kind, curve in machine.curves.items()
    }
    count = len(machine.sides)
    grid = np.array(machine.products).reshape(count, count, count)
    for axis in range(3):
        grid = np.flip(np.minimum.accumulate(np.flip(grid, axis), axis=axis), axis)
    return Machine(machine.sides, tuple(map(float, grid.ravel())), curves, machine.costs)


def _swept(sides: tuple[int, ...], entries: tuple[int, ...], clock: Clock) -> Machine:
    with np.errstate(all="ignore"):
        curves = {kind: _curve(make, entries, clock) for kind, make in KINDS.items()}
        curves |= {op: _curve(_unary(op), _SLOW_ENTRIES, clock) for op in SLOW}
        curves |= {op: _curve(_helped(helper), _SLOW_ENTRIES, clock) for op, helper in HELPED.items()}
        return Machine(sides, tuple(_products(sides, clock)), curves, dict(_costs(clock)))


def _best(one: Machine, other: Machine) -> Machine:
    """The lesser of both measurements, each by itself."""
    curves = {kind: tuple(map(min, curve, other.curves[kind])) for kind, curve in one.curves.items()}
    costs = {name: min(cost, other.costs[name]) for name, cost in one.costs.items()}
    return Machine(one.sides, tuple(map(min, one.products, other.products)), curves, costs)


def seconds(call: Call, clock: Clock) -> float:
    """Of a call: the least of a few repetitions, as others on the machine only add to it."""
    begin = clock()
    call()
    once = max(1, clock() - begin)
    times = min(_MOST, max(1, _LEAST // once))
    best = float("inf")
    for _ in range(_BATCH):
        begin = clock()
        for _ in range(times):
            call()
        best = min(best, (clock() - begin) / times)
    return max(best, 0.1) * 1e-9


def _curve(make: Callable[[int], Call], entries: tuple[int, ...], clock: Clock) -> Curve:
    return tuple((count, seconds(make(count), clock)) for count in entries)


def _products(sides: tuple[int, ...], clock: Clock) -> Iterator[float]:
    for m, k, n in product(sides, repeat=3):
        yield seconds(_dot(m, k, n), clock)


def _dot(m: int, k: int, n: int) -> Call:
    left, right, out = _filled(m, k), _filled(k, n), _filled(m, n)
    return lambda: np.dot(left, right, out=out)


# --- kinds of statements -------------------------------------------------------------------------------
def _filled(*shape: int) -> Array:
    """Numbers between 0 and 1, none of them an easy one."""
    count = int(np.prod(shape))
    return np.resize(np.linspace(0.1, 0.9, 1009, dtype=np.float32), count).reshape(shape)


def _mask(count: int) -> Array:
    """True at no pattern that a processor could learn."""
    return np.random.default_rng(0).random(count) < 0.5


def _rows(count: int) -> tuple[int, int]:
    """Rows and columns of about so many entries, as activations have them."""
    columns = 16 if count <= 1024 else 256
    return max(1, count // columns), columns


def _add(count: int) -> Call:
    x, y, out = _filled(count), _filled(count), _filled(count)
    return lambda: np.add(x, y, out=out)


def _copy(count: int) -> Call:
    x, out = _filled(count), _filled(count)
    return lambda: np.copyto(out, x)


def _fill(count: int) -> Call:
    out = _filled(count)
    return lambda: out.fill(0)


def _divide(count: int) -> Call:
    x, y, out = _filled(count), _filled(count), _filled(count)
    return lambda: np.divide(x, y, out=out)


def _compare(count: int) -> Call:
    x, y, out = _filled(count), _filled(count), _mask(count)
    return lambda: np.greater(x, y, out=out)


def _select(count: int) -> Call:
    x, mask, out = _filled(count), _mask(count), _filled(count)
    return lambda: np.copyto(out, x, where=mask)


def _select_runs(count: int) -> Call:
    """As behind a mask that positions alone decide on: a causal one."""
    rows, columns = _rows(count)
    mask = np.arange(columns) > (np.arange(rows)[:, None] % columns)
    out = _filled(rows, columns)
    return lambda: np.copyto(out, 1, where=mask)


def _masked(count: int) -> Call:
    x, mask, out = _filled(count), _mask(count), _filled(count)
    return lambda: np.multiply(x.view(np.int32), mask, out=out.view(np.int32))


def _transposed(count: int) -> Call:
    rows, columns = _rows(count)
    x, out = _filled(columns, rows).T, _filled(rows, columns)
    return lambda: np.copyto(out, x)


def _last(count: int) -> Call:
    x = _filled(*_rows(count))
    out, ones = _filled(len(x)), _filled(x.shape[1])
    return lambda: np.dot(x, ones, out=out)


def _first(count: int) -> Call:
    x = _filled(*_rows(count))
    out = _filled(x.shape[1])
    return lambda: np.add.reduce(x, axis=0, out=out)


def _largest(count: int) -> Call:
    x = _filled(*_rows(count))
    out = _filled(len(x))
    return lambda: np.maximum.reduce(x, axis=1, out=out, initial=-np.inf)


def _sum_rows(count: int) -> Call:
    x = _filled(*_rows(count))
    ones, out = _filled(len(x)), _filled(x.shape[1])
    return lambda: np.dot(ones, x, out=out)


def _inner(count: int) -> Call:
    x, y = _filled(*_rows(count)), _filled(*_rows(count))
    out = _filled(len(x))
    return lambda: np.einsum("ij,ij->i", x, y, out=out)


def _take(count: int) -> Call:
    x, out = _filled(*_rows(count)), _filled(*_rows(count))
    index = np.random.default_rng(0).integers(0, len(x), len(x))
    return lambda: np.take(x, index, axis=0, out=out, mode="clip")


@cache
def _helpers() -> dict[str, Any]:
    """The functions that modules have to call, by their names; their templates have no holes."""
    names: dict[str, Any] = {"np": np}
    for helper in Helper:
        text = (templates() / "numpy" / "helpers" / f"{helper.value}.py.j2").read_text(encoding="utf-8")
        exec(compile(text, helper.value, "exec"), names)
    return names


def _scatter(count: int) -> Call:
    """Rows of an embedding."""
    shape = max(1, count // 64), 64
    x, out, scatter = _filled(*shape), _filled(*shape), _helpers()[Helper.SCATTER_ADD.value]
    index = np.random.default_rng(0).integers(0, len(x), len(x))
    return lambda: scatter(out, index, x, lambda name, shape, dtype: np.empty(shape, dtype))


def _normalized(count: int) -> Call:
    x, out, function = _filled(*_rows(count)), _filled(*_rows(count)), _helpers()[Helper.EXP_NORMALIZED.value]
    most = x.max(axis=1)[:, None]
    return lambda: function(x, most, out)


def _helped(helper: Helper) -> Callable[[int], Call]:
    function = _helpers()[helper.value]

    def make(count: int) -> Call:
        x = np.where(_mask(count), _filled(count), -_filled(count))
        out = np.empty_like(x)
        return lambda: function(x, out)

    return make


def _unary(op: str) -> Callable[[int], Call]:
    function: np.ufunc = getattr(np, op)

    def make(count: int) -> Call:
        args, out = [_filled(count) for _ in range(function.nin)], _filled(count)
        if function is np.logaddexp:  # which asks for the larger
            args[0] = np.where(_mask(count), args[0], 1 - args[0])
        return lambda: function(*args, out=out)

    return make


KINDS: dict[str, Callable[[int], Call]] = {
    "add": _add, "copy": _copy, "fill": _fill, "divide": _divide, "compare": _compare, "select": _select,
    "select runs": _select_runs, "masked": _masked, "transposed": _transposed,
    "sum of last": _last, "sum of first": _first, "largest of last": _largest, "sum of rows": _sum_rows,
    "inner products": _inner, "take": _take, "scatter": _scatter, MapOp.EXP_NORMALIZED.value: _normalized,
}  # fmt: skip
HELPED = {MapOp.ERF.value: Helper.ERF, MapOp.SIGMOID.value: Helper.SIGMOID, MapOp.LOG_SIGMOID.value: Helper.LOG_SIGMOID,
          MapOp.LOG_COSH.value: Helper.LOG_COSH, MapOp.SOFTPLUS.value: Helper.SOFTPLUS}  # fmt: skip


# --- what has one price --------------------------------------------------------------------------------
def _costs(clock: Clock) -> Iterator[tuple[str, float]]:
    """A view, a row of an operation that does not run through (its inner loop begins anew), a row of a sum or
    a maximum, one small matrix of a stack, one of heads, a Python call, `errstate`."""
    rows = 4096
    x, column, out = _filled(rows, 4), _filled(rows, 1), _filled(rows, 4)
    whole = seconds(_add(4 * rows), clock)
    yield "view", seconds(lambda: x[7], clock)
    yield "row", max(1e-10, (seconds(lambda: np.add(x, column, out=out), clock) - whole) / rows)
    folded, ones = _filled(rows), _filled(4)
    through = seconds(_last(4 * rows), clock)
    yield "row of a sum", max(1e-10, (seconds(lambda: np.dot(x, ones, out=folded), clock) - through) / rows)
    through, largest = seconds(_largest(4 * rows), clock), _filled(rows)
    several = seconds(lambda: np.maximum.reduce(x, axis=1, out=largest, initial=-np.inf), clock)
    yield "row of a maximum", max(1e-10, (several - through) / rows)
    stack, other, result = _filled(512, 4, 4), _filled(512, 4, 4), _filled(512, 4, 4)
    yield "matrix", seconds(lambda: np.matmul(stack, other, out=result), clock) / 512
    yield "head", seconds(_heads(), clock) / 16
    yield "call", seconds(_nothing, clock)
    yield "errstate", seconds(_quiet, clock)


def _heads() -> Call:
    """A stack of 64 × 32 by 32 × 64, each a part of longer rows, as heads of attention are."""
    left, right = (_filled(4, 64, 4, 32).transpose(0, 2, 1, 3) for _ in range(2))
    out = _filled(4, 4, 64, 64)
    return lambda: np.matmul(left, right.swapaxes(2, 3), out=out)


def _nothing(*args: Any, **named: Any) -> dict[str, Any]:
    return {**named}


def _quiet() -> None:
    with np.errstate(all="ignore"):
        pass

"""Audited statements over strides, lengths and dtypes: the same storage every way it can lie, the same numbers."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import product
from math import prod

import numpy as np

from symbackprop.lower.values import Kind, MapOp
from symbackprop.numpy.array import (
    Array,
    Contract,
    Deviation,
    Fold,
    Gather,
    Map,
    Operand,
    Scalar,
    Scatter,
    Statement,
    reads,
)
from symbackprop.numpy.array import Counter as Counting
from symbackprop.numpy.window_strides import windowed
from symbackprop.terms.term import Number

from . import oracles
from .forms import (
    SAMPLED,
    Case,
    folds_along_one_axis,
    maps_along_one_axis,
    products_by_blocks,
    steps_of_recurrences,
    tables_of_powers,
)
from .windows import EXTENTS, free_sizes, places
from .written import Written, arrays_of, buffers_of, sizes_of, write

DTYPES = tuple(np.dtype(t) for t in (np.float32, np.float64, np.float16, np.longdouble))
_MOST = 4000  # elements of a buffer at sizes that are drawn
FIRST = DTYPES[:2]  # what people use, and all that fits into a vector register


@dataclass(frozen=True, slots=True)
class Grid:
    """How much is run.

    A systematic case meets the pairs of `steps`, each at `each` of the `lengths`, which take turns; the dtypes after
    the first two meet them at `few` (lengths, steps). With `share` above 1 a case meets only so small a part of the
    pairs, the next case the next part. `samples`: statements of each kind that are drawn at random; `draws`: sizes at
    which each of them is run.
    """

    lengths: tuple[int, ...]
    steps: tuple[int, ...]
    each: int
    few: tuple[tuple[int, ...], tuple[int, ...]]
    samples: int
    draws: int
    share: int = 1


QUICK = Grid((4, 17), (1, 3, 4, 8), 2, ((5,), (1, 4)), 80, 4, share=5)
FULL = Grid(tuple(range(1, 41)), tuple(range(1, 17)), 2, ((1, 3, 8, 17, 33), (1, 2, 4, 8)), 1500, 6, share=6)


@dataclass(slots=True)
class Tally:
    """Runs and wrong runs by call form, and the first wrong one of each in words."""

    runs: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)

    def add(self, written: Written, runs: int, wrong: list[str]) -> None:
        for form in written.forms:
            self.runs[form] += runs
            if wrong:
                self.wrong[form] += len(wrong)
                self.examples.setdefault(form, f"{wrong[0]}\n{written.text}")


def audit(grid: Grid, seed: int = 0) -> Tally:
    """Every statement of `forms` at the sizes of the grid."""
    tally, rng = Tally(), random.Random(seed)
    with np.errstate(all="ignore"):
        for turn, case in enumerate(systematic_cases()):
            _try(case, _systematic(case, grid, turn), tally)
        for make in SAMPLED:
            for _ in range(grid.samples):
                case = make(rng)
                _try(case, _drawn(case, grid.draws, rng), tally)
    return tally


def _try(case: Case, trials: Iterable[tuple[np.dtype, dict[str, int], list[dict[str, int]]]], tally: Tally) -> None:
    written = write(case.statement)
    runs, wrong = 0, []
    for dtype, lengths, all_steps in trials:
        trial = Trial(case, written, dtype, lengths)
        found = [trial.at(steps) for steps in all_steps]
        runs += len(found)
        wrong += [text for text in found if text is not None]
    tally.add(written, runs, wrong)


def systematic_cases() -> Iterator[Case]:
    yield from maps_along_one_axis()
    yield from tables_of_powers()
    yield from folds_along_one_axis()
    yield from steps_of_recurrences()
    yield from products_by_blocks()


# --- sizes ---------------------------------------------------------------------------------------------
Sizes = dict[str, int]


def _systematic(case: Case, grid: Grid, turn: int) -> Iterator[tuple[np.dtype, Sizes, list[Sizes]]]:
    """(dtype, lengths, the pairs of steps whose turn it is at those lengths)"""
    names = _free(case.statement)
    lengths = [size for size in EXTENTS.values() if size in sizes_of(case.statement) or size == "n"]
    for dtype in DTYPES if _has_floats(case.statement) else FIRST[:1]:
        of_length, of_step = (grid.lengths, grid.steps) if dtype in FIRST else grid.few
        each = grid.each if dtype in FIRST else len(of_length)
        all_steps = list(_steps(names, of_step, case.least))
        if len(all_steps) >= grid.share:
            all_steps = all_steps[turn % grid.share :: grid.share]
        for place, length in enumerate(of_length):
            here = [s for pair, s in enumerate(all_steps) if (place - turn - each * pair) % len(of_length) < each]
            # the second axis, where there is one, is as long as the first is not
            sizes = dict(zip(lengths, (length, 1 + (7 * length) % 11, 3), strict=False))
            if here:
                yield dtype, sizes, here


def _steps(names: list[str], choices: tuple[int, ...], least: int) -> Iterator[Sizes]:
    """Every pair of steps for two windows; further ones follow the first two."""
    for first, second in product(choices if names else (1,), choices if len(names) > 1 else (1,)):
        steps = (first, second, first, second + 1, 1)
        yield {name: max(least, step) for name, step in zip(names, steps, strict=False)}


def _drawn(case: Case, count: int, rng: random.Random) -> Iterator[tuple[np.dtype, Sizes, list[Sizes]]]:
    names = _free(case.statement)
    for _ in range(count):
        sizes = {size: rng.choice((1, 2, 3, 4, 5, 8, 9, 16, 17)) for size in EXTENTS.values()}
        if rng.random() < 0.2:
            sizes[rng.choice(list(EXTENTS.values()))] = rng.choice((1, 31, 33, 40, 129, 300))  # blocks are of 128 rows
        steps = {name: rng.choice((1, 1, 2, 3, 4, 5, 8, 16)) for name in names}
        sizes |= steps | {"s_0": rng.randint(1, 9), "s_1": rng.randint(1, 4)}
        while True:
            if isinstance(case.statement, Scatter) and case.statement.unique:
                sizes["s_0"] = prod(sizes[EXTENTS[axis.name]] for axis in case.statement.index.axes)
            if _elements(case.statement, sizes) <= _MOST:
                break
            largest = max((size for size in sizes if size != "s_0"), key=sizes.__getitem__)
            sizes[largest] = max(1, sizes[largest] // 2)
        yield rng.choice((*FIRST, *FIRST, *DTYPES)), sizes, [{}]


def _elements(statement: Statement, sizes: dict[str, int]) -> int:
    """Of the largest buffer or window."""
    shapes = [b.shape for b in buffers_of(statement)] + [array.extents for array in arrays_of(statement)]
    return max(prod(size.evaluate(lambda dim: sizes[dim.name]) for size in shape) for shape in shapes)


def _free(statement: Statement) -> list[str]:
    return list(dict.fromkeys(name for array in arrays_of(statement) for name in free_sizes(array)))


def _has_floats(statement: Statement) -> bool:
    return any(array.kind is Kind.FLOAT for array in arrays_of(statement))


# --- one run -------------------------------------------------------------------------------------------
class Trial:
    """One statement, dtype and set of lengths: the numbers that it reads and what it should give, at any steps."""

    def __init__(self, case: Case, written: Written, dtype: np.dtype, lengths: Sizes) -> None:
        self.case, self.written, self.dtype, self.lengths = case, written, dtype, lengths
        statement = case.statement
        self.inputs = list(dict.fromkeys(read for read in reads(statement) if isinstance(read, Array)))
        self.arrays = list(dict.fromkeys([*self.inputs, case.out]))
        # what a window reads that overlaps itself is known once it is placed, and rows change with the steps
        self.varying = any(map(windowed, self.inputs)) or isinstance(statement, Gather | Scatter)
        self.expected: tuple[np.ndarray, np.ndarray] | None = None

    def at(self, steps: Sizes) -> str | None:
        """None if every element is what it should be and no other was touched; else what is wrong."""
        case, sizes = self.case, self.lengths | steps
        homes: dict[Array, np.ndarray] = {}
        storage = self._storage(sizes, homes)
        out = case.out
        if self.expected is None or self.varying:
            values = {array: storage[array.buffer.name].reshape(-1)[homes[array]] for array in self.inputs}
            self.expected = _expected(case, values, self.dtype, sizes)
        expected, slack = self.expected
        before = storage[out.buffer.name].copy()
        self.written.call(storage, sizes, self.dtype)
        after, flat = storage[out.buffer.name].reshape(-1), homes[out]
        found = after[flat]
        good = _near(found, expected, slack)
        if not good.all():
            place = tuple(int(p) for p in np.argwhere(~good)[0])
            return f"{self.dtype} at {sizes}, element {place}: expected {expected[place]!r}, found {found[place]!r}"
        after[flat] = before.reshape(-1)[flat]
        if not _same(after, before.reshape(-1)):
            return f"{self.dtype} at {sizes}: elements outside of the window were written"
        return None

    def _storage(self, sizes: Sizes, homes: dict[Array, np.ndarray]) -> dict[str, np.ndarray]:
        """Buffers by name, with numbers where windows read; `homes`: where the elements of each window lie."""
        storage: dict[str, np.ndarray] = {}
        for number, array in enumerate(self.arrays):
            shape, flat = places(array, sizes)
            homes[array] = flat
            buffer = storage.get(array.buffer.name)
            if buffer is None:
                buffer = storage[array.buffer.name] = _poison(shape, array.kind, self.dtype)
            if array in self.inputs:
                buffer.reshape(-1)[flat] = _numbers(self.case, array, number, flat.shape, self.dtype, sizes)
        return storage


def _same(a: np.ndarray, b: np.ndarray) -> bool:
    if a.dtype == np.longdouble:  # some of its bytes mean nothing
        return np.array_equal(a, b, equal_nan=True)
    return a.tobytes() == b.tobytes()


def _near(found: np.ndarray, expected: np.ndarray, slack: np.ndarray) -> np.ndarray:
    same = found == expected
    if same.all():
        return same
    near = np.abs(found.astype(oracles.Wide) - expected) <= slack
    return same | near | ((found != found) & (expected != expected))


def _poison(shape: tuple[int, ...], kind: Kind, dtype: np.dtype) -> np.ndarray:
    match kind:
        case Kind.FLOAT:
            return np.full(shape, np.nan, dtype)
        case Kind.INT:
            return np.full(shape, 77, np.intp)
        case Kind.BOOL:
            return (np.arange(int(np.prod(shape))) % 2 == 0).reshape(shape)


@cache
def _pool(kind: Kind, dtype: np.dtype, low: float, high: float) -> np.ndarray:
    rng = np.random.default_rng(5)
    match kind:
        case Kind.FLOAT:
            pool = rng.uniform(low, high, 8192)
            pool[::5] = np.round(pool[::5] * 4) / 4  # so that some are equal
            return np.clip(pool, low, high).astype(dtype)
        case Kind.INT:
            return rng.integers(int(low), int(high) + 1, 8192)
        case Kind.BOOL:
            return rng.random(8192) < 0.5


def _numbers(
    case: Case, array: Array, number: int, shape: tuple[int, ...], dtype: np.dtype, sizes: dict[str, int]
) -> np.ndarray:
    count = int(np.prod(shape, dtype=int))
    statement = case.statement
    if isinstance(statement, Gather | Scatter) and array == statement.index:
        buffer = statement.source if isinstance(statement, Gather) else statement.out
        rows = 1
        for size in buffer.shape[: statement.rows]:
            rows *= size.evaluate(lambda dim: sizes[dim.name])
        if isinstance(statement, Gather) and statement.out.buffer == buffer:
            rows -= rows // sizes["h_c"]  # rows of the steps before
        rng = np.random.default_rng(count)
        if isinstance(statement, Scatter) and statement.unique:
            return rng.permutation(rows)[:count].reshape(shape)
        return rng.integers(0, rows, shape)
    if isinstance(statement, Fold) and statement.reduction.name == "PRODUCT":
        return (1 + _pool(array.kind, dtype, -2.0, 2.0)[:count] / 64).astype(dtype).reshape(shape)
    pool = _pool(array.kind, dtype, *case.domain)
    values = pool[97 * number : 97 * number + count].reshape(shape)
    if isinstance(statement, Map) and statement.op is MapOp.EXP_NORMALIZED and number == 1:
        return np.where(values > 1, np.array(-np.inf, dtype), values)
    return values


# --- what it should be ---------------------------------------------------------------------------------
def _expected(
    case: Case, values: dict[Operand, np.ndarray], dtype: np.dtype, sizes: dict[str, int]
) -> tuple[np.ndarray, np.ndarray]:
    match case.statement:
        case Map(op, out, args):
            target = np.dtype({Kind.FLOAT: dtype, Kind.INT: np.intp, Kind.BOOL: bool}[out.kind])
            aligned = [_aligned(arg, out, values, dtype, sizes) for arg in args]
            expected, slack = oracles.mapped(op, aligned, target)
            shape = tuple(e.evaluate(lambda dim: sizes[dim.name]) for e in out.extents)
            return np.broadcast_to(expected, shape), np.broadcast_to(slack, shape)
        case Fold(reduction, out, source):
            kept = [source.axes.index(axis) for axis in out.axes]
            gone = [place for place in range(len(source.axes)) if place not in kept]
            array = values[source].transpose(*gone, *kept)
            shape = array.shape[len(gone) :]
            expected, slack = oracles.folded(reduction, np.ascontiguousarray(array).reshape(-1, prod(shape)), dtype)
            return expected.reshape(shape), slack.reshape(shape)
        case Contract(out, left, right, _, inner):
            sides = [_contiguous(values[array], array.axes, (*inner, *out.axes)) for array in (left, right)]
            count = int(np.prod(sides[0].shape[: len(inner)]))
            return oracles.contracted(*(side.reshape(count, *side.shape[len(inner) :]) for side in sides), dtype)
        case Deviation(out, left, right, weight, inner):
            sides = [_contiguous(values[array], array.axes, (*inner, *out.axes)) for array in (left, right)]
            weights = [] if weight is None else [_contiguous(values[weight], weight.axes, (*inner, *out.axes))]
            count = int(np.prod(sides[0].shape[: len(inner)]))
            flat = [side.reshape(-1, *side.shape[len(inner) :]) for side in (*sides, *weights)]
            return oracles.deviating(*flat, count=count, dtype=dtype)
        case Gather(out, source, rows, index):
            whole_source = next(v for a, v in values.items() if isinstance(a, Array) and a.whole and a.buffer == source)
            flat = whole_source.reshape(-1, *whole_source.shape[rows:])
            expected = np.array([flat[int(i)] for i in values[index].reshape(-1)], whole_source.dtype)
            expected = expected.reshape(*values[index].shape, *whole_source.shape[rows:])
            return expected, np.zeros(expected.shape)
        case Scatter(_, rows, index, source):
            start = values[case.out]
            rest = start.shape[rows:]
            width = int(np.prod(rest))
            expected, slack = oracles.scattered(
                start.reshape(-1, width), values[index].reshape(-1), values[source].reshape(-1, width), dtype
            )
            return expected.reshape(start.shape), slack.reshape(start.shape)
        case _:
            raise TypeError(f"not audited: {case.statement}")


def _aligned(
    operand: Operand, out: Array, values: dict[Operand, np.ndarray], dtype: np.dtype, sizes: dict[str, int]
) -> np.ndarray:
    match operand:
        case Array():
            return _contiguous(values[operand], operand.axes, out.axes)
        case Scalar(Number(value)):
            if out.kind is Kind.INT:
                return np.array(int(value))
            return np.array(value.numerator, dtype) / np.array(value.denominator, dtype)
        case Counting(axis, extent, start, step):
            count, first, by = (p.evaluate(lambda dim: sizes[dim.name]) for p in (extent, start, step))
            return _contiguous(first + by * np.arange(count), (axis,), out.axes)
        case _:
            raise TypeError(f"not audited: {operand}")


def _contiguous(array: np.ndarray, axes: Iterable[object], order: Iterable[object]) -> np.ndarray:
    """The array along these axes, in new storage, with dimensions in that order; those that it lacks have length 1."""
    axes, order = list(axes), list(order)
    array = np.ascontiguousarray(array.transpose([axes.index(axis) for axis in order if axis in axes]))
    lengths = iter(array.shape)
    return array.reshape([next(lengths) if axis in axes else 1 for axis in order])

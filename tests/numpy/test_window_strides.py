"""Strides, axes that are one in memory, and matrices that BLAS reads, against the addresses of every element."""

from __future__ import annotations

import random
from itertools import pairwise, permutations, product

import pytest

from symbackprop.lower.values import Kind
from symbackprop.numpy.array import Array, Buffer
from symbackprop.numpy.window_strides import (
    buffer_strides,
    by_stride,
    few,
    innermost_run,
    matrix_ready,
    mergeable,
    rows_and_columns,
    stride,
    windowed,
)
from symbackprop.terms.poly import ONE, Dim, Index, Poly

SIZES = {Dim("N"): 5, Dim("D"): 3, Dim("H"): 7}
N, D, H = map(Poly.of, SIZES)
i, j, k = (Index(name) for name in "ijk")
I, J, K = map(Poly.of, (i, j, k))
CUBE = Buffer("c", (N, D, H))
ARRAYS = {
    "as it lies": Array(CUBE, (I, J, K), (i, j, k), (N, D, H)),
    "turned": Array(CUBE, (J, K, I), (i, j, k), (H, N, D)),
    "a slice": Array(CUBE, (I, J + 1, K), (i, j, k), (N, D - 1, H)),
    "steps": Array(CUBE, (I, J, 2 * K), (i, j, k), (N, D, Poly.of(3))),
    "backwards": Array(CUBE, (N - 1 - I, J, K), (i, j, k), (N, D, H)),
    "a diagonal": Array(Buffer("s", (N, N, D)), (I, I, J), (i, j), (N, D)),
    "a window": Array(Buffer("w", (N + H, D)), (I + K, J), (i, j, k), (N, D, H)),
    "flat": Array(Buffer("f", (N * D, H)), (D * I + J, K), (i, j, k), (N, D, H)),
    "a row": Array(CUBE, (Poly.of(2), J, K), (j, k), (D, H)),
}  # fmt: skip


def number(poly: Poly) -> int:
    return int(poly.evaluate(SIZES.__getitem__))


def address(array: Array, place: dict[Index, int]) -> int:
    """Row-major."""
    found = 0
    for subscript, size in zip(array.subscripts, array.buffer.shape, strict=True):
        found = found * number(size) + int(subscript.evaluate(lambda atom: {**SIZES, **place}[atom]))
    return found


def places(array: Array, axes: tuple[Index, ...]) -> list[dict[Index, int]]:
    ranges = [range(number(array.extent(axis))) for axis in axes]
    return [dict(zip(axes, chosen, strict=True)) for chosen in product(*ranges)]


def addresses(array: Array, axes: tuple[Index, ...]) -> list[int]:
    """Along the axes in this order, the others at 0."""
    return [address(array, {**dict.fromkeys(array.axes, 0), **place}) for place in places(array, axes)]


def evenly(found: list[int]) -> bool:
    return len({after - before for before, after in pairwise(found)}) <= 1


@pytest.mark.parametrize("name", ARRAYS)
def test_stride(name: str) -> None:
    array = ARRAYS[name]
    for axis in array.axes:
        zero = dict.fromkeys(array.axes, 0)
        assert number(stride(array, axis)) == address(array, {**zero, axis: 1}) - address(array, zero)


@pytest.mark.parametrize("name", ARRAYS)
def test_mergeable(name: str) -> None:
    array = ARRAYS[name]
    for count in range(1, len(array.axes) + 1):
        for group in permutations(array.axes, count):
            assert mergeable(array, group) == evenly(addresses(array, group))


@pytest.mark.parametrize("name", ARRAYS)
def test_by_stride(name: str) -> None:
    array = ARRAYS[name]
    if name != "a window":  # where two axes have one stride, either comes first
        steps = [abs(number(stride(array, axis))) for axis in by_stride(array, array.axes)]
        assert steps == sorted(steps, reverse=True)
    assert set(by_stride(array, array.axes)) == set(array.axes)


@pytest.mark.parametrize("name", ARRAYS)
def test_matrix_ready(name: str) -> None:
    """One of both groups lies without a gap, and the other's steps are no shorter than it."""
    array = ARRAYS[name]
    for order in permutations(array.axes):
        for cut in range(1, len(order)):
            rows, columns = order[:cut], order[cut:]
            if matrix_ready(array, rows, columns):
                lines = addresses(array, rows), addresses(array, columns)
                assert all(map(evenly, lines))
                (tight, loose), (long, _) = sorted((line[1] - line[0], line) for line in lines), lines
                assert tight[0] == 1
                assert loose[0] >= len(tight[1])
                assert long


def test_windowed() -> None:
    assert [name for name, array in ARRAYS.items() if windowed(array)] == ["a diagonal", "a window", "flat"]


def test_runs() -> None:
    lies = ARRAYS["as it lies"]
    assert innermost_run((lies,), [j, k]) == [j, k]
    assert innermost_run((lies,), [i, k]) == [k]
    assert rows_and_columns((lies,), Array(Buffer("o", (N, H)), (I, K), (i, k), (N, H))) == ([i], [k])
    assert few(lies, [])
    assert not few(lies, [i])
    assert few(ARRAYS["steps"], [k])


def test_buffer_strides() -> None:
    assert buffer_strides(CUBE) == (D * H, H, ONE)
    assert buffer_strides(Buffer("", (), Kind.INT)) == ()


def test_axes_are_told_apart_by_their_order_alone() -> None:
    rng = random.Random(1)
    for array in ARRAYS.values():
        axes = list(array.axes)
        rng.shuffle(axes)
        assert sorted(map(str, by_stride(array, axes))) == sorted(map(str, axes))

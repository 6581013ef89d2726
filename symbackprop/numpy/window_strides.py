"""Strides of windows, worked out over symbolic sizes: what can be one axis, and what a BLAS routine can read.

Buffers are row-major, so the stride of an axis is known as a polynomial: each dimension's stride times the axis's
coefficient in that dimension's subscript, added up. What is remembered is so by the form of a window, whatever its
buffer is called: the layers of a network have the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise

from symbackprop.numpy.array import Array, Buffer
from symbackprop.terms.poly import ONE, ZERO, Index, Poly
from symbackprop.terms.positive import plainly_nonnegative

BLOCK = 128  # rows that are added one after another, in the helpers too


@lru_cache(maxsize=65536)
def sign(poly: Poly) -> int:
    """1 or -1 where the polynomial plainly has that sign for all sizes, else 0."""
    return 1 if plainly_nonnegative(poly - 1) else -1 if plainly_nonnegative(-poly - 1) else 0


def buffer_strides(buffer: Buffer) -> tuple[Poly, ...]:
    """Elements between neighbours along each dimension."""
    return _row_major(buffer.shape)


@lru_cache(maxsize=16384)
def _row_major(shape: tuple[Poly, ...]) -> tuple[Poly, ...]:
    strides: list[Poly] = []
    stride = ONE
    for size in reversed(shape):
        strides.append(stride)
        stride = stride * size
    return tuple(reversed(strides))


def stride(array: Array, axis: Index) -> Poly:
    """Elements between neighbours along an axis of a window."""
    return _stride(array.subscripts, array.buffer.shape, axis)


@lru_cache(maxsize=65536)
def _stride(subscripts: tuple[Poly, ...], shape: tuple[Poly, ...], axis: Index) -> Poly:
    total = ZERO
    for subscript, step in zip(subscripts, _row_major(shape), strict=True):
        coefficient = subscript.coefficient(axis)
        if coefficient.terms:
            total = total + coefficient * step
    return total


def distance(array: Array, axis: Index) -> Poly:
    """Elements between neighbours along an axis, in whichever direction it runs (as far as that can be told)."""
    step = stride(array, axis)
    return -step if sign(step) < 0 else step


def mergeable(array: Array, group: Sequence[Index]) -> bool:
    """Whether the axes, in this order, can be viewed as one without copying."""
    return all(stride(array, outer) == stride(array, inner) * array.extent(inner) for outer, inner in pairwise(group))


def contiguous(array: Array, order: Sequence[Index]) -> bool:
    """Whether the axes, in this order, run through one stretch of memory, element by element."""
    return mergeable(array, order) and (not order or stride(array, order[-1]) == ONE)


def by_stride(array: Array, axes: Sequence[Index]) -> list[Index]:
    """The axes, outermost in memory first (as far as that can be told)."""
    remaining = list(axes)
    out: list[Index] = []
    while remaining:
        inner = next(
            (
                axis
                for axis in reversed(remaining)
                if all(other == axis or _outside(array, other, axis) for other in remaining)
            ),
            remaining[-1],
        )
        remaining.remove(inner)
        out.append(inner)
    return out[::-1]


def _outside(array: Array, one: Index, other: Index) -> bool:
    """Whether the one goes no shorter steps than the other: those of dimensions further out, of which there are none
    where a size between them is 0."""
    if plainly_nonnegative(distance(array, one) - distance(array, other)):
        return True
    along = [[place for place, s in enumerate(array.subscripts) if s.coefficient(axis).terms] for axis in (one, other)]
    if not all(along) or max(along[0]) >= min(along[1]):
        return False
    within = all(array.subscripts[place].coefficient(other) == ONE for place in along[1])
    return within and all(sign(array.subscripts[place].coefficient(one)) for place in along[0])


def row_by_row(array: Array, folded: Sequence[Index]) -> bool:
    """Whether a sum along these axes, outermost first, would add one row after another, and many of them: they are
    one axis, and one that is kept lies within it. Rounding errors would grow as the number of rows."""
    if len(folded) == len(array.axes) or by_stride(array, array.axes)[-1] in folded or not mergeable(array, folded):
        return False
    return not few(array, folded)


def innermost_run(arrays: Sequence[Array], folded: Sequence[Index]) -> list[Index]:
    """Of the axes those innermost in memory that are one axis in every array; all where the others are few anyway."""
    order, run = _innermost(by_stride(arrays[0], folded), arrays)
    return [*order, *run] if few(arrays[0], order) else run


def rows_and_columns(arrays: Sequence[Array], out: Array) -> tuple[list[Index], list[Index]]:
    """The axes of `out` as those around the summed rows, and the innermost ones that are one axis in every array."""
    return _innermost(by_stride(arrays[0], out.axes), (*arrays, out))


def _innermost(order: list[Index], arrays: Sequence[Array]) -> tuple[list[Index], list[Index]]:
    """(the outer axes, the last ones that are one axis in every array)."""
    place = len(order) - 1
    while place > 0 and all(mergeable(array, order[place - 1 : place + 1]) for array in arrays):
        place -= 1
    return order[:place], order[place:]


def few(array: Array, axes: Sequence[Index]) -> bool:
    """Whether the positions along the axes are a number that is no larger than a block of `_sum_rows`."""
    count = ONE
    for axis in axes:
        count = count * array.extent(axis)
    return count.constant is not None and count.constant <= BLOCK


def matrix_ready(array: Array, rows: Sequence[Index], columns: Sequence[Index]) -> bool:
    """Whether the window is a matrix that BLAS reads as it is: one stride 1, the other no shorter than a row."""
    if not (mergeable(array, rows) and mergeable(array, columns)):
        return False
    if not rows or not columns:
        return True
    for inner, outer in ((columns, rows), (rows, columns)):
        if stride(array, inner[-1]) == ONE:
            length = ONE
            for axis in inner:
                length = length * array.extent(axis)
            return plainly_nonnegative(stride(array, outer[-1]) - length)
    return False


def windowed(array: Array) -> bool:
    """Whether some dimension is run along by two axes, or one axis runs along two dimensions."""
    return _windowed(array.subscripts, array.axes)


@lru_cache(maxsize=65536)
def _windowed(subscripts: tuple[Poly, ...], own: tuple[Index, ...]) -> bool:
    seen: set[Index] = set()
    for subscript in subscripts:
        axes = [index for index in subscript.indices() if index in own]
        if len(axes) > 1 or seen & set(axes):
            return True
        seen.update(axes)
    return False

"""Windows of every kind that lowering makes, over symbolic extents and strides, and where their elements lie."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cache

import numpy as np

from symbackprop.lower.values import Kind
from symbackprop.numpy.array import Array, Buffer, Role
from symbackprop.numpy.window_strides import stride
from symbackprop.python_text.scalars import poly_text
from symbackprop.terms.poly import ONE, ZERO, Dim, Index, Poly

EXTENTS = {"i": "n", "j": "m", "k": "q", "l": "r"}  # axis -> the size that it runs over


class Style(Enum):
    """How an axis runs along its dimension."""

    WHOLE = "whole"
    STEP = "step"  # from 1, a step at a time
    BACK = "back"  # the same from the end


@dataclass(frozen=True, slots=True)
class Layout:
    """`axes` in the order of the buffer's dimensions; `column`: one more dimension behind them, of which the window
    shows the last position; `diagonal`: one axis along two dimensions; `merged`: all axes run along one dimension, from
    its position `start`, at a step of 1 each where `dense`."""

    axes: tuple[str, ...]
    styles: tuple[Style, ...]
    column: bool = False
    diagonal: bool = False
    merged: bool = False
    dense: bool = False
    start: int = 0

    @property
    def steps(self) -> tuple[str, ...]:
        """The axes whose step is free, and "c" for the width of the column's dimension."""
        if self.merged:
            return () if self.dense else self.axes
        free = [axis for axis, style in zip(self.axes, self.styles, strict=True) if style is not Style.WHOLE]
        return (*free, *(["c"] if self.column else []))


def plain(*axes: str) -> Layout:
    return Layout(axes, (Style.WHOLE,) * len(axes))


def extent(axis: str) -> Poly:
    return Poly.of(Dim(EXTENTS[axis]))


def window(name: str, layout: Layout, kind: Kind = Kind.FLOAT, order: Sequence[str] | None = None) -> Array:
    """A window of a buffer of that name; its steps are sizes called `<name>_<axis>`. `order`: of its axes."""
    index = {axis: Poly.of(Index(axis)) for axis in layout.axes}
    free = {axis: Poly.of(Dim(f"{name}_{axis}")) for axis in layout.steps}
    shape: list[Poly] = []
    subscripts: list[Poly] = []
    if layout.merged:
        place = reach = Poly.of(layout.start)
        for axis in layout.axes:
            step = free.get(axis, ONE)
            place, reach = place + step * index[axis], reach + step * (extent(axis) - 1)
        shape, subscripts = [reach + 1], [place]
    elif layout.diagonal:
        (axis,) = layout.axes
        shape, subscripts = [extent(axis), extent(axis)], [index[axis], index[axis]]
    else:
        for axis, style in zip(layout.axes, layout.styles, strict=True):
            match style:
                case Style.WHOLE:
                    shape.append(extent(axis))
                    subscripts.append(index[axis])
                case Style.STEP:
                    shape.append(free[axis] * extent(axis) + 2)
                    subscripts.append(free[axis] * index[axis] + 1)
                case Style.BACK:
                    shape.append(free[axis] * extent(axis) + 2)
                    subscripts.append(free[axis] * (extent(axis) - 1 - index[axis]) + 1)
    if layout.column:
        shape.append(free["c"])
        subscripts.append(free["c"] - 1)
    axes = tuple(order or layout.axes)
    buffer = Buffer(name, tuple(shape), kind, Role.TENSOR)
    return Array(buffer, tuple(subscripts), tuple(Index(axis) for axis in axes), tuple(extent(axis) for axis in axes))


Sizes = dict[str, int]


@cache
def _measures(array: Array) -> Callable[[Sizes], tuple[tuple[int, ...], int, tuple[int, ...], tuple[int, ...]]]:
    """(shape of the buffer, first position, strides and extents of the axes), at given sizes."""

    def texts(polys: Sequence[Poly]) -> str:
        return "(" + "".join(f"{poly_text(poly)}, " for poly in polys) + ")"

    first = [s.substitute(dict.fromkeys(array.axes, ZERO)) for s in array.subscripts]
    width, start = Poly.of(1), ZERO
    for place, size in zip(reversed(first), reversed(array.buffer.shape), strict=True):
        start, width = start + place * width, width * size
    strides = [stride(array, axis) for axis in array.axes]
    parts = f"{texts(array.buffer.shape)}, {poly_text(start)}, {texts(strides)}, {texts(array.extents)}"
    code = compile(parts, "<measures>", "eval")
    return lambda sizes: eval(code, {"__builtins__": {}}, sizes)


_RANGE = np.arange(4096)


def places(array: Array, sizes: Sizes) -> tuple[tuple[int, ...], np.ndarray]:
    """(shape of the buffer, the flat position in it of each element of the window)."""
    shape, start, strides, extents = _measures(array)(sizes)
    if len(strides) == 1:
        return shape, start + strides[0] * _RANGE[: extents[0]]
    flat = np.array(start)
    for step, length in zip(strides, extents, strict=True):
        flat = flat[..., None] + step * _RANGE[:length]
    return shape, flat


def free_sizes(array: Array) -> Iterator[str]:
    """The sizes that only the window has: its steps."""
    for poly in (*array.subscripts, *array.buffer.shape):
        for dim in poly.dims():
            if dim.name.startswith(f"{array.buffer.name}_"):
                yield dim.name

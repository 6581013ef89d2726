"""Reads: windows where subscripts are affine, gathers where they are looked up.

A read that may leave its tensor is a window on a frame of zeros that holds every position, with the tensor inside.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from symbackprop.lower.value_subscripts import Pads, framed, pads_of, shifted, whole_axis
from symbackprop.lower.values import Kind, MapOp, Read, Value
from symbackprop.numpy.array import Array, Buffer, Counter, Gather, Operand, Scalar
from symbackprop.numpy.buffers import through
from symbackprop.numpy.definition import Definition
from symbackprop.numpy.window_strides import buffer_strides
from symbackprop.terms.build import NIL, poly_value
from symbackprop.terms.extremes import highest_value
from symbackprop.terms.poly import ZERO, Atom, Index, Poly


def read(ev: Definition, value: Read) -> Array:
    """The elements over the axes of the subscripts."""
    affine = [subscript for subscript in value.subscripts if isinstance(subscript, Poly)]
    bound = ev.builder.bound.get(value.tensor)
    if bound is not None:
        return through(window(ev, Buffer("", bound.extents, bound.kind), affine), bound)
    buffer = ev.builder.buffers[value.tensor]
    if len(affine) < len(value.subscripts):
        rows, index, rest = flat_rows(ev, value.subscripts, buffer)
        out = ev.temporary((*index.axes, *rest), buffer.kind)
        ev.builder.emit(Gather(out, buffer, rows, index))
        return out
    pads = outside(ev, affine, buffer) if value.padded else None
    return window(ev, buffer, affine) if pads is None else _framed(ev, buffer, affine, pads)


def window(ev: Definition, buffer: Buffer, subscripts: Sequence[Poly]) -> Array:
    """The buffer at subscripts that are given over the axes' own ranges."""
    axes: list[Index] = []
    for subscript in subscripts:
        axes += [index for index in ev.axes_of(subscript) if index not in axes]
    return Array(buffer, tuple(map(ev.from_zero, subscripts)), tuple(axes), tuple(ev.extents[axis] for axis in axes))


def outside(ev: Definition, subscripts: Sequence[Poly], buffer: Buffer) -> Pads | None:
    """How far each subscript may lie below 0 and above the last position; None where none does."""
    pads = pads_of(subscripts, buffer.shape, partial(_excess, ev))
    return pads if pads is not None and any(low.terms or high.terms for low, high in pads) else None


def _excess(ev: Definition, poly: Poly) -> Poly:
    """The largest value of the polynomial over the axes, and over all turns of the loops around, so that the frame
    keeps its size; 0 where that is negative."""
    builder = ev.builder
    if ev.facts(ev.axes_of(poly)).proves(-poly):
        return ZERO

    def either(one: Poly, other: Poly) -> Poly:
        return builder.size(other) + builder.size(one)

    largest = highest_value(poly, {**builder.loops, **ev.axes}, builder.facts, either)
    assert largest is not None, poly
    return builder.size(largest)


def _framed(ev: Definition, buffer: Buffer, subscripts: Sequence[Poly], pads: Pads) -> Array:
    """The window on what is read of the buffer inside a frame of zeros: all of it, or in each turn of a loop the rows
    of that turn."""
    fixed = [not ev.axes_of(subscript) and not (low.terms or high.terms)
             for subscript, (low, high) in zip(subscripts, pads, strict=True)]  # fmt: skip
    at = tuple(s for s, here in zip(subscripts, fixed, strict=True) if here)
    around = tuple(pad for pad, here in zip(pads, fixed, strict=True) if not here)

    def make() -> Array:
        found = frame(ev, Buffer("", _without(buffer.shape, fixed), buffer.kind), around)
        target, own = inside(found, Buffer("", _without(buffer.shape, fixed), buffer.kind), around)
        places, axes = iter(at), iter(own.subscripts)
        row = tuple(next(places if here else axes) for here in fixed)
        ev.builder.map(MapOp.COPY, target, Array(buffer, row, own.axes, own.extents))
        return found

    frame_ = ev.builder.once(buffer, (pads, at), make).buffer
    return window(ev, frame_, shifted(_without(subscripts, fixed), around))


def _without(items: Sequence[Poly], fixed: Sequence[bool]) -> tuple[Poly, ...]:
    return tuple(item for item, here in zip(items, fixed, strict=True) if not here)


def frame(ev: Definition, inner: Buffer, pads: Pads) -> Array:
    """Zeros around, and in the place of, a buffer."""
    shape = framed(inner.shape, pads)
    found = ev.builder.temporary([Index(f".{place}") for place in range(len(shape))], shape, inner.kind)
    return ev.builder.map(MapOp.COPY, found, Scalar(NIL))


def inside(frame: Array, inner: Buffer, pads: Pads) -> tuple[Array, Array]:
    """(the window of the frame where the buffer belongs, the buffer)."""
    axes = frame.axes
    own = tuple(map(Poly.of, axes))
    return Array(frame.buffer, tuple(shifted(own, pads)), axes, inner.shape), Array(inner, own, axes, inner.shape)


def flat_rows(
    ev: Definition, subscripts: Sequence[Poly | Value], buffer: Buffer
) -> tuple[int, Array, tuple[Index, ...]]:
    """(number of leading dimensions, index into them taken as one, axes of the remaining whole dimensions).

    Trailing dimensions that a plain index runs along whole, and that nothing else uses, are left as rows.
    """
    rows = len(subscripts)
    rest: list[Index] = []
    while rows:
        axis = whole_axis(rows - 1, subscripts, ev.axes, buffer.shape[rows - 1])
        if axis is None:
            break
        rest.insert(0, axis.index)
        rows -= 1
    return rows, _flat(ev, subscripts[:rows], buffer), tuple(rest)


def _flat(ev: Definition, subscripts: Sequence[Poly | Value], buffer: Buffer) -> Array:
    """The subscripts of the leading dimensions as one, row-major."""
    strides = buffer_strides(Buffer("", buffer.shape[: len(subscripts)]))
    affine = ZERO
    total: Operand | None = None
    for subscript, step in zip(subscripts, strides, strict=True):
        if isinstance(subscript, Poly):
            affine = affine + subscript * step
            continue
        picked = ev.operand(subscript)
        if step != 1:
            picked = _once(ev, MapOp.MULTIPLY, picked, Scalar(poly_value(step)))
        total = picked if total is None else _once(ev, MapOp.ADD, total, picked)
    assert total is not None
    for axis in ev.axes_of(affine):  # one by one, so that another look-up there finds what it shares
        along = affine.coefficient(axis) * Poly.of(axis)
        total, affine = _once(ev, MapOp.ADD, total, ev.position(along)), affine - along
    if affine.terms:
        total = _once(ev, MapOp.ADD, total, ev.position(affine))
    return ev.as_array(total, Kind.INT)


def _once(ev: Definition, op: MapOp, array: Operand, other: Operand) -> Array:
    """The integers op(array, other) of what never changes, made once: integers are data, or made of these."""
    if not isinstance(array, Array):
        return ev.map(op, array, other, kind=Kind.INT)
    axes = ev.ordered((*array.axes, *other.axes))
    numbers = {axis: Index(f"#{place}") for place, axis in enumerate(axes)}
    key = (op, _renamed(array, numbers), _renamed(other, numbers), tuple(ev.extents[axis] for axis in axes))
    made = ev.builder.once(array.buffer, key, lambda: ev.builder.map(op, ev.temporary(axes, Kind.INT), array, other))
    return whole_over(ev, made, axes)


def _renamed(operand: Operand, numbers: dict[Index, Index]) -> Operand:
    """The operand over other axes."""
    match operand:
        case Array(buffer, subscripts, axes, extents):
            names: dict[Atom, Poly] = {old: Poly.of(new) for old, new in numbers.items()}
            window = tuple(subscript.substitute(names) for subscript in subscripts)
            return Array(buffer, window, tuple(numbers[axis] for axis in axes), extents)
        case Counter(axis, extent, start, step):
            return Counter(numbers[axis], extent, start, step)
        case _:
            return operand


def whole_over(ev: Definition, made: Array, axes: Sequence[Index]) -> Array:
    """What was made over other axes of the same extents, over these."""
    return Array(made.buffer, tuple(map(Poly.of, axes)), tuple(axes), tuple(ev.extents[axis] for axis in axes))

"""Reading elements: windows where subscripts are affine, gathers where they are looked up.

A read behind a guard may leave its tensor's range where the guard is false. Then the tensor is copied into a frame
of zeros that holds every position, and the window lies on that; what it shows outside the tensor is 0.
"""

from __future__ import annotations

from collections.abc import Sequence

from symbackprop.lower.array import Array, Buffer, Gather, Kind, MapOp, Operand, Scalar
from symbackprop.lower.evaluator import Evaluator
from symbackprop.lower.integer import as_array, integer_poly
from symbackprop.lower.layout import buffer_strides
from symbackprop.terms.build import NIL, poly_value
from symbackprop.terms.poly import ZERO, Index, Poly
from symbackprop.terms.program import Tensor
from symbackprop.terms.term import Access, Subscript


def read(ev: Evaluator, access: Access) -> Operand:
    """The elements over the axes of the subscripts."""
    tensor, buffer = ev.builder.table[access.tensor], ev.builder.buffers[access.tensor]
    if any(isinstance(subscript, Access) for subscript in access.subscripts):
        return _gather(ev, access, tensor, buffer)
    subscripts = []
    for subscript, origin in zip(access.subscripts, tensor.origin, strict=True):
        assert isinstance(subscript, Poly)
        subscripts.append(subscript - origin)
    pads = outside(ev, subscripts, tensor) if ev.guards else None
    if pads is not None:
        buffer = _frame(ev, tensor, pads)
        subscripts = [subscript + low for subscript, (low, _) in zip(subscripts, pads, strict=True)]
    return window(ev, buffer, subscripts)


def window(ev: Evaluator, buffer: Buffer, subscripts: Sequence[Poly]) -> Array:
    """The buffer at subscripts that are given over the axes' own ranges."""
    axes: list[Index] = []
    for subscript in subscripts:
        axes += [index for index in ev.axes_of(subscript) if index not in axes]
    return Array(buffer, tuple(map(ev.from_zero, subscripts)), tuple(axes), tuple(ev.extents[axis] for axis in axes))


def outside(ev: Evaluator, subscripts: Sequence[Poly], tensor: Tensor) -> tuple[tuple[Poly, Poly], ...] | None:
    """How far each subscript, over all positions of the axes, may lie below 0 and above the last position."""
    pads: list[tuple[Poly, Poly]] = []
    needed = False
    for subscript, size in zip(subscripts, tensor.shape, strict=True):
        facts = ev.facts(ev.axes_of(subscript))  # another axis may be empty, and this one is read all the same
        low = ZERO if facts.proves(subscript) else _excess(ev, -subscript)
        high = ZERO if facts.proves(size - 1 - subscript) else _excess(ev, subscript - size + 1)
        pads.append((low, high))
        needed = needed or bool(low.terms or high.terms)
    return tuple(pads) if needed else None


def _excess(ev: Evaluator, poly: Poly) -> Poly:
    """The largest value of the polynomial over the axes, or 0 where that is negative."""
    largest = poly
    for axis in ev.axes_of(poly):
        coefficient = poly.coefficient(axis)
        ends = ev.axes[axis].low, ev.axes[axis].high
        if ev.builder.facts.proves(coefficient):
            largest = largest - coefficient * Poly.of(axis) + coefficient * ends[1]
        elif ev.builder.facts.proves(-coefficient):
            largest = largest - coefficient * Poly.of(axis) + coefficient * ends[0]
        else:  # a coefficient of unknown sign: no further than both ends together
            spread = ev.builder.size(coefficient * ends[1]) + ev.builder.size(coefficient * ends[0])
            largest = largest - coefficient * Poly.of(axis) + spread
    loops = largest.indices()
    if loops:  # over all turns of the loops around, so that the frame keeps its size
        for index in loops:
            axis_of_loop = ev.builder.loops[index]
            coefficient = largest.coefficient(index)
            end = axis_of_loop.high if ev.builder.facts.proves(coefficient) else axis_of_loop.low
            largest = largest - coefficient * Poly.of(index) + coefficient * end
    return ev.builder.size(largest)


def _frame(ev: Evaluator, tensor: Tensor, pads: tuple[tuple[Poly, Poly], ...]) -> Buffer:
    """The tensor inside a frame of zeros."""
    found = ev.padded.get((tensor.name, pads))
    if found is None:
        inner = ev.builder.buffers[tensor.name]
        shape = [low + size + high for size, (low, high) in zip(inner.shape, pads, strict=True)]
        axes = [Index(f".{place}") for place in range(tensor.rank)]
        found = ev.builder.temporary(axes, shape, inner.kind)
        ev.builder.map(MapOp.COPY, found, Scalar(NIL))
        ev.builder.map(
            MapOp.COPY,
            Array(found.buffer, tuple(Poly.of(a) + low for a, (low, _) in zip(axes, pads, strict=True)), tuple(axes),
                  inner.shape),
            Array(inner, tuple(Poly.of(a) for a in axes), tuple(axes), inner.shape),
        )  # fmt: skip
        ev.padded[tensor.name, pads] = found
    return found.buffer


def _gather(ev: Evaluator, access: Access, tensor: Tensor, buffer: Buffer) -> Array:
    """Rows that integer tensors pick."""
    rows, index, rest = flat_rows(ev, access.subscripts, tensor, buffer)
    out = ev.temporary((*index.axes, *rest), buffer.kind)
    ev.builder.emit(Gather(out, buffer, rows, index))
    return out


def flat_rows(
    ev: Evaluator, subscripts: Sequence[Subscript], tensor: Tensor, buffer: Buffer
) -> tuple[int, Array, tuple[Index, ...]]:
    """(number of leading dimensions, index into them taken as one, axes of the remaining whole dimensions).

    Trailing dimensions that a plain index runs along whole, and that nothing else uses, are left as rows.
    """
    rank = len(subscripts)
    rest: list[Index] = []
    while len(rest) < rank:
        place = rank - 1 - len(rest)
        subscript = subscripts[place]
        if not isinstance(subscript, Poly) or subscript.index not in ev.axes:
            break
        axis = ev.axes[subscript.index]
        others = [s for other, s in enumerate(subscripts) if other != place]
        used = any(axis.index in (s.indices() if isinstance(s, Poly) else s.free) for s in others)
        if used or axis.low != tensor.origin[place] or axis.high != tensor.highest[place]:
            break
        rest.insert(0, axis.index)
    rows = rank - len(rest)
    strides = buffer_strides(Buffer("", buffer.shape[:rows]))
    affine = ZERO
    total: Operand | None = None
    for place in range(rows):
        subscript, step = subscripts[place], strides[place]
        affine = affine - tensor.origin[place] * step
        if isinstance(subscript, Poly):
            affine = affine + subscript * step
            continue
        picked: Operand = ev.integer(subscript)
        if step != 1:
            picked = ev.map(MapOp.MULTIPLY, picked, Scalar(poly_value(step)), kind=Kind.INT)
        total = picked if total is None else ev.map(MapOp.ADD, total, picked, kind=Kind.INT)
    assert total is not None
    if affine.terms:
        total = ev.map(MapOp.ADD, total, integer_poly(ev, affine), kind=Kind.INT)
    return rows, as_array(ev, total), tuple(rest)

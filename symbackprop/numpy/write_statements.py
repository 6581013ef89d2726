"""Writing a value where its definition says.

`=` is one write through a window. `+=` is one addition through a window where no two positions of the axes meet (shown
by a mixed-radix argument); axes along which they may meet, as the offsets of a convolution's window, are looped
over, the shortest first. What a padded definition would write outside goes into a frame around the target. A left side
that gathers scatters rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from symbackprop.lower import values
from symbackprop.lower.value_subscripts import likely_length, shifted
from symbackprop.lower.value_walks import (
    signed_summands,
)
from symbackprop.lower.values import Contract, Define, MapOp, Value
from symbackprop.numpy.array import Array, Buffer, Counter, Operand, Scalar, Scatter
from symbackprop.numpy.builder import Builder
from symbackprop.numpy.operands import Operands
from symbackprop.numpy.read_statements import flat_rows, frame, inside, outside, window
from symbackprop.terms.build import poly_value
from symbackprop.terms.poly import Index, Poly
from symbackprop.terms.program import Op
from symbackprop.terms.prove import Facts
from symbackprop.terms.radix import undetermined
from symbackprop.terms.term import Axis


def write(builder: Builder, step: Define) -> None:
    """Statements for the definition."""
    buffer = builder.buffers[step.tensor]
    affine = [subscript for subscript in step.subscripts if isinstance(subscript, Poly)]
    if len(affine) < len(step.subscripts):
        _scatter(Operands(builder, step.axes), step, buffer, affine)
    elif step.op is Op.ASSIGN:
        ev = Operands(builder, step.axes)
        target = window(ev, buffer, affine)
        builder.map(MapOp.COPY, target, ev.operand(step.value))
    else:
        _accumulate(builder, step, buffer, affine)


# --- accumulation --------------------------------------------------------------------------------------
def _accumulate(builder: Builder, step: Define, buffer: Buffer, subscripts: list[Poly]) -> None:
    left = [axis for axis in step.axes if axis.index in step.left]
    loops = meeting(builder.facts, subscripts, left, buffer)
    ev = Operands(builder, _loops_first(step, subscripts, loops))
    pads = outside(ev, subscripts, buffer) if step.padded else None
    if pads is None:
        _add(ev, buffer, subscripts, step.value, loops)
        return
    around = frame(ev, buffer, pads)
    _add(ev, around.buffer, shifted(subscripts, pads), step.value, loops)
    window_, whole = inside(around, buffer, pads)
    builder.map(MapOp.ADD, whole, whole, window_)


def _loops_first(step: Define, subscripts: Sequence[Poly], loops: Sequence[Axis]) -> list[Axis]:
    """The axes; those that are looped over before those of the first dimension that they share."""
    if not loops:
        return list(step.axes)
    table = {axis.index: axis for axis in step.axes}
    out: list[Axis] = []
    for subscript in subscripts:
        mine = [table[index] for index in subscript.indices() if index in table]
        if any(axis in loops for axis in mine):
            out += [axis for axis in loops if axis not in out]
        out += [axis for axis in mine if axis not in out]
    return out + [axis for axis in step.axes if axis not in out]


def _add(ev: Operands, buffer: Buffer, subscripts: list[Poly], value: Value, loops: Sequence[Axis]) -> None:
    """Summand by summand, or the sum at once where each addition is a loop."""
    if _multiplies_along(value, loops):
        turns = {axis.index for axis in loops}
        inner = Operands(ev.builder, [axis for axis in ev.axes.values() if axis.index not in turns])
        _add_by_turns(inner, buffer, subscripts, value, loops)
        return
    parts = [(1, value)] if loops else signed_summands(value)
    operands: list[tuple[int, Operand]] = [(sign, ev.operand(part)) for sign, part in parts]
    target = window(ev, buffer, subscripts)
    _looped(ev.builder, list(loops), ev, target, operands)


def _multiplies_along(value: Value, loops: Sequence[Axis]) -> bool:
    """Whether products of matrices are summands for each turn of the loops: one for each offset of a window needs no
    storage for all of them, and what it adds is still in the processor's cache."""
    turns = {axis.index for axis in loops}
    return any(isinstance(part, Contract) and bool(part.axes & turns) for part in values.inside(value))


def _add_by_turns(ev: Operands, buffer: Buffer, subscripts: list[Poly], value: Value, loops: Sequence[Axis]) -> None:
    """Computed within the loops, of which the axes of `ev` are the others."""
    if not loops:
        _add(ev, buffer, subscripts, value, ())
        return
    with ev.builder.loop(loops[0].index, loops[0].low, loops[0].high):
        _add_by_turns(ev, buffer, subscripts, value, loops[1:])


def _looped(
    builder: Builder, loops: list[Axis], ev: Operands, target: Array, operands: list[tuple[int, Operand]]
) -> None:
    if loops:
        axis, rest = loops[0], loops[1:]
        extent = ev.extents[axis.index]
        with builder.loop(axis.index, Poly.of(0), extent - 1):
            fixed = [(sign, _fixed(value, axis.index)) for sign, value in operands]
            _looped(builder, rest, ev, _at(target, axis.index), fixed)
        return
    for sign, value in operands:
        builder.map(MapOp.ADD if sign > 0 else MapOp.SUBTRACT, target, target, value)


def _fixed(value: Operand, axis: Index) -> Operand:
    match value:
        case Array():
            return _at(value, axis)
        case Counter(own, _, start, step) if own == axis:
            return Scalar(poly_value(start + step * Poly.of(axis)))
        case _:
            return value


def _at(array: Array, axis: Index) -> Array:
    """The array at a position of an axis, which is a loop variable from here on."""
    if axis not in array.axes:
        return array
    kept = [(index, extent) for index, extent in zip(array.axes, array.extents, strict=True) if index != axis]
    return Array(array.buffer, array.subscripts, tuple(i for i, _ in kept), tuple(e for _, e in kept))


def meeting(facts: Facts, subscripts: Sequence[Poly], axes: Sequence[Axis], buffer: Buffer) -> list[Axis]:
    """Axes to loop over so that no two positions of the others share an element."""
    loops: list[Axis] = []
    remaining = list(axes)
    while True:
        undecided = undetermined(facts, subscripts, remaining)
        if not undecided:
            return loops
        chosen = min(undecided, key=lambda axis: likely_length(axis, buffer.shape))
        loops.append(chosen)
        remaining.remove(chosen)


# --- scatters ------------------------------------------------------------------------------------------
def _scatter(ev: Operands, step: Define, buffer: Buffer, affine: Sequence[Poly]) -> None:
    """Rows added, or assigned, where an integer tensor says."""
    rows, index, rest = flat_rows(ev, step.subscripts, buffer)
    over = (*index.axes, *rest)
    source = ev.operand(step.value)
    assert isinstance(source, Scalar) or set(source.axes) <= set(over), f"axes of no row: {source.axes} of {over}"
    left: Iterable[Axis] = [axis for axis in step.axes if axis.index in step.left]
    assigned = step.op is Op.ASSIGN  # each element once
    unique = assigned or not undetermined(ev.builder.facts, affine, list(left))
    if not (unique and isinstance(source, Scalar)):
        if not isinstance(source, Array) or set(source.axes) != set(over):
            source = ev.builder.map(MapOp.COPY, ev.temporary(over), source)
        extents = tuple(source.extent(axis) for axis in over)
        source = replace(source, axes=over, extents=extents)  # as the target has them
    ev.builder.emit(Scatter(buffer, rows, index, source, unique, assigned))

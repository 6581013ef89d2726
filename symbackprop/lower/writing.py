"""Writing an equation's value where its left side says.

`=` is one write through a window. `+=` is one addition through a window where no two positions of the axes meet (shown
by a mixed-radix argument); axes along which they may meet, as the offsets of a convolution's window, are looped
over, the shortest first. Positions that a guard keeps inside the target are written into a frame around it. A left
side that gathers scatters rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from symbackprop.lower.array import Array, Buffer, Counter, Kind, MapOp, Operand, Scalar, Scatter
from symbackprop.lower.builder import Builder
from symbackprop.lower.evaluator import Evaluator, conjuncts
from symbackprop.lower.expression import negative
from symbackprop.lower.reading import flat_rows, outside, window
from symbackprop.terms.build import MINUS, NIL, integer_condition, logic_and, mul, poly_value, reduce, substitute, where
from symbackprop.terms.poly import ONE, Atom, Dim, Index, Poly
from symbackprop.terms.program import Equation, Op, Tensor
from symbackprop.terms.prove import Facts
from symbackprop.terms.term import Access, Add, Axis, Reduction, Relation, Subscript, Term, Where


def lower_equation(builder: Builder, equation: Equation, pins: Sequence[tuple[Index, Poly]], first: bool) -> None:
    """Statements for the equation. `first`: whether it is the whole of its target's first value."""
    mapping: dict[Index, Poly] = dict(pins)
    subscripts = tuple(_pinned(subscript, mapping) for subscript in equation.subscripts)
    rhs = substitute(equation.rhs, mapping)
    axes = [axis for axis in equation.axes if axis.index not in mapping]
    standing = {index for s in subscripts for index in (s.indices() if isinstance(s, Poly) else s.free)}
    missing = [axis for axis in axes if axis.index not in standing]
    if missing:
        rhs = reduce(Reduction.SUM, missing, rhs)
        axes = [axis for axis in axes if axis.index in standing]
    tensor = builder.table[equation.target]
    op = Op.ASSIGN if first else equation.op
    if any(isinstance(subscript, Access) for subscript in subscripts):
        _scatter(builder, tensor, subscripts, axes, rhs)
    elif op is Op.ASSIGN:
        _assign(builder, tensor, _affine(subscripts), axes, rhs)
    else:
        _accumulate(builder, tensor, _affine(subscripts), axes, rhs)


def _pinned(subscript: Subscript, mapping: dict[Index, Poly]) -> Subscript:
    if isinstance(subscript, Poly):
        return subscript.substitute(dict[Atom, Poly](mapping.items()))
    pinned = substitute(subscript, mapping)
    assert isinstance(pinned, Access)
    return pinned


def _affine(subscripts: Sequence[Subscript]) -> list[Poly]:
    return [subscript for subscript in subscripts if isinstance(subscript, Poly)]


def _in_order(axes: Sequence[Axis], subscripts: Sequence[Poly], early: Sequence[Index] = ()) -> list[Axis]:
    """The axes as they stand on the left; `early` ones before those of the first dimension that they share."""
    table = {axis.index: axis for axis in axes}
    out: list[Axis] = []
    for subscript in subscripts:
        mine = [index for index in subscript.indices() if index in table]
        if any(index in early for index in mine):
            out += [table[index] for index in early if table[index] not in out]
        out += [table[index] for index in mine if table[index] not in out]
    return out + [axis for axis in axes if axis not in out]


def _assign(builder: Builder, tensor: Tensor, subscripts: list[Poly], axes: Sequence[Axis], rhs: Term) -> None:
    ev = Evaluator(builder, _in_order(axes, subscripts))
    target = _target(ev, tensor, subscripts)
    builder.map(MapOp.COPY, target, ev.operand(rhs))


def _target(ev: Evaluator, tensor: Tensor, subscripts: Sequence[Poly]) -> Array:
    origin = zip(subscripts, tensor.origin, strict=True)
    return window(ev, ev.builder.buffers[tensor.name], [subscript - low for subscript, low in origin])


# --- accumulation --------------------------------------------------------------------------------------
def _accumulate(builder: Builder, tensor: Tensor, subscripts: list[Poly], axes: Sequence[Axis], rhs: Term) -> None:
    loops = meeting(builder.facts, subscripts, axes, tensor)
    ev = Evaluator(builder, _in_order(axes, subscripts, [axis.index for axis in loops]))
    placed = [subscript - origin for subscript, origin in zip(subscripts, tensor.origin, strict=True)]
    guards = conjuncts(rhs.condition) if isinstance(rhs, Where) and rhs.otherwise is NIL else ()
    pads = outside(ev, placed, tensor) if guards else None
    if pads is None:
        _add(ev, builder.buffers[tensor.name], placed, rhs, loops)
        return
    assert isinstance(rhs, Where)
    limits = [*placed, *(size - 1 - subscript for size, subscript in zip(tensor.shape, placed, strict=True))]
    kept = [g for g in guards if not _says_only(g, limits)]
    rhs = where(logic_and(*kept), rhs.then, NIL)
    buffer = builder.buffers[tensor.name]
    shape = [low + size + high for size, (low, high) in zip(buffer.shape, pads, strict=True)]
    spots = [Index(f".{place}") for place in range(tensor.rank)]
    frame = builder.temporary(spots, shape)
    builder.map(MapOp.COPY, frame, Scalar(NIL))
    with ev.guarded(logic_and(*guards)):
        shifted = [subscript + low for subscript, (low, _) in zip(placed, pads, strict=True)]
        _add(ev, frame.buffer, shifted, rhs, loops)
    inside = Array(
        frame.buffer,
        tuple(Poly.of(spot) + low for spot, (low, _) in zip(spots, pads, strict=True)),
        tuple(spots),
        buffer.shape,
    )
    whole = Array(buffer, tuple(Poly.of(spot) for spot in spots), tuple(spots), buffer.shape)
    builder.map(MapOp.ADD, whole, whole, inside)


def _says_only(guard: Term, limits: Sequence[Poly]) -> bool:
    """Whether the guard only says that a subscript lies within the target, which its frame makes needless."""
    condition = integer_condition(guard)
    return condition is not None and condition[0] is Relation.GE and condition[1] in limits


def _add(ev: Evaluator, buffer: Buffer, subscripts: list[Poly], rhs: Term, loops: Sequence[Axis]) -> None:
    parts = [(-1, mul(MINUS, arg)) if negative(arg) else (1, arg) for arg in _summands(rhs, bool(loops))]
    values: list[tuple[int, Operand]] = [(sign, ev.operand(part)) for sign, part in parts]
    target = window(ev, buffer, subscripts)
    _looped(ev.builder, list(loops), ev, target, values)


def _summands(rhs: Term, together: bool) -> Sequence[Term]:
    """Added one by one, or together where each addition is a loop."""
    return rhs.args if isinstance(rhs, Add) and not together else (rhs,)


def _looped(
    builder: Builder, loops: list[Axis], ev: Evaluator, target: Array, values: list[tuple[int, Operand]]
) -> None:
    if loops:
        axis, rest = loops[0], loops[1:]
        extent = ev.extents[axis.index]
        with builder.loop(axis.index, Poly.of(0), extent - 1):
            fixed = [(sign, _fixed(value, axis.index)) for sign, value in values]
            _looped(builder, rest, ev, _at(target, axis.index), fixed)
        return
    for sign, value in values:
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


def meeting(facts: Facts, subscripts: Sequence[Poly], axes: Sequence[Axis], tensor: Tensor) -> list[Axis]:
    """Axes to loop over so that no two positions of the others share an element."""
    loops: list[Axis] = []
    remaining = list(axes)
    while True:
        undecided = _undecided(facts, subscripts, remaining)
        if not undecided:
            return loops
        chosen = min(undecided, key=lambda axis: _length(axis, subscripts, tensor))
        loops.append(chosen)
        remaining.remove(chosen)


def _undecided(facts: Facts, subscripts: Sequence[Poly], axes: Sequence[Axis]) -> list[Axis]:
    """The axes that the subscripts do not determine."""
    unknown = list(axes)
    progress = True
    while unknown and progress:
        progress = False
        for subscript in subscripts:
            mine = [axis for axis in unknown if axis.index in subscript.indices()]
            if mine and _injective(facts, subscript, mine):
                unknown = [axis for axis in unknown if axis not in mine]
                progress = True
    return unknown


def _injective(facts: Facts, subscript: Poly, axes: Sequence[Axis]) -> bool:
    """Whether c1*p1 + c2*p2 + ... differs wherever the positions do: each coefficient exceeds what those before it
    reach together, as the digits of a number in mixed radix."""
    remaining = []
    for axis in axes:
        coefficient = subscript.coefficient(axis.index)
        if facts.proves(-coefficient - 1):
            coefficient = -coefficient
        elif not facts.proves(coefficient - 1):
            return False
        remaining.append((coefficient, axis))
    reach = Poly.of(0)
    while remaining:
        found = next((item for item in remaining if facts.proves(item[0] - reach - 1)
                      and all(facts.proves(other[0] - item[0]) for other in remaining)), None)  # fmt: skip
        if found is None:
            return False
        remaining.remove(found)
        reach = reach + found[0] * (found[1].extent - 1)
    return True


def _length(axis: Axis, subscripts: Sequence[Poly], tensor: Tensor) -> tuple[int, int, str]:
    """How long a loop over the axis is likely to be: a number, a size of its own, or one like the target's."""
    constant = axis.extent.constant
    if constant is not None:
        return 0, constant, axis.index.name
    own = {atom for size in tensor.shape for atom in size.atoms() if isinstance(atom, Dim)}
    mixed = axis.extent.atom is None or not isinstance(axis.extent.atom, Dim)
    shares = any(atom in own for atom in axis.extent.atoms())
    return 1 + shares + 2 * mixed, 0, axis.index.name


# --- scatters ------------------------------------------------------------------------------------------
def _scatter(
    builder: Builder, tensor: Tensor, subscripts: Sequence[Subscript], axes: Sequence[Axis], rhs: Term
) -> None:
    """Rows added where an integer tensor says."""
    ev = Evaluator(builder, axes)
    buffer = builder.buffers[tensor.name]
    with ev.guarded(rhs.condition) if isinstance(rhs, Where) and rhs.otherwise is NIL else ev.branch():
        rows, index, rest = flat_rows(ev, subscripts, tensor, buffer)
        outside_rows = bool(ev.guards) and not _inside(ev, subscripts, tensor)
        if outside_rows:  # behind the guard, where nothing is added, any row will do
            count = ONE
            for size in buffer.shape[:rows]:
                count = count * size
            index = ev.map(MapOp.MAXIMUM, index, Scalar(NIL), kind=Kind.INT)
            index = ev.map(MapOp.MINIMUM, index, Scalar(poly_value(count - 1)), kind=Kind.INT)
    value = ev.operand(rhs)
    over = (*index.axes, *rest)
    extra = [axis for axis in ev.ordered(value.axes) if axis not in over]
    assert not extra, f"axes that the left side does not have: {extra}"
    if not isinstance(value, Array) or set(value.axes) != set(over):
        value = builder.map(MapOp.COPY, ev.temporary(over), value)
    value = replace(value, axes=over, extents=tuple(value.extent(axis) for axis in over))  # as the target has them
    unique = not outside_rows and _unique(builder.facts, subscripts, axes)
    builder.emit(Scatter(buffer, rows, index, value, unique))


def _inside(ev: Evaluator, subscripts: Sequence[Subscript], tensor: Tensor) -> bool:
    """Whether the affine subscripts stay within the tensor at all positions, whatever the guards."""
    facts = ev.facts()
    return all(
        facts.proves(subscript - low) and facts.proves(high - subscript)
        for subscript, low, high in zip(subscripts, tensor.origin, tensor.highest, strict=True)
        if isinstance(subscript, Poly)
    )


def _unique(facts: Facts, subscripts: Sequence[Subscript], axes: Sequence[Axis]) -> bool:
    """Whether the affine subscripts alone tell all positions apart."""
    affine = [subscript for subscript in subscripts if isinstance(subscript, Poly)]
    return not _undecided(facts, affine, axes)

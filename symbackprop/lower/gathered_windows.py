"""What windows add up is read in windows: the adjoint of a convolution is one itself.

    y[n, h + i] += Σ_f K[f, i]*z[n, f, h]      becomes   y[n, h] += Σ_{f,i} K[f, I-1-i]*z[n, f, h - (I-1) + i]
    s[n, h] = Σ_i K[i]*x[n, h - i]             becomes   s[n, h] = Σ_i K[I-1-i]*x[n, h - (I-1) + i]

z is 0 outside of its tensor, and K is taken to be finite, as where a convolution has zeros around. There are as many
additions as products then, and every element of y is written once. Windows of few constant positions are gathered so:
the products with what is outside are few beside the others, which is not known of a window of any size. Windows that
go down are turned, so that what they read of neighbours lies as the neighbours do.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from symbackprop.lower.substitution import at_places
from symbackprop.lower.value_subscripts import indices_of, whole_axis
from symbackprop.lower.value_walks import rebuilt, rewritten, steps_in
from symbackprop.lower.values import Bind, Contract, Define, Function, Read, Step, Value, inside, with_children
from symbackprop.terms.poly import ONE, ZERO, Atom, Index, Poly
from symbackprop.terms.program import Op, Tensor
from symbackprop.terms.prove import Facts
from symbackprop.terms.term import Axis

_MOST = 9  # positions of a window along one dimension that are few

__all__ = ["gather_windows"]


def gather_windows(function: Function) -> Function:
    """The function with convolutions in the place of their adjoints, and windows that go up."""
    if not any(_moves(step) for step in steps_in(function.body)):
        return function

    def changed(step: Step, _: Facts) -> Iterable[Step]:
        if not _moves(step):
            return [step]
        if isinstance(step, Define):
            gathered = _left_turned(_gathered(step, function.tensors) or step)
            return [replace(gathered, value=_turned(gathered.value, gathered.axes))]
        return [replace(step, value=_turned(step.value, step.axes))] if isinstance(step, Bind) else [step]

    return replace(function, body=rewritten(function.body, changed, function.facts))


def _moves(step: Step) -> bool:
    """Whether two axes run along one dimension, of a left side or of what is multiplied."""
    if not isinstance(step, Define | Bind):
        return False
    reads = [part.subscripts for part in inside(step.value) if isinstance(part, Read)]
    left = step.subscripts if isinstance(step, Define) else ()
    own = {axis.index for axis in step.axes}
    return any(len(indices_of(s) & own) > 1 for subscripts in (left, *reads) for s in subscripts)


# --- additions in windows ------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class _Moved:
    """A dimension of the left side along which a place and an offset run."""

    dimension: int
    place: Axis
    offset: Axis


def _gathered(step: Define, tensors: Mapping[str, Tensor]) -> Define | None:
    """The definition with an addition to each element."""
    value = step.value
    if step.op is not Op.ACCUMULATE or not isinstance(value, Contract):
        return None
    table = {axis.index: axis for axis in step.axes}
    moved = _moved(step, table)
    if not moved:
        return None
    moving = _moving(value.factors, moved, table, tensors)
    if moving is None:
        return None
    shape = tensors[step.tensor].shape
    subscripts, places, new = list(step.subscripts), list(moving.subscripts), dict[Index, Axis]()
    for each in moved:
        index, low = each.place.index, each.place.low
        left = subscripts[each.dimension]
        at = _dimension_of(moving, index)
        assert isinstance(left, Poly)
        places[at] = Poly.of(index) - (left - Poly.of(index)) - low
        subscripts[each.dimension] = Poly.of(index)
        new[index] = Axis(index, ZERO, shape[each.dimension] - 1)
    offsets = tuple(each.offset.index for each in moved)
    read = Read(moving.tensor, tuple(places), moving.over.union(offsets), moving.kind, True)
    factors = tuple(read if factor is moving else factor for factor in value.factors)
    axes = tuple(new.get(axis.index, axis) for axis in step.axes)
    found = replace(step, subscripts=tuple(subscripts), axes=axes, padded=False)
    return found.with_value(Contract(factors, (*value.bound, *offsets), value.quiet))


def _moved(step: Define, table: Mapping[Index, Axis]) -> list[_Moved]:
    """The dimensions with two axes, each of which runs along none of the others; none where one is not so."""
    out: list[_Moved] = []
    seen: list[Index] = []
    for dimension, subscript in enumerate(step.subscripts):
        if not isinstance(subscript, Poly):
            return []
        mine = [index for index in subscript.indices() if index in table]
        seen += mine
        if len(mine) > 1:
            pairs = [(a, b) for a in mine for b in mine if a != b and _is_place(subscript, table[a], table[b])]
            if len(mine) > 2 or len(pairs) != 1:
                return []
            ((place, offset),) = pairs
            out.append(_Moved(dimension, table[place], table[offset]))
    return out if len(set(seen)) == len(seen) else []


def _is_place(subscript: Poly, place: Axis, offset: Axis) -> bool:
    """Whether the first axis goes from one element to the next, and the other is that of a window: the shorter one."""
    if subscript.coefficient(place.index) != ONE or subscript.coefficient(offset.index).constant is None:
        return False
    return _few(offset) and not _few(place)


def _few(axis: Axis) -> bool:
    count = axis.extent.constant
    return count is not None and count <= _MOST


def _moving(
    factors: Sequence[Value], moved: Sequence[_Moved], table: Mapping[Index, Axis], tensors: Mapping[str, Tensor]
) -> Read | None:
    """The factor that the places run along, each along the whole of a dimension of its own, and no offset."""
    having = [factor for factor in factors if any(each.place.index in factor.axes for each in moved)]
    read = having[0] if len(having) == 1 else None
    if not isinstance(read, Read) or read.tensor not in tensors:
        return None
    shape = tensors[read.tensor].shape
    for each in moved:
        if each.offset.index in read.axes or not any(each.offset.index in factor.axes for factor in factors):
            return None
        at = _dimension_of(read, each.place.index)
        if at < 0 or whole_axis(at, read.subscripts, table, shape[at]) != each.place:
            return None
    return read if all(isinstance(subscript, Poly) for subscript in read.subscripts) else None


def _dimension_of(read: Read, index: Index) -> int:
    return next((place for place, s in enumerate(read.subscripts) if index in indices_of(s)), -1)


# --- windows that go down ------------------------------------------------------------------------------
def _turned(top: Value, axes: Sequence[Axis]) -> Value:
    """The value with the windows of its products turned, where they go down along an axis that is summed over."""
    table = {axis.index: axis for axis in axes}

    def changed(value: Value, children: tuple[Value, ...]) -> Value:
        new = with_children(value, children) if children else value
        if isinstance(new, Contract) and len(new.factors) > 1:
            down = [index for index in new.bound if index in table and _goes_down(new, index)]
            if down:
                turn: dict[Atom, Poly] = {i: table[i].low + table[i].high - Poly.of(i) for i in down}
                return Contract(tuple(at_places(factor, turn) for factor in new.factors), new.bound, new.quiet)
        return new

    return rebuilt(top, changed)


def _left_turned(step: Define) -> Define:
    """The definition with those of its own axes turned along which the windows of what it multiplies go down."""
    value = step.value
    if not isinstance(value, Contract) or len(value.factors) < 2:
        return step
    table = {axis.index: axis for axis in step.axes}
    own = (s.index for s in step.subscripts if isinstance(s, Poly))
    down = [i for i in own if i is not None and i in table and i in value.axes and _goes_down(value, i)]
    turn: dict[Atom, Poly] = {index: table[index].low + table[index].high - Poly.of(index) for index in down}
    subscripts = tuple(s.substitute(turn) if isinstance(s, Poly) else at_places(s, turn) for s in step.subscripts)
    return replace(step, subscripts=subscripts, value=at_places(value, turn)) if down else step


def _goes_down(value: Contract, index: Index) -> bool:
    """Whether windows go down along the axis, and none up."""
    steps = [
        subscript.coefficient(index).constant
        for part in inside(value) if isinstance(part, Read)
        for subscript in part.subscripts
        if isinstance(subscript, Poly) and index in subscript.indices() and _place_beside(subscript, index, value)
    ]  # fmt: skip
    nested = any(index in part.bound for part in inside(value) if part is not value and isinstance(part, Contract))
    return bool(steps) and not nested and all(step is not None and step < 0 for step in steps)


def _place_beside(subscript: Poly, index: Index, value: Contract) -> bool:
    """Whether an axis runs along the dimension, too, and goes up: one that the sum keeps, beside one that it does not,
    or the other way round."""
    kept = index in value.axes
    places = [i for i in subscript.indices() if i != index and i in (value.bound if kept else value.axes)]
    return any((subscript.coefficient(i).constant or 0) > 0 for i in places)

"""Steps that are products of two tensors, as calls of the function that computes these."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from math import isinf, prod

from symbackprop.c.levels import product_of_values
from symbackprop.c.nests import Statement, Store, Subscripts
from symbackprop.c.opening import Opening, nested, renamed
from symbackprop.c.products import is_worth_it, product_of
from symbackprop.c.ranges import Ranges
from symbackprop.lower.value_walks import rebuilt
from symbackprop.lower.values import (
    Contract,
    Define,
    Fold,
    Kind,
    Map,
    Read,
    Value,
    inside,
    with_children,
)
from symbackprop.terms.poly import ZERO, Atom, Index, Poly
from symbackprop.terms.program import Op
from symbackprop.terms.term import Axis


def summed(opener: Opening, step: Define) -> list[Statement] | None:
    """The step by a product of whole tensors, or by a sum outside of what it adds to; what else is in the value is
    computed of it afterwards."""
    if step.padded:
        return added_in_frame(opener, step)
    sums = [part for part in inside(step.value) if isinstance(part, Contract) and part.axes == step.left]
    for value in sums:
        if value is step.value:
            return multiplied(opener, step, value) or opener.summed_outside(step)
        own = step.op is Op.ASSIGN and all(isinstance(s, Poly) for s in step.subscripts) and not _reads_itself(step)
        made = None if own else opener.tensor(f"{step.tensor}_product", [axis.extent for axis in _left(step)])
        at = step.subscripts if made is None else tuple(Poly.of(axis.index) - axis.low for axis in _left(step))
        name = step.tensor if made is None else made.name
        alone = replace(step.with_value(value), tensor=name, subscripts=at, op=Op.ASSIGN)
        first = multiplied(opener, alone, value) or opener.summed_outside(alone)
        if first is not None:
            read = Read(name, at, step.left, Kind.FLOAT, False)
            return [*first, *opener.define(step.with_value(with_part(step.value, value, read)))]
        if made is not None:
            del opener.made[made.name]
    return None


def _left(step: Define) -> list[Axis]:
    return [axis for axis in step.axes if axis.index in step.left]


def _reads_itself(step: Define) -> bool:
    return any(isinstance(part, Read) and part.tensor == step.tensor for part in inside(step.value))


def added_in_frame(opener: Opening, step: Define) -> list[Statement] | None:
    """What is added at places some of which are outside: to a frame that has them all, and then what is inside."""
    ends = _ends(step.subscripts, step.axes)
    if step.op is not Op.ACCUMULATE or not isinstance(step.value, Contract) or ends is None:
        return None
    frame = opener.tensor(f"{step.tensor}_frame", [Poly.of(high - low + 1) for low, high in ends])
    at = tuple(s - low for s, (low, _) in zip(step.subscripts, ends, strict=True) if isinstance(s, Poly))
    product = multiplied(opener, replace(step, tensor=frame.name, subscripts=at, padded=False), step.value)
    if product is None:
        del opener.made[frame.name]
        return None
    inner, places = [], list[Poly]()
    for (low, high), size in zip(ends, opener.tensors(step.tensor).shape, strict=True):
        last = min(high, (size.constant or 0) - 1)
        inner.append(Axis(opener.index(Index("i")), Poly.of(max(low, 0)), Poly.of(last)))
        places.append(Poly.of(inner[-1].index))
    there = tuple(place - low for place, (low, _) in zip(places, ends, strict=True))
    value = Read(frame.name, there, frozenset(axis.index for axis in inner), Kind.FLOAT, False)
    store = Store(step.tensor, tuple(places), value, Op.ACCUMULATE)
    return [*opener.clear(frame), *product, *nested(inner, [*([] for _ in inner), [store]])]


def multiplied(opener: Opening, step: Define, value: Contract) -> list[Statement] | None:
    names = {axis.index: opener.index(axis.index) for axis in step.axes}
    places: dict[Atom, Poly] = {old: Poly.of(new) for old, new in names.items()}
    axes = {names[axis.index]: Axis(names[axis.index], axis.low, axis.high) for axis in step.axes}
    left = [axes[names[axis.index]] for axis in step.axes if axis.index in step.left]
    new = frozenset(axes)
    if not all(isinstance(s, Poly) for s in step.subscripts):
        return None
    subscripts = tuple(s.substitute(places) for s in step.subscripts if isinstance(s, Poly))
    before: list[Statement] = []
    made = set(opener.made)
    each = [renamed(factor, places, new) for factor in value.factors]
    factors = _grouped(each, axes)
    vector = len(factors) == 1 and len(each) > 1
    if vector:  # a matrix by a vector
        each.sort(key=lambda factor: -len(factor.axes))
        factors = [each[0], product_of_values(each[1:])]
    bound = [names[index] for index in value.bound]
    if len(factors) == 2:
        for place, other in ((0, 1), (1, 0)):
            alone = [index for index in bound if index in factors[place].axes and index not in factors[other].axes]
            if alone:
                factors[place] = summed_first(opener, factors[place], alone, axes, step, before)
                bound = [index for index in bound if index not in alone]
    elements = tuple(as_elements(opener, factor, axes, step.tensor, before) for factor in factors)
    moved = Contract(elements, tuple(bound), value.quiet)
    found = product_of(step.tensor, subscripts, moved, left, axes)
    if found is not None:
        product, batch = found
        product = replace(product, add=step.op is Op.ACCUMULATE)
        if is_worth_it(product, {**opener.function.tensors, **opener.made}, vector):
            return [*before, *nested(batch, [*([] for _ in batch), [product]])]
    opener.forget(made)
    return None


def _grouped(factors: Sequence[Value], axes: Mapping[Index, Axis]) -> list[Value]:
    """As few as can be: a factor goes with the smallest other one that has all of its axes."""
    groups: list[list[Value]] = []
    for factor in sorted(factors, key=lambda each: -len(each.axes)):
        wide = [group for group in groups if factor.axes <= group[0].axes]
        if wide:
            min(wide, key=lambda group: _positions(axes[i] for i in axes if i in group[0].axes)).append(factor)
        else:
            groups.append([factor])
    return [product_of_values(group) for group in groups]


def summed_first(
    opener: Opening, factor: Value, alone: Sequence[Index], axes: Mapping[Index, Axis], step: Define,
    before: list[Statement],
) -> Value:  # fmt: skip
    """The factor, summed over axes that the other one has not. `before`: what does that."""
    total = Contract((factor,), tuple(alone), True)
    own = [axis for axis in axes.values() if axis.index in total.axes]
    inner = {index for part in inside(factor) if isinstance(part, Contract | Fold) for index in part.bound}
    bound = (*(axes[index] for index in alone), *(axis for axis in step.axes if axis.index in inner))
    return computed(opener, f"{step.tensor}_factor", own, total, before, bound)


def computed(
    opener: Opening, wanted: str, own: Sequence[Axis], value: Value, before: list[Statement], bound: Sequence[Axis] = ()
) -> Read:
    """The value as a tensor over its axes, in this order. `bound`: those inside of it; `before`: what computes it."""
    made = opener.tensor(wanted, [axis.extent for axis in own])
    at = tuple(Poly.of(axis.index) - axis.low for axis in own)
    before += opener.define(Define(made.name, at, (*own, *bound), value, Op.ASSIGN))
    return Read(made.name, at, value.axes, Kind.FLOAT, False)


def as_elements(
    opener: Opening, factor: Value, axes: Mapping[Index, Axis], name: str, before: list[Statement]
) -> Value:
    """The factor as elements that are read where they lie: with zeros around what is 0 outside, and computed first
    where it is more than a look-up and each of its elements serves several times. `before`: what does that."""
    if isinstance(factor, Read) and factor.padded and factor.kind is Kind.FLOAT and not factor.children:
        return framed(opener, factor, axes, name, before)
    own = [axis for axis in axes.values() if axis.index in factor.axes]
    positions, whole = (_positions(each) for each in (own, axes.values()))
    serves = isinstance(factor, Map) and factor.kind is Kind.FLOAT and 0 < positions <= whole // 8
    if not serves or any(isinstance(part, Contract | Fold) for part in inside(factor)):
        return factor
    return computed(opener, f"{name}_factor", own, factor, before)


def copies_turned(opener: Opening, step: Define, value: Contract, last: Index, before: list[Statement]) -> Contract:
    """The sum with copies that have an axis last, of what lies side by side along the sum and serves several times.
    `before`: what makes them."""
    ranges = {axis.index: axis for axis in step.axes}
    whole = _positions(ranges[index] for index in (*value.bound, *step.left))
    new: dict[Value, Value] = {}
    for read in dict.fromkeys(part for factor in value.factors for part in inside(factor) if isinstance(part, Read)):
        end = read.subscripts[-1] if read.subscripts else None
        plain = isinstance(end, Poly) and read.kind is Kind.FLOAT and not read.padded and not read.children
        if not plain or last not in read.axes or not set(end.indices()) & set(value.bound):  # type: ignore[union-attr]
            continue
        own = sorted((axis for axis in step.axes if axis.index in read.axes), key=lambda axis: axis.index == last)
        if 0 < _positions(own) <= whole // 8:
            new[read] = computed(opener, f"{read.tensor}_turned", own, read, before)
    factors = (rebuilt(f, lambda part, children: new.get(part) or with_children(part, children)) for f in value.factors)
    return Contract(tuple(factors), value.bound, value.quiet)


def framed(opener: Opening, factor: Read, axes: Mapping[Index, Axis], name: str, before: list[Statement]) -> Value:
    """The read of a copy with zeros around it, which it never leaves."""
    ends = _ends(factor.subscripts, axes.values())
    if ends is None:
        return factor
    size, own = prod(high - low + 1 for low, high in ends), opener.tensors(factor.tensor)
    if size > 8 * prod(extent.constant or 0 for extent in own.shape) + 64:
        return factor
    frame = opener.tensor(f"{name}_frame", [Poly.of(high - low + 1) for low, high in ends])
    inner = [Axis(opener.index(Index("i")), ZERO, extent - 1) for extent in frame.shape]
    places = tuple(Poly.of(axis.index) for axis in inner)
    there = tuple(place + low for place, (low, _) in zip(places, ends, strict=True))
    copied = Read(factor.tensor, there, frozenset(axis.index for axis in inner), Kind.FLOAT, True)
    before += nested(inner, [*([] for _ in inner), [Store(frame.name, places, copied)]])
    at = tuple(s - low for s, (low, _) in zip(factor.subscripts, ends, strict=True) if isinstance(s, Poly))
    return Read(frame.name, at, factor.over, Kind.FLOAT, False)


def _ends(subscripts: Subscripts, axes: Iterable[Axis]) -> list[tuple[int, int]] | None:
    """Of each subscript the least and the greatest position; None where one is no number, or there is none."""
    ranges, out = Ranges(), list[tuple[int, int]]()
    with ExitStack() as around:
        for axis in axes:
            around.enter_context(ranges.within(axis))
        for subscript in subscripts:
            low, high = ranges.of(subscript)
            if isinf(low) or isinf(high) or high < low:
                return None
            out.append((int(low), int(high)))
    return out


def _positions(axes: Iterable[Axis]) -> int:
    return prod(max(axis.extent.constant or 0, 0) for axis in axes)


def with_part(top: Value, old: Value, new: Value) -> Value:
    return rebuilt(top, lambda value, children: new if value is old else with_children(value, children))


__all__ = ["copies_turned", "summed", "with_part"]

"""Where a mask says no more than on which side of a place an axis is, either side is a definition of its own.

    k[i] = x[i]·(u[i - 1] if i > 0 else 1)     becomes     k[0] = x[0],     k[i] = x[i]·u[i - 1] for i from 1 on

so that what would be read beyond an edge is not read, and needs no frame around it. Only cheap operations are taken
apart so: another equation may want of them what all of the axis has.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from symbackprop.lower.value_walks import computed_in, rebuilt, rewritten, steps_in
from symbackprop.lower.values import (
    Contract,
    Define,
    Fold,
    Function,
    If,
    Map,
    MapOp,
    Position,
    Read,
    Scalar,
    Step,
    Value,
    inside,
    with_children,
)
from symbackprop.terms.build import UNIT, at_least_zero
from symbackprop.terms.poly import ZERO, Index, Poly
from symbackprop.terms.program import Tensor
from symbackprop.terms.prove import Facts
from symbackprop.terms.term import Axis, Number, PolyValue

_MOST = 2  # places at which an axis is taken apart
_CHEAP = frozenset({MapOp.COPY, MapOp.ADD, MapOp.SUBTRACT, MapOp.MULTIPLY, MapOp.DIVIDE, MapOp.SELECT, MapOp.MAXIMUM,
                    MapOp.MINIMUM})  # fmt: skip
_RELATIONS = frozenset({MapOp.GREATER, MapOp.GREATER_EQUAL, MapOp.EQUAL, MapOp.NOT_EQUAL})


def split_by_masks(function: Function) -> Function:
    """The function with such definitions taken apart."""
    if not any(_masks(step.value) for step in steps_in(function.body) if isinstance(step, Define)):
        return function

    def changed(step: Step, facts: Facts) -> Iterable[Step]:
        if not isinstance(step, Define) or step.padded or not all(isinstance(s, Poly) for s in step.subscripts):
            return [step]
        return _split(step, facts, function.tensors)

    return replace(function, body=rewritten(function.body, changed, function.facts))


def _split(step: Define, facts: Facts, tensors: dict[str, Tensor]) -> Sequence[Step]:
    if any(isinstance(part, Read) and part.tensor == step.tensor for top in computed_in(step) for part in inside(top)):
        return [step]  # a part could read what another has written
    for place, axis in enumerate(step.axes):
        masks = [mask for mask in _masks(step.value) if mask.axes == {axis.index}]
        if axis.index not in step.left or not masks or not _is_cheap(step.value, axis.index):
            continue
        cuts = _cuts(axis, masks, facts)
        if cuts is None:
            continue
        ends = [axis.low, *cuts, axis.high + 1]
        parts = [Axis(axis.index, low, high - 1) for low, high in pairwise(ends)]
        others = (*step.axes[:place], *step.axes[place + 1 :])
        found = [(part, (*step.axes[:place], part, *step.axes[place + 1 :])) for part in parts]
        return [_where_it_is(part, _decided(replace(step, axes=axes), facts.with_axes(axes), tensors),
                             facts.with_axes(others), tensors) for part, axes in found]  # fmt: skip
    return [step]


def _where_it_is(part: Axis, step: Define, facts: Facts, tensors: dict[str, Tensor]) -> Step:
    """The definition along a part; behind the condition that there is one, where a read along other axes stays inside
    because of that alone. `facts`: without the part."""
    if facts.proves(part.extent - 1):
        return step
    for read in inside(step.value):
        if isinstance(read, Read) and not read.padded:
            for subscript, size in zip(read.subscripts, tensors[read.tensor].shape, strict=True):
                if not isinstance(subscript, Poly) or part.index in subscript.indices():
                    continue
                if not (facts.proves(subscript) and facts.proves(size - 1 - subscript)):
                    return If(at_least_zero(part.extent - 1), (step,))
    return step


def _masks(top: Value) -> list[Map]:
    """What decides between values of which one is read beyond an edge elsewhere."""
    chosen = (part for part in inside(top) if isinstance(part, Map) and part.op is MapOp.SELECT)
    return [
        mask for mask, *branches in (part.args for part in chosen)
        if isinstance(mask, Map) and mask.op in _RELATIONS and len(mask.axes) == 1
        and any(isinstance(part, Read) and part.padded and mask.axes <= part.over
                for branch in branches for part in inside(branch))
    ]  # fmt: skip


def _is_cheap(top: Value, index: Index) -> bool:
    """Whether nothing else of value along the axis would be computed in parts."""
    for part in inside(top):
        if index in part.axes and isinstance(part, Map) and part.op not in _CHEAP | _RELATIONS:
            return False
        if index in part.axes and isinstance(part, Contract | Fold) and not _masks(part):
            return False
    return True


def _cuts(axis: Axis, masks: Sequence[Map], facts: Facts) -> list[Poly] | None:
    """The first places of the parts but for the first, in order, each of them inside or just behind the axis."""
    found: list[Poly] = []
    for mask in masks:
        cuts = list(_cuts_of(mask, axis.index))
        if not cuts:
            return None
        found += [cut for cut in cuts if cut not in found]
    found = [cut for cut in found if cut not in (axis.low, axis.high + 1)]
    if not 0 < len(found) <= _MOST:
        return None
    if len(found) == _MOST and facts.proves(found[0] - found[1]):
        found.reverse()
    ends = [axis.low, *found, axis.high + 1]
    in_order = all(facts.proves(high - low) for low, high in pairwise(ends))
    return found if in_order else None


def _cuts_of(mask: Map, index: Index) -> Iterator[Poly]:
    """Where the mask changes along the axis."""
    difference = _difference(mask)
    if difference is None:
        return
    slope = difference.coefficient(index)
    if slope not in (Poly.of(1), Poly.of(-1)):
        return
    rest = difference - slope * Poly.of(index)
    zero = -rest if slope == Poly.of(1) else rest  # where the sides are equal
    if index in zero.indices():
        return
    if mask.op in (MapOp.EQUAL, MapOp.NOT_EQUAL):
        yield zero
        yield zero + 1
    else:  # from there on, or just before it, they are equal
        yield zero if (mask.op is MapOp.GREATER_EQUAL) == (slope == Poly.of(1)) else zero + 1


def _difference(mask: Map) -> Poly | None:
    """The left side of a relation less the right one."""
    left, right = (_poly(side) for side in mask.args)
    return None if left is None or right is None else left - right


def _poly(value: Value) -> Poly | None:
    match value:
        case Position(poly) | Scalar(PolyValue(poly)):
            return poly
        case Scalar(Number(number)) if number.denominator == 1:
            return Poly.of(number.numerator)
    return None


# --- a part --------------------------------------------------------------------------------------------
def _decided(step: Define, facts: Facts, tensors: dict[str, Tensor]) -> Define:
    """The definition with what its ranges say: masks that hold or do not, reads that stay inside."""

    def changed(value: Value, children: tuple[Value, ...]) -> Value:
        new = with_children(value, children) if children else value
        match new:
            case Map(MapOp.SELECT, (Map() as mask, then, otherwise)):
                holds = _holds(mask, facts)
                return new if holds is None else then if holds else otherwise
            case Map(MapOp.MULTIPLY, (Scalar(term), other)) | Map(MapOp.MULTIPLY, (other, Scalar(term))) if (
                term is UNIT
            ):
                return other
            case Contract(factors, bound, quiet):
                kept = tuple(factor for factor in factors if not (isinstance(factor, Scalar) and factor.term is UNIT))
                return Contract(kept, bound, quiet) if kept else new
            case Read(tensor, subscripts, over, kind, True) if _stays_inside(subscripts, tensors[tensor], facts):
                return Read(tensor, subscripts, over, kind, False)
        return new

    return step.with_value(rebuilt(step.value, changed))


def _holds(mask: Map, facts: Facts) -> bool | None:
    """Whether it does at all positions, or at none."""
    difference = _difference(mask) if mask.op in _RELATIONS else None
    if difference is None:
        return None
    if mask.op in (MapOp.EQUAL, MapOp.NOT_EQUAL):
        if difference == ZERO or (facts.proves(difference) and facts.proves(-difference)):
            return mask.op is MapOp.EQUAL
        if facts.proves(difference - 1) or facts.proves(-difference - 1):
            return mask.op is MapOp.NOT_EQUAL
        return None
    strict = int(mask.op is MapOp.GREATER)
    if facts.proves(difference - strict):
        return True
    return False if facts.proves(-difference - 1 + strict) else None


def _stays_inside(subscripts: Sequence[Poly | Value], tensor: Tensor, facts: Facts) -> bool:
    return all(
        isinstance(subscript, Poly) and facts.proves(subscript) and facts.proves(size - 1 - subscript)
        for subscript, size in zip(subscripts, tensor.shape, strict=True)
    )


__all__ = ["split_by_masks"]

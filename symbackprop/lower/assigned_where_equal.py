"""One of each row where an equality of integers holds, assigned by itself: the rows are computed without a mask.

    y[m, v] = (a[m, v] - [v = x[m]])·b[m]    becomes   y[m, v] = a[m, v]·b[m],   y[m, x[m]] = (a[m, x[m]] - 1)·b[m]
    y[m, v] = a[m, v]·(b[m, v] + [v = m])    becomes   y[m, v] = a[m, v]·b[m, v],   y[m, m] = a[m, m]·(b[m, m] + 1)

Every element is the very same expression as before, whatever is infinite in it. Where the mask is a summand by itself,
`add_where_equal` adds in place, and need not compute the others again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from symbackprop.lower.solved_equalities import equalities, only_axis, place_of, placed, solved_for, without
from symbackprop.lower.substitution import at_places, captures, substituted
from symbackprop.lower.value_subscripts import indices_of
from symbackprop.lower.value_walks import rebuilt, rewritten, steps_in
from symbackprop.lower.values import (
    Choose,
    Contract,
    Define,
    Deviation,
    Fold,
    Function,
    Map,
    MapOp,
    Scalar,
    Step,
    Value,
    inside,
    with_children,
)
from symbackprop.terms.build import NIL, UNIT, add, mul, neg
from symbackprop.terms.poly import Index, Poly
from symbackprop.terms.program import Op, Tensor
from symbackprop.terms.prove import Facts
from symbackprop.terms.term import Axis


def assign_where_equal(function: Function) -> Function:
    """The function with one of each row assigned by itself in the place of masks inside products."""
    if not any(isinstance(step, Define) and _masks(step) for step in steps_in(function.body)):
        return function

    def changed(step: Step, facts: Facts) -> Iterable[Step]:
        return _split(step, facts, function.tensors) if isinstance(step, Define) else [step]

    return replace(function, body=rewritten(function.body, changed, function.facts))


def _masks(step: Define) -> list[Map]:
    """The equalities, each once, of a value that is computed element by element and assigned."""
    if step.op is not Op.ASSIGN or step.padded:
        return []
    found: dict[Map, None] = {}
    for part in inside(step.value):
        if isinstance(part, Fold | Deviation | Choose) or (isinstance(part, Contract) and part.bound):
            return []
        found |= dict.fromkeys(equalities(part))
    return list(found)


@dataclass(frozen=True, slots=True)
class _Element:
    """One of each row: where it stands, and a value there."""

    subscripts: tuple[Poly | Value, ...]
    axes: tuple[Axis, ...]
    put: Callable[[Value], Value]


def _split(step: Define, facts: Facts, tensors: Mapping[str, Tensor]) -> list[Step]:
    masks = _masks(step)
    if len(masks) != 1:  # what is computed again at one of each row would have another mask
        return [step]
    elsewhere, there = (_given(step.value, masks[0], holds) for holds in (False, True))
    if any(masks[0] == part for value in (elsewhere, there) for part in inside(value)):
        return [step]  # it stands where it can not be decided, too
    for index in sorted(step.left, key=str):
        element = _element(index, masks[0], step, facts, tensors)
        if element is not None:
            one = replace(step, subscripts=element.subscripts, axes=element.axes, value=element.put(there))
            return [step.with_value(elsewhere), one]
    return [step]


def _element(index: Index, equality: Map, step: Define, facts: Facts, tensors: Mapping[str, Tensor]) -> _Element | None:
    axes = {axis.index: axis for axis in step.axes}
    stood = [place for place, subscript in enumerate(step.subscripts) if index in indices_of(subscript)]
    if not all(isinstance(step.subscripts[place], Poly) for place in stood):
        return None
    others = tuple(axis for axis in step.axes if axis.index != index)
    at = place_of(index, equality, axes, step.left, facts)
    if at is not None:
        left = tuple(s.substitute({index: at}) if isinstance(s, Poly) else s for s in step.subscripts)
        return _Element(left, others, lambda value: at_places(value, {index: at}, step.left))
    solved = solved_for(axes[index], equality, facts, tensors)
    if solved is None or not solved.known or not solved.value.axes <= step.left:
        return None
    if captures([step.value], index, solved.value):
        return None
    if not all(only_axis(step.subscripts[place], step.left) == index for place in stood):
        return None
    left = tuple(placed(s, index, solved.value) if place in stood else s for place, s in enumerate(step.subscripts))
    return _Element(left, step.axes, lambda value: substituted(value, solved))


def _given(top: Value, equality: Map, holds: bool) -> Value:
    """The value where the equality is known to hold, or not to, in all the masks that it is one of."""

    def changed(value: Value, children: tuple[Value, ...]) -> Value:
        new = with_children(value, children) if children else value
        mine = next((other for other in equalities(new) if other == equality), None)
        if mine is None:
            return _simpler(new)
        return without(new, mine) if holds else Scalar(NIL)

    return rebuilt(top, changed)


def _simpler(value: Value) -> Value:
    """The value without additions of 0 and products with 1."""
    match value:
        case Map(MapOp.ADD | MapOp.SUBTRACT as op, (Scalar(left), Scalar(right))):
            return Scalar(add(left, right if op is MapOp.ADD else neg(right)))
        case Map(MapOp.MULTIPLY, (Scalar(left), Scalar(right))):
            return Scalar(mul(left, right))
        case Map(MapOp.ADD, (Scalar(zero), other)) | Map(MapOp.ADD | MapOp.SUBTRACT, (other, Scalar(zero))) if (
            zero is NIL
        ):
            return other
        case Map(MapOp.MULTIPLY, (Scalar(one), other)) | Map(MapOp.MULTIPLY | MapOp.DIVIDE, (other, Scalar(one))) if (
            one is UNIT
        ):
            return other
        case Map(MapOp.SUBTRACT, (Scalar(zero), other), kind, quiet) if zero is NIL:
            return Map(MapOp.MULTIPLY, (other, Scalar(neg(UNIT))), kind, quiet)
        case _:
            return value


__all__ = ["assign_where_equal"]

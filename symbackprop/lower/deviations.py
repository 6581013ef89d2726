"""Differences between everything of one side and everything of the other stay inside of the sum that wants them.

    distance[n, k] = Σ_d (p[n, d] - c[k, d])²
    d_c[k, d] = Σ_n w[n, k]·(p[n, d] - c[k, d])

have a difference over n, k and d, larger than all that is given and wanted. As a value of its own, a deviation, the sum
is its target's affair: products of matrices, to begin with, where these lose no digits. Σ_(n, k, d) w·(p - c)², as a
loss may have it, is first Σ_d (p - c)².
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import reduce

from symbackprop.lower.value_walks import rebuilt, rewritten, steps_in
from symbackprop.lower.values import (
    Bind,
    Contract,
    Define,
    Deviation,
    Function,
    Kind,
    Map,
    MapOp,
    Scalar,
    Step,
    Value,
    inside,
    wanted_axes,
    with_children,
)
from symbackprop.terms.build import MINUS
from symbackprop.terms.poly import Index
from symbackprop.terms.prove import Facts


def find_deviations(function: Function) -> Function:
    """The function with such sums as deviations."""
    values = (
        value for step in steps_in(function.body) if isinstance(step, Define | Bind) for value in inside(step.value)
    )
    if not any(isinstance(value, Contract) and any(map(_sides, value.factors)) for value in values):
        return function
    return replace(function, body=rewritten(function.body, _step, function.facts))


def _step(step: Step, _: Facts) -> Iterable[Step]:
    if not isinstance(step, Define | Bind):
        return [step]
    value = rebuilt(step.value, _changed)
    if value is step.value:
        return [step]
    if isinstance(step, Define):
        return [step.with_value(value)]
    return [replace(step, value=value, axes=wanted_axes(step.axes, frozenset(step.outer), value))]


def _changed(value: Value, children: tuple[Value, ...]) -> Value:
    new = with_children(value, children) if children else value
    if not isinstance(new, Contract):
        return new
    squared = next((factor for factor in new.factors if new.factors.count(factor) == 2 and _sides(factor)), None)
    if squared is not None:
        return _squared(new, squared)
    one = [factor for factor in new.factors if _sides(factor)]
    return _weighted(new, one[0]) if len(one) == 1 and len(new.factors) > 1 else new


def _sides(value: Value) -> tuple[Value, Value] | None:
    """What is subtracted from what, where either has axes that the other lacks."""
    match value:
        case Map(MapOp.SUBTRACT, (left, right), Kind.FLOAT) if left.axes - right.axes and right.axes - left.axes:
            return left, right
    return None


def _squared(value: Contract, difference: Value) -> Value:
    """Σ w·(a - b)² with the squares summed first, along all that a and b share."""
    sides = _sides(difference)
    assert sides is not None
    left, right = sides
    others = tuple(factor for factor in value.factors if factor is not difference)
    elsewhere = frozenset[Index]().union(*(factor.axes for factor in others))
    inner = tuple(index for index in value.bound if index in left.axes & right.axes and index not in elsewhere)
    if not inner or left.axes & right.axes != set(inner):
        return value
    distances = Deviation((), left, right, inner, value.quiet)
    outer = tuple(index for index in value.bound if index not in inner)
    return Contract((*others, distances), outer, value.quiet) if others or outer else distances


def _weighted(value: Contract, difference: Value) -> Value:
    """Σ w·(a - b) along axes of one side alone, where the weight lacks some that both sides have."""
    sides = _sides(difference)
    assert sides is not None
    others = [factor for factor in value.factors if factor is not difference]
    weight = reduce(lambda one, other: Map(MapOp.MULTIPLY, (one, other), Kind.FLOAT, value.quiet), others)
    for sign, left, right in ((1, *sides), (-1, *sides[::-1])):
        bound = frozenset(value.bound)
        shared = left.axes - bound
        along = bound and bound <= left.axes and shared and left.axes & right.axes == shared
        if along and all(other.axes == bound | (right.axes - left.axes) for other in others):
            found = Deviation((weight,), left, right, value.bound, value.quiet)
            return found if sign > 0 else Map(MapOp.MULTIPLY, (found, Scalar(MINUS)), Kind.FLOAT, value.quiet)
    return value


__all__ = ["find_deviations"]

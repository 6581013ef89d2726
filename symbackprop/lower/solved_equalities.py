"""Equalities of integers that must hold where a value is not 0, and what they say an axis is."""

from __future__ import annotations

from collections.abc import Mapping

from symbackprop.lower.substitution import Solved, minus
from symbackprop.lower.values import (
    Kind,
    Map,
    MapOp,
    Position,
    Read,
    Scalar,
    Value,
)
from symbackprop.terms.build import NIL, UNIT
from symbackprop.terms.conditions import scaled_poly
from symbackprop.terms.poly import Index, Poly
from symbackprop.terms.program import Tensor
from symbackprop.terms.prove import Facts
from symbackprop.terms.term import Axis


def equalities(factor: Value) -> list[Map]:
    """The equalities of integers that must hold where the factor is not 0."""
    match factor:
        case Map(MapOp.SELECT, (mask, _, Scalar(term))) if term is NIL:
            return _parts(mask)
        case Map(MapOp.COPY, (mask,)) if mask.kind is Kind.BOOL:
            return _parts(mask)
        case _:
            return []


def _parts(mask: Value) -> list[Map]:
    match mask:
        case Map(MapOp.AND, (left, right)):
            return [*_parts(left), *_parts(right)]
        case Map(MapOp.EQUAL, (left, right)) if Kind.FLOAT not in _kinds(left, right):
            return [mask]
        case _:
            return []


def _kinds(*values: Value) -> set[Kind]:
    return {value.kind for value in values if not isinstance(value, Scalar)}


def without(factor: Value, equality: Map) -> Value:
    """The factor where the equality is known to hold."""
    match factor:
        case Map(MapOp.SELECT, (mask, value, zero), kind, quiet):
            rest = _rest(mask, equality)
            return value if rest is None else Map(MapOp.SELECT, (rest, value, zero), kind, quiet)
        case Map(MapOp.COPY, (mask,), kind, quiet):
            rest = _rest(mask, equality)
            return Scalar(UNIT) if rest is None else Map(MapOp.COPY, (rest,), kind, quiet)
        case _:
            raise TypeError(f"no masked value: {factor!r}")


def _rest(mask: Value, equality: Map) -> Value | None:
    """The mask without one of the conditions that it joins."""
    if mask is equality:
        return None
    match mask:
        case Map(MapOp.AND, (left, right), kind, quiet):
            one, other = _rest(left, equality), _rest(right, equality)
            if one is None or other is None:
                return one if other is None else other
            return mask if one is left and other is right else Map(MapOp.AND, (one, other), kind, quiet)
        case _:
            return mask


def solved_for(axis: Axis, equality: Map, facts: Facts, tensors: Mapping[str, Tensor]) -> Solved | None:
    """The axis, where one side is it and a number, and the other is an integer that it does not stand in."""
    for position, other in (equality.args, equality.args[::-1]):
        if not isinstance(position, Position) or axis.index not in position.over or axis.index in other.axes:
            continue
        rest = position.poly - Poly.of(axis.index)
        if axis.index in rest.indices() or isinstance(other, Scalar | Position):
            continue
        value = minus(other, rest, position.over - {axis.index})
        return Solved(axis, value, _in_range(other, rest, axis, facts, tensors), tensors)
    return None


def _in_range(other: Value, shift: Poly, axis: Axis, facts: Facts, tensors: Mapping[str, Tensor]) -> bool:
    """Whether an element of an integer input, less the shift, always lies in the axis's range."""
    if not isinstance(other, Read) or other.padded:
        return False
    high = tensors[other.tensor].high
    if high is None or shift.indices():
        return False
    return facts.proves(-shift - axis.low) and facts.proves(axis.high - (high - 1 - shift))


def place_of(
    index: Index, equality: Map, axes: Mapping[Index, Axis], left: frozenset[Index], facts: Facts
) -> Poly | None:
    """The position, known to lie in its range, where the axis equals a number or what the others of the left side
    say."""
    for position, other in (equality.args, equality.args[::-1]):
        if not isinstance(position, Position) or index not in position.over:
            continue
        rest, equal = position.poly - Poly.of(index), _integer(other)
        if (
            equal is None
            or index in (*rest.indices(), *equal.indices())
            or not {*equal.indices(), *position.over} <= left
        ):
            continue
        at, axis = equal - rest, axes[index]
        inside = facts.with_axes(axes[other] for other in at.indices())
        if inside.proves(at - axis.low) and inside.proves(axis.high - at):
            return at
    return None


def _integer(value: Value) -> Poly | None:
    """What the value is as a polynomial of sizes and positions."""
    match value:
        case Scalar(term):
            found = scaled_poly(term)
            return found[0] if found is not None and found[1] == 1 else None
        case Position(poly):
            return poly
        case _:
            return None


def only_axis(subscript: Poly | Value, left: frozenset[Index]) -> Index | None:
    """The index of a subscript that is one axis of the left side and a number."""
    if not isinstance(subscript, Poly):
        return None
    mine = [index for index in subscript.indices() if index in left]
    return mine[0] if len(mine) == 1 and subscript.coefficient(mine[0]) == 1 else None


def placed(subscript: Poly | Value, index: Index, new: Value) -> Value:
    """The subscript, an axis and a number, with an integer value in the axis's place."""
    assert isinstance(subscript, Poly)
    return minus(new, Poly.of(index) - subscript, frozenset())

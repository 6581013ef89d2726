"""Conditions to masks."""

from __future__ import annotations

from symbackprop.lower.evaluator import Evaluator
from symbackprop.lower.values import Kind, MapOp, Scalar, Value
from symbackprop.terms.build import NIL, integer_condition, poly_value
from symbackprop.terms.integers import fits
from symbackprop.terms.poly import ZERO, Poly
from symbackprop.terms.term import Compare, Connective, Logic, Relation, Term

_COMPARE = {
    Relation.GT: MapOp.GREATER,
    Relation.GE: MapOp.GREATER_EQUAL,
    Relation.EQ: MapOp.EQUAL,
    Relation.NE: MapOp.NOT_EQUAL,
}
_CONNECT = {Connective.AND: MapOp.AND, Connective.OR: MapOp.OR}


def evaluate_condition(ev: Evaluator, condition: Term) -> Value:
    """The truth values of a condition that some axis or tensor decides."""
    integer = integer_condition(condition)
    if integer is not None:
        return _integer(ev, *integer)
    match condition:
        case Compare(relation, left, right):
            if ev.is_integer(left) and ev.is_integer(right):
                return ev.map(_COMPARE[relation], ev.integer(left), ev.integer(right), kind=Kind.BOOL)
            return ev.map(_COMPARE[relation], ev.operand(left), ev.operand(right), kind=Kind.BOOL)
        case Logic(Connective.NOT, (inner,)):
            return ev.map(MapOp.NOT, ev.mask(inner), kind=Kind.BOOL)
        case Logic(connective, args):
            return ev.chain(_CONNECT[connective], map(ev.mask, args), Kind.BOOL)
        case _:
            raise TypeError(f"not a condition: {condition!r}")


def _integer(ev: Evaluator, relation: Relation, poly: Poly) -> Value:
    """poly relation 0, with the positive part on the left and the negative on the right."""
    left = Poly({m: c for m, c in poly.terms if c > 0})
    right = Poly({m: -c for m, c in poly.terms if c < 0})
    value = ev.position if fits(left) and fits(right) else lambda side: ev.operand(poly_value(side))
    sides = [value(side) if side.terms else Scalar(NIL) for side in (left, right)]
    if all(isinstance(side, Scalar) for side in sides):
        return Scalar(poly_value(ZERO))
    return ev.map(_COMPARE[relation], *sides, kind=Kind.BOOL)

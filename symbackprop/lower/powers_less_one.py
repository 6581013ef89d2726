"""What is left of 1 when a power of a number is taken away, in all digits.

    1 - c^u     becomes   -expm1(log(c)·u)
    c^u - 1     becomes   expm1(log(c)·u)

for a number c > 0. In single precision 1 - 0.999^t, of which Adam has one, is off by 5e-5 of itself at its first step.
"""

from __future__ import annotations

from dataclasses import replace

from symbackprop.lower.value_walks import rebuilt, rewritten
from symbackprop.lower.values import Define, Function, Kind, Map, MapOp, Scalar, Step, Value, with_children
from symbackprop.terms.build import MINUS, UNIT, apply, number
from symbackprop.terms.prove import Facts
from symbackprop.terms.term import Function as Elementary
from symbackprop.terms.term import Number


def powers_less_one(function: Function) -> Function:
    """The function with no power of a number near 1 taken from 1."""

    def changed(step: Step, facts: Facts) -> list[Step]:
        return [step.with_value(rebuilt(step.value, _changed)) if isinstance(step, Define) else step]

    return replace(function, body=rewritten(function.body, changed, function.facts))


def _changed(value: Value, children: tuple[Value, ...]) -> Value:
    value = with_children(value, children)
    match value:
        case Map(MapOp.SUBTRACT, (Scalar(one), Map(MapOp.POWER) as power), Kind.FLOAT) if one is UNIT:
            less = _less_one(power)
            return value if less is None else Map(MapOp.MULTIPLY, (less, Scalar(MINUS)), Kind.FLOAT, value.quiet)
        case Map(MapOp.SUBTRACT, (Map(MapOp.POWER) as power, Scalar(one)), Kind.FLOAT) if one is UNIT:
            return _less_one(power) or value
        case Map(MapOp.ADD, (Map(MapOp.POWER) as power, Scalar(one)), Kind.FLOAT) if one is MINUS:
            return _less_one(power) or value
    return value


def _less_one(power: Map) -> Map | None:
    match power.args:
        case Scalar(Number(base)), exponent if base > 0:
            log = Scalar(apply(Elementary.LOG1P, number(base - 1)))  # log(float(c)) has lost what c differs from 1 by
            scaled = Map(MapOp.MULTIPLY, (exponent, log), Kind.FLOAT, power.quiet)
            return Map(MapOp.EXPM1, (scaled,), Kind.FLOAT, power.quiet)
    return None


__all__ = ["powers_less_one"]

"""Operations on single numbers that Python can say, with what NumPy's mean of NaN and infinities.

Where Python raises (1/0, exp(1000), log(0)) the text runs once more on NumPy's numbers, see `straight_text`; here it is
the values that count: `max` and `min` lose NaN, so that both are choices.
"""

from __future__ import annotations

import math
import operator
import sys
from collections.abc import Callable
from typing import Any

from symbackprop.lower.values import Kind, MapOp
from symbackprop.numpy.straight import Apply, Expression, Number, number

__all__ = ["SAID", "Unsayable", "applied"]


class Unsayable(Exception):
    """No expression on single numbers says it."""


# those that stand as they are; all others are made of these
SAID = frozenset({
    MapOp.COPY, MapOp.ADD, MapOp.SUBTRACT, MapOp.MULTIPLY, MapOp.DIVIDE, MapOp.FLOOR_DIVIDE, MapOp.SQRT, MapOp.POWER,
    MapOp.EXP, MapOp.EXPM1, MapOp.LOG, MapOp.LOG1P, MapOp.SIN, MapOp.COS, MapOp.TAN, MapOp.ASIN, MapOp.ACOS,
    MapOp.ATAN, MapOp.ATAN2, MapOp.SINH, MapOp.COSH, MapOp.TANH, MapOp.ASINH, MapOp.ACOSH, MapOp.ATANH, MapOp.ERF,
    MapOp.ABS, MapOp.GREATER, MapOp.GREATER_EQUAL, MapOp.EQUAL, MapOp.NOT_EQUAL, MapOp.AND, MapOp.OR, MapOp.NOT,
    MapOp.SELECT,
})  # fmt: skip
_FOLDED: dict[MapOp, Callable[[Any, Any], Any]] = {
    MapOp.ADD: operator.add, MapOp.SUBTRACT: operator.sub, MapOp.MULTIPLY: operator.mul,
    MapOp.GREATER: operator.gt, MapOp.GREATER_EQUAL: operator.ge, MapOp.EQUAL: operator.eq,
    MapOp.NOT_EQUAL: operator.ne,
}  # fmt: skip
_NEUTRAL = {MapOp.ADD: 0, MapOp.SUBTRACT: 0, MapOp.MULTIPLY: 1, MapOp.DIVIDE: 1}
_COMMUTES = (MapOp.ADD, MapOp.MULTIPLY)


def applied(op: MapOp, args: tuple[Expression, ...], kind: Kind) -> Expression:
    """The operation on these, worked out where it is one of numbers."""
    if kind is Kind.INT:
        args = tuple(_whole(arg) for arg in args)
    match op, args:
        case ((MapOp.COPY | MapOp.SELECT | MapOp.NOT), _):
            return _chosen(op, args, kind)
        case ((MapOp.AND | MapOp.OR), (one, other)):
            return _joined(op, one, other)
        case _, (Number(one), Number(other)) if op in _FOLDED:
            return number(_FOLDED[op](one, other))
        case MapOp.DIVIDE, (Number(one), Number(other)) if other:
            return number(one / other)
        case _, (arg, Number(value)) if _NEUTRAL.get(op) == value:
            return arg
        case _, (Number(value), arg) if op in _COMMUTES and _NEUTRAL[op] == value:
            return arg
        case MapOp.FLOOR_DIVIDE, (_, below) if not (isinstance(below, Number) and below.value):
            raise Unsayable(op.value)
        case _ if op in SAID:
            return Apply(op, args, kind)
        case _:
            return _made(op, args)


def _chosen(op: MapOp, args: tuple[Expression, ...], kind: Kind) -> Expression:
    """A choice, or what is as it is or the opposite."""
    match op, args:
        case MapOp.COPY, (Number(value),):
            return number(float(value))
        case MapOp.COPY, (arg,) if arg.kind is Kind.BOOL:
            return applied(MapOp.SELECT, (arg, number(1.0), number(0.0)), Kind.FLOAT)
        case MapOp.COPY, (arg,) if arg.kind is Kind.FLOAT:
            return arg
        case MapOp.SELECT, (Number(value), then, otherwise):
            return then if value else otherwise
        case MapOp.SELECT, (_, then, otherwise) if then is otherwise:
            return then
        case MapOp.NOT, (Number(value),):
            return number(not value)
        case _:
            return Apply(op, args, kind)


def _whole(arg: Expression) -> Expression:
    return number(int(arg.value)) if isinstance(arg, Number) else arg


def _joined(op: MapOp, one: Expression, other: Expression) -> Expression:
    for this, that in ((one, other), (other, one)):
        if isinstance(this, Number):
            return that if bool(this.value) is (op is MapOp.AND) else number(op is MapOp.OR)
    return one if one is other else Apply(op, (one, other), Kind.BOOL)


def _made(op: MapOp, args: tuple[Expression, ...]) -> Expression:
    """Of those that are said."""

    def of(op: MapOp, *args: Expression) -> Expression:
        return applied(op, args, Kind.FLOAT)

    one, zero, minus = number(1.0), number(0.0), number(-1.0)
    match op, args:
        case MapOp.SQUARE, (x,):
            return of(MapOp.MULTIPLY, x, x)
        case ((MapOp.MAXIMUM | MapOp.MINIMUM), (x, y)):
            return _extreme(op, x, y)
        case MapOp.SIGN, (x,):
            return of(MapOp.SELECT, _holds(MapOp.GREATER, x, zero), one,
                      of(MapOp.SELECT, _holds(MapOp.GREATER, zero, x), minus, x))  # fmt: skip
        case MapOp.SIGMOID, (x,):
            return of(MapOp.DIVIDE, one, of(MapOp.ADD, one, of(MapOp.EXP, of(MapOp.MULTIPLY, minus, x))))
        case MapOp.SOFTPLUS, (x,):  # log(1 + exp(x)), the exponential never large
            small = of(MapOp.EXP, of(MapOp.MULTIPLY, minus, of(MapOp.ABS, x)))
            return of(MapOp.ADD, of(MapOp.MAXIMUM, x, zero), of(MapOp.LOG1P, small))
        case MapOp.LOG_SIGMOID, (x,):
            return of(MapOp.MULTIPLY, minus, of(MapOp.SOFTPLUS, of(MapOp.MULTIPLY, minus, x)))
        case MapOp.EXP_NORMALIZED, (u, v):  # where v, the largest u, is infinite: as `_exp_normalized` has it
            within = of(MapOp.MINIMUM, v, number(sys.float_info.max))
            return of(MapOp.SELECT, _holds(MapOp.EQUAL, v, number(-math.inf)), zero,
                      of(MapOp.EXP, of(MapOp.SUBTRACT, u, within)))  # fmt: skip
        case _:
            raise Unsayable(op.value)


def _holds(op: MapOp, one: Expression, other: Expression) -> Expression:
    return applied(op, (one, other), Kind.BOOL)


def _extreme(op: MapOp, x: Expression, y: Expression) -> Expression:
    """The larger or lesser, NaN where one is."""
    if isinstance(x, Number):
        x, y = y, x
    large = op is MapOp.MAXIMUM
    if isinstance(y, Number) and not math.isnan(y.value):
        beyond = (y, x) if large else (x, y)
        return applied(MapOp.SELECT, (_holds(MapOp.GREATER, *beyond), y, x), Kind.FLOAT)
    better = _holds(MapOp.GREATER_EQUAL, *((x, y) if large else (y, x)))
    chosen = _joined(MapOp.OR, better, _holds(MapOp.NOT_EQUAL, x, x))
    return applied(MapOp.SELECT, (chosen, x, y), Kind.FLOAT)

"""Integers: subscripts, indices and integer tensors as numbers, computed exactly in intp, which holds them."""

from __future__ import annotations

from symbackprop.lower.evaluator import Evaluator
from symbackprop.lower.reading import read
from symbackprop.lower.values import Kind, MapOp, Scalar, Value
from symbackprop.terms.build import logic_not, number
from symbackprop.terms.integers import as_quotient
from symbackprop.terms.term import Access, Add, Apply, Function, Mul, PolyValue, Power, Term, Where

_FUNCTIONS = {Function.MAX: MapOp.MAXIMUM, Function.MIN: MapOp.MINIMUM}


def evaluate_integer(ev: Evaluator, term: Term) -> Value:
    """An integer term's value: INT values."""
    match term:
        case PolyValue(poly):
            return ev.position(poly)
        case Access():
            return read(ev, term)
        case Add(args):
            return ev.chain(MapOp.ADD, [ev.integer(arg) for arg in args], Kind.INT)
        case Mul(args):
            return ev.chain(MapOp.MULTIPLY, [ev.integer(arg) for arg in args], Kind.INT)
        case Power(base, exponent):
            return ev.chain(MapOp.MULTIPLY, [ev.integer(base)] * exponent.numerator, Kind.INT)
        case Where(condition, then, otherwise):
            with ev.guarded(condition):
                first = ev.integer(then)
            with ev.guarded(logic_not(condition)):
                second = ev.integer(otherwise)
            return ev.map(MapOp.SELECT, ev.mask(condition), first, second, kind=Kind.INT)
        case Apply(Function.MAX | Function.MIN as function, args):
            return ev.chain(_FUNCTIONS[function], [ev.integer(arg) for arg in args], Kind.INT)
        case Apply(Function.ABS, (inner,)):
            return ev.map(MapOp.ABS, ev.integer(inner), kind=Kind.INT)
        case Apply(Function.SIGN, (inner,)):
            return ev.map(MapOp.SIGN, ev.integer(inner), kind=Kind.INT)
        case Apply(Function.FLOOR, (inner,)):
            over = as_quotient(inner, ev.context.integers)
            assert over is not None, inner
            above, below = over
            return ev.map(MapOp.FLOOR_DIVIDE, ev.integer(above), Scalar(number(below)), kind=Kind.INT)
        case _:
            raise TypeError(f"not an integer: {term!r}")

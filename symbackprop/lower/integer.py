"""Integers: subscripts, indices and integer tensors as numbers, computed exactly in intp."""

from __future__ import annotations

from collections.abc import Sequence
from math import lcm
from typing import TYPE_CHECKING

from symbackprop.lower.reading import read
from symbackprop.lower.values import Kind, MapOp, Scalar, Value
from symbackprop.terms.arithmetic import counts
from symbackprop.terms.build import add, mul, number, split_coefficient
from symbackprop.terms.program import DType, Tensor
from symbackprop.terms.term import Access, Add, Apply, Function, Mul, Number, PolyValue, Power, Term

if TYPE_CHECKING:
    from symbackprop.lower.evaluator import Evaluator

_FUNCTIONS = {Function.MAX: MapOp.MAXIMUM, Function.MIN: MapOp.MINIMUM}


def is_integer(term: Term, table: dict[str, Tensor]) -> bool:
    """Whether the term is made of integers alone."""
    match term:
        case Number(value):
            return counts(value)
        case PolyValue():
            return True
        case Access(tensor):
            return table[tensor].dtype is DType.INT
        case Add(args) | Mul(args) | Apply(Function.MAX | Function.MIN | Function.ABS | Function.SIGN, args):
            return all(is_integer(arg, table) for arg in args)
        case Power(base, exponent):
            return exponent.denominator == 1 and exponent > 0 and is_integer(base, table)
        case Apply(Function.FLOOR, (inner,)):
            return _over(inner, table) is not None
        case _:
            return False


def _over(term: Term, table: dict[str, Tensor]) -> tuple[Term, int] | None:
    """(n, d) with term = n/d, an integer term over a positive integer."""
    args = term.args if isinstance(term, Add) else (term,)
    parts = [split_coefficient(arg) if not isinstance(arg, Number) else (arg.value, number(1)) for arg in args]
    if not all(is_integer(rest, table) for _, rest in parts):
        return None
    d = lcm(*(coefficient.denominator for coefficient, _ in parts))
    return add(*(mul(number(coefficient * d), rest) for coefficient, rest in parts)), d


def evaluate_integer(ev: Evaluator, term: Term) -> Value:
    """An integer term's value: INT values."""
    match term:
        case PolyValue(poly):
            return ev.position(poly)
        case Access():
            return read(ev, term)
        case Add(args):
            return _chain(ev, MapOp.ADD, [ev.integer(arg) for arg in args])
        case Mul(args):
            return _chain(ev, MapOp.MULTIPLY, [ev.integer(arg) for arg in args])
        case Power(base, exponent):
            return _chain(ev, MapOp.MULTIPLY, [ev.integer(base)] * exponent.numerator)
        case Apply(Function.MAX | Function.MIN as function, args):
            return _chain(ev, _FUNCTIONS[function], [ev.integer(arg) for arg in args])
        case Apply(Function.ABS, (inner,)):
            return ev.map(MapOp.ABS, ev.integer(inner), kind=Kind.INT)
        case Apply(Function.SIGN, (inner,)):
            return ev.map(MapOp.SIGN, ev.integer(inner), kind=Kind.INT)
        case Apply(Function.FLOOR, (inner,)):
            over = _over(inner, ev.context.table)
            assert over is not None, inner
            above, below = over
            return ev.map(MapOp.FLOOR_DIVIDE, ev.integer(above), Scalar(number(below)), kind=Kind.INT)
        case _:
            raise TypeError(f"not an integer: {term!r}")


def _chain(ev: Evaluator, op: MapOp, values: Sequence[Value]) -> Value:
    total = values[0]
    for operand in values[1:]:
        total = ev.map(op, total, operand, kind=Kind.INT)
    return total

"""SymPy's functions of numbers, each as a term of its arguments' terms: one line each."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import sympy
from sympy.codegen import cfunctions

from symbackprop.terms.build import (
    NIL,
    UNIT,
    add,
    apply,
    compare,
    div,
    indicator,
    mul,
    number,
    power,
    sqrt,
    sub,
    where,
)
from symbackprop.terms.term import Constant, ConstantKind, Function, Relation, Term

Reader = Callable[..., Term]


def _function(function: Function) -> Reader:
    return lambda *args: apply(function, *args)


def _inverse(reader: Reader) -> Reader:
    """1/f(x)."""
    return lambda x: power(reader(x), -1)


def _of_inverse(function: Function) -> Reader:
    """f(1/x)."""
    return lambda x: apply(function, power(x, -1))


def _heaviside(x: Term, at_zero: Term) -> Term:
    return where(compare(Relation.GT, x, NIL), UNIT, where(compare(Relation.EQ, x, NIL), at_zero, NIL))


def _modulo(x: Term, y: Term) -> Term:
    return sub(x, mul(y, apply(Function.FLOOR, div(x, y))))


FUNCTIONS: dict[type, Reader] = {
    sympy.exp: _function(Function.EXP),
    sympy.log: _function(Function.LOG),
    sympy.sin: _function(Function.SIN),
    sympy.cos: _function(Function.COS),
    sympy.tan: _function(Function.TAN),
    sympy.sec: _inverse(_function(Function.COS)),
    sympy.csc: _inverse(_function(Function.SIN)),
    sympy.cot: lambda x: div(apply(Function.COS, x), apply(Function.SIN, x)),
    sympy.sinc: lambda x: where(compare(Relation.EQ, x, NIL), UNIT, div(apply(Function.SIN, x), x)),
    sympy.asin: _function(Function.ASIN),
    sympy.acos: _function(Function.ACOS),
    sympy.atan: _function(Function.ATAN),
    sympy.asec: _of_inverse(Function.ACOS),
    sympy.acsc: _of_inverse(Function.ASIN),
    sympy.acot: _of_inverse(Function.ATAN),
    sympy.atan2: _function(Function.ATAN2),
    sympy.sinh: _function(Function.SINH),
    sympy.cosh: _function(Function.COSH),
    sympy.tanh: _function(Function.TANH),
    sympy.sech: _inverse(_function(Function.COSH)),
    sympy.csch: _inverse(_function(Function.SINH)),
    sympy.coth: _inverse(_function(Function.TANH)),
    sympy.asinh: _function(Function.ASINH),
    sympy.acosh: _function(Function.ACOSH),
    sympy.atanh: _function(Function.ATANH),
    sympy.asech: _of_inverse(Function.ACOSH),
    sympy.acsch: _of_inverse(Function.ASINH),
    sympy.acoth: _of_inverse(Function.ATANH),
    sympy.erf: _function(Function.ERF),
    sympy.erfc: lambda x: sub(UNIT, apply(Function.ERF, x)),
    sympy.Abs: _function(Function.ABS),
    sympy.sign: _function(Function.SIGN),
    sympy.floor: _function(Function.FLOOR),
    sympy.ceiling: _function(Function.CEILING),
    sympy.re: lambda x: x,  # SymPy brings these in where it does not see that floor(x) is real
    sympy.im: lambda x: NIL,
    sympy.conjugate: lambda x: x,
    sympy.arg: lambda x: where(compare(Relation.GT, NIL, x), Constant(ConstantKind.PI), NIL),
    sympy.frac: lambda x: sub(x, apply(Function.FLOOR, x)),
    sympy.Mod: _modulo,
    sympy.Max: _function(Function.MAX),
    sympy.Min: _function(Function.MIN),
    sympy.Heaviside: _heaviside,
    sympy.KroneckerDelta: lambda i, j, *_: indicator(compare(Relation.EQ, i, j)),
    cfunctions.expm1: _function(Function.EXPM1),
    cfunctions.log1p: _function(Function.LOG1P),
    cfunctions.exp2: lambda x: apply(Function.POW, number(2), x),
    cfunctions.log2: lambda x: div(apply(Function.LOG, x), apply(Function.LOG, number(2))),
    cfunctions.log10: lambda x: div(apply(Function.LOG, x), apply(Function.LOG, number(10))),
    cfunctions.Sqrt: sqrt,
    cfunctions.Cbrt: lambda x: power(x, Fraction(1, 3)),
    cfunctions.hypot: lambda x, y: sqrt(add(power(x, 2), power(y, 2))),
}
"""A SymPy head -> how its term is made. Value and derivative are those of the definition by these identities."""

CONSTANTS: dict[sympy.Basic, ConstantKind] = {
    sympy.pi: ConstantKind.PI,
    sympy.E: ConstantKind.E,
    sympy.EulerGamma: ConstantKind.EULER_GAMMA,
    sympy.GoldenRatio: ConstantKind.GOLDEN_RATIO,
    sympy.Catalan: ConstantKind.CATALAN,
    sympy.oo: ConstantKind.INFINITY,
    -sympy.oo: ConstantKind.NEGATIVE_INFINITY,
}

"""The vocabulary: each head of SymPy's and of ours, and the term that it stands for, a row each.

    SAME          functions that terms have as well; `reader` goes from left to right, `sympy_form` back
    FUNCTIONS     these, and those that are made of others: identities, and activations
    CONSTANTS, RELATIONS

Value and derivative are those of the definition, and an activation's follow PyTorch's at every kink.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import partial

import sympy
from sympy.codegen import cfunctions

from symbackprop.language import activations as f
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

CONSTANTS: dict[sympy.Basic, ConstantKind] = {
    sympy.pi: ConstantKind.PI,
    sympy.E: ConstantKind.E,
    sympy.EulerGamma: ConstantKind.EULER_GAMMA,
    sympy.GoldenRatio: ConstantKind.GOLDEN_RATIO,
    sympy.Catalan: ConstantKind.CATALAN,
    sympy.oo: ConstantKind.INFINITY,
    -sympy.oo: ConstantKind.NEGATIVE_INFINITY,
}

RELATIONS: dict[type, tuple[Relation, bool]] = {
    sympy.StrictGreaterThan: (Relation.GT, False),
    sympy.GreaterThan: (Relation.GE, False),
    sympy.StrictLessThan: (Relation.GT, True),
    sympy.LessThan: (Relation.GE, True),
    sympy.Equality: (Relation.EQ, False),
    sympy.Unequality: (Relation.NE, False),
}
"""A relation, and whether the sides change places."""

SAME: dict[type, Function] = {
    sympy.exp: Function.EXP,
    sympy.log: Function.LOG,
    sympy.sin: Function.SIN,
    sympy.cos: Function.COS,
    sympy.tan: Function.TAN,
    sympy.asin: Function.ASIN,
    sympy.acos: Function.ACOS,
    sympy.atan: Function.ATAN,
    sympy.atan2: Function.ATAN2,
    sympy.sinh: Function.SINH,
    sympy.cosh: Function.COSH,
    sympy.tanh: Function.TANH,
    sympy.asinh: Function.ASINH,
    sympy.acosh: Function.ACOSH,
    sympy.atanh: Function.ATANH,
    sympy.erf: Function.ERF,
    sympy.Abs: Function.ABS,
    sympy.sign: Function.SIGN,
    sympy.floor: Function.FLOOR,
    sympy.ceiling: Function.CEILING,
    sympy.Max: Function.MAX,
    sympy.Min: Function.MIN,
    f.sigmoid: Function.SIGMOID,
    f.log_sigmoid: Function.LOG_SIGMOID,
    f.relu: Function.RELU,
    f.stop_gradient: Function.STOP_GRADIENT,
}


# --- identities ----------------------------------------------------------------------------------------
def _inverse(function: Function) -> Reader:
    """1/f(x)."""
    return lambda x: power(apply(function, x), -1)


def _of_inverse(function: Function) -> Reader:
    """f(1/x)."""
    return lambda x: apply(function, power(x, -1))


def _heaviside(x: Term, at_zero: Term) -> Term:
    return where(compare(Relation.GT, x, NIL), UNIT, where(compare(Relation.EQ, x, NIL), at_zero, NIL))


def _modulo(x: Term, y: Term) -> Term:
    return sub(x, mul(y, apply(Function.FLOOR, div(x, y))))


IDENTITIES: dict[type, Reader] = {
    sympy.sec: _inverse(Function.COS),
    sympy.csc: _inverse(Function.SIN),
    sympy.cot: lambda x: div(apply(Function.COS, x), apply(Function.SIN, x)),
    sympy.sinc: lambda x: where(compare(Relation.EQ, x, NIL), UNIT, div(apply(Function.SIN, x), x)),
    sympy.asec: _of_inverse(Function.ACOS),
    sympy.acsc: _of_inverse(Function.ASIN),
    sympy.acot: _of_inverse(Function.ATAN),
    sympy.sech: _inverse(Function.COSH),
    sympy.csch: _inverse(Function.SINH),
    sympy.coth: _inverse(Function.TANH),
    sympy.asech: _of_inverse(Function.ACOSH),
    sympy.acsch: _of_inverse(Function.ASINH),
    sympy.acoth: _of_inverse(Function.ATANH),
    sympy.erfc: lambda x: sub(UNIT, apply(Function.ERF, x)),
    sympy.re: lambda x: x,  # SymPy brings these in where it does not see that floor(x) is real
    sympy.im: lambda x: NIL,
    sympy.conjugate: lambda x: x,
    sympy.arg: lambda x: where(compare(Relation.GT, NIL, x), Constant(ConstantKind.PI), NIL),
    sympy.frac: lambda x: sub(x, apply(Function.FLOOR, x)),
    sympy.Mod: _modulo,
    sympy.Heaviside: _heaviside,
    sympy.KroneckerDelta: lambda i, j, *_: indicator(compare(Relation.EQ, i, j)),
    cfunctions.expm1: partial(apply, Function.EXPM1),
    cfunctions.log1p: partial(apply, Function.LOG1P),
    cfunctions.exp2: lambda x: apply(Function.POW, number(2), x),
    cfunctions.log2: lambda x: div(apply(Function.LOG, x), apply(Function.LOG, number(2))),
    cfunctions.log10: lambda x: div(apply(Function.LOG, x), apply(Function.LOG, number(10))),
    cfunctions.Sqrt: sqrt,
    cfunctions.Cbrt: lambda x: power(x, Fraction(1, 3)),
    cfunctions.hypot: lambda x, y: sqrt(add(power(x, 2), power(y, 2))),
}

# --- activations ---------------------------------------------------------------------------------------
_HALF = number(Fraction(1, 2))
_SELU_ALPHA = number(Fraction("1.6732632423543772"))
_SELU_SCALE = number(Fraction("1.0507009873554805"))


def _positive(x: Term) -> Term:
    return compare(Relation.GT, x, NIL)


def _softplus(x: Term, beta: Term = UNIT) -> Term:
    return div(apply(Function.SOFTPLUS, mul(beta, x)), beta)


def _leaky_relu(x: Term, negative_slope: Term) -> Term:
    return where(_positive(x), x, mul(negative_slope, x))


def _elu(x: Term, alpha: Term = UNIT) -> Term:
    return where(_positive(x), x, mul(alpha, apply(Function.EXPM1, x)))


def _selu(x: Term) -> Term:
    return mul(_SELU_SCALE, _elu(x, _SELU_ALPHA))


def gelu(x: Term) -> Term:
    return mul(_HALF, x, add(UNIT, apply(Function.ERF, mul(x, power(number(2), Fraction(-1, 2))))))


def gelu_tanh(x: Term) -> Term:
    scale = sqrt(div(number(2), Constant(ConstantKind.PI)))
    inside = mul(scale, add(x, mul(Fraction("0.044715"), power(x, 3))))
    return mul(_HALF, x, add(UNIT, apply(Function.TANH, inside)))


def _mish(x: Term) -> Term:
    return mul(x, apply(Function.TANH, _softplus(x)))


def _between(x: Term, low: Term, high: Term, values: tuple[Term, Term, Term]) -> Term:
    """The values up to `low`, between, and from `high` on."""
    below, middle, above = values
    return where(compare(Relation.GE, low, x), below, where(compare(Relation.GE, x, high), above, middle))


def _hardtanh(x: Term, low: Term, high: Term) -> Term:
    return _between(x, low, high, (low, x, high))


def _hardsigmoid(x: Term) -> Term:
    return _between(x, number(-3), number(3), (NIL, add(mul(Fraction(1, 6), x), _HALF), UNIT))


def _hardswish(x: Term) -> Term:
    return _between(x, number(-3), number(3), (NIL, mul(Fraction(1, 6), x, add(x, number(3))), x))


def _softsign(x: Term) -> Term:
    return div(x, add(UNIT, apply(Function.ABS, x)))


ACTIVATIONS: dict[type, Reader] = {
    f.softplus: _softplus,
    f.leaky_relu: _leaky_relu,
    f.elu: _elu,
    f.selu: _selu,
    f.silu: lambda x: mul(x, apply(Function.SIGMOID, x)),
    f.mish: _mish,
    f.hardtanh: _hardtanh,
    f.hardsigmoid: _hardsigmoid,
    f.hardswish: _hardswish,
    f.softsign: _softsign,
}
"""From the terms of all arguments (gelu, whose second argument is a word, has `gelu` and `gelu_tanh`)."""

FUNCTIONS: dict[type, Reader] = {
    **{head: partial(apply, function) for head, function in SAME.items()}, **IDENTITIES, **ACTIVATIONS,
}  # fmt: skip

"""High precision: 60 decimal digits by mpmath, for reference values and to confirm what residues find."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import partial
from typing import Any

import mpmath  # SymPy stands on it

from symbackprop.interpret.failures import Degenerate
from symbackprop.interpret.number_system import Arithmetic, holds
from symbackprop.terms.term import ConstantKind, Function, Relation

DIGITS = 60
# as mpmath calls them
_CONSTANTS = {
    ConstantKind.PI: "pi", ConstantKind.E: "e", ConstantKind.EULER_GAMMA: "euler", ConstantKind.GOLDEN_RATIO: "phi",
    ConstantKind.CATALAN: "catalan", ConstantKind.INFINITY: "inf", ConstantKind.NEGATIVE_INFINITY: "ninf",
}  # fmt: skip


class Precise(Arithmetic):
    """Real numbers of mpmath; NaN where a function has no real value."""

    def __init__(self, digits: int = DIGITS) -> None:
        self.context = mpmath.MPContext()
        self.context.dps = digits
        self.one, self.zero = self.context.mpf(1), self.context.mpf(0)
        self.infinity, self.nan = self.context.inf, self.context.nan

    def number(self, value: Fraction) -> Any:
        return self.context.mpf(value.numerator) / value.denominator

    def constant(self, kind: ConstantKind) -> Any:
        return +getattr(self.context, _CONSTANTS[kind])

    def given(self, value: Any) -> Any:
        return self.number(value) if isinstance(value, Fraction) else self.context.mpf(value)

    def add(self, values: Sequence[Any]) -> Any:
        return sum(values, start=self.zero)

    def multiply(self, values: Sequence[Any]) -> Any:
        product = self.one
        for value in values:
            product = product * value
        return product

    def power(self, base: Any, exponent: Fraction) -> Any:
        return self.raised(base, self.number(exponent))

    def raised(self, base: Any, exponent: Any) -> Any:
        integral = self.context.isint(exponent)
        if base == 0 and exponent < 0:
            return self.infinity
        if base < 0 and not integral:
            return self.nan
        return base ** (int(exponent) if integral else exponent)

    def apply(self, function: Function, values: Sequence[Any]) -> Any:
        if any(self.context.isnan(value) for value in values):
            return self.nan
        rule = getattr(self.context, function.value) if function in _SAME else partial(_RULES[function], self)
        value = rule(*values)
        return self.nan if isinstance(value, self.context.mpc) else value

    def softplus(self, u: Any) -> Any:
        return max(u, self.zero) + self.context.log1p(self.context.exp(-abs(u)))

    def compare(self, relation: Relation, left: Any, right: Any) -> bool:
        if self.context.isnan(left) or self.context.isnan(right):
            raise Degenerate("no number to compare")
        return holds(relation, left, right)

    def log_sum_exp(self, values: Sequence[Any]) -> Any:
        if any(self.context.isnan(value) for value in values):
            return self.nan
        top = max(values, default=-self.infinity)
        if self.context.isinf(top):
            return top
        return top + self.context.log(self.add([self.context.exp(value - top) for value in values]))

    def integer_of(self, value: Any) -> int:
        return int(value)


def _exp_normalized(p: Precise, u: Any, v: Any) -> Any:
    if -p.infinity in (u, v):
        return p.zero
    return p.infinity if u == v == p.infinity else p.context.exp(u - v)


def _sigmoid(p: Precise, u: Any) -> Any:
    if u >= 0:
        return 1 / (1 + p.context.exp(-u))
    e = p.context.exp(u)
    return e / (1 + e)


# those that mpmath has under the same name
_SAME = (
    Function.EXP, Function.EXPM1, Function.LOG1P, Function.SIN, Function.COS, Function.TAN, Function.ASIN,
    Function.ACOS, Function.ATAN, Function.ATAN2, Function.SINH, Function.COSH, Function.TANH, Function.ASINH,
    Function.ACOSH, Function.ERF, Function.FLOOR,
)  # fmt: skip
# f -> (arithmetic, u, …) -> f(u, …), of numbers; a complex value is none
_RULES: dict[Function, Callable[..., Any]] = {
    Function.LOG: lambda p, u: p.context.log(u) if u else -p.infinity,
    Function.ATANH: lambda p, u: u * p.infinity if abs(u) == 1 else p.context.atanh(u),
    Function.SIGMOID: _sigmoid,
    Function.SOFTPLUS: lambda p, u: p.softplus(u),
    Function.LOG_SIGMOID: lambda p, u: -p.softplus(-u),
    Function.LOG_ADD_EXP: lambda p, *values: p.log_sum_exp(values),
    Function.LOG_COSH: lambda p, u: abs(u) + p.softplus(-2 * abs(u)) - p.context.log(2),
    Function.EXP_NORMALIZED: _exp_normalized,
    Function.SECH: lambda p, u: p.zero if p.context.isinf(u) else p.context.sech(u),
    Function.CSCH: lambda p, u: p.zero if p.context.isinf(u) else p.raised(p.context.sinh(u), -1),
    Function.BOSE: lambda p, u: p.raised(p.context.expm1(u), -1),
    Function.DIFFERENCE: lambda p, u, v: u - v,
    Function.POW: lambda p, u, exponent: p.raised(u, exponent),
    Function.RELU: lambda p, u: max(u, p.zero),
    Function.ABS: lambda p, u: abs(u),
    Function.SIGN: lambda p, u: p.context.mpf((u > 0) - (u < 0)),
    Function.MAX: lambda p, *values: max(values),
    Function.MIN: lambda p, *values: min(values),
    Function.CEILING: lambda p, u: p.context.ceil(u),
    Function.STOP_GRADIENT: lambda p, u: u,
}

"""High precision: 60 decimal digits by mpmath, for reference values and to confirm what residues find."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import mpmath  # SymPy stands on it

from symbackprop.interpret.arithmetic import Arithmetic, holds
from symbackprop.interpret.failures import Degenerate
from symbackprop.terms.term import ConstantKind, Function, Relation

DIGITS = 60


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
        match kind:
            case ConstantKind.PI:
                return +self.context.pi
            case ConstantKind.E:
                return +self.context.e
            case ConstantKind.EULER_GAMMA:
                return +self.context.euler
            case ConstantKind.GOLDEN_RATIO:
                return +self.context.phi
            case ConstantKind.CATALAN:
                return +self.context.catalan
            case ConstantKind.INFINITY:
                return self.infinity
            case ConstantKind.NEGATIVE_INFINITY:
                return -self.infinity

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
        return self._power(base, self.number(exponent))

    def _power(self, base: Any, exponent: Any) -> Any:
        integral = self.context.isint(exponent)
        if base == 0 and exponent < 0:
            return self.infinity
        if base < 0 and not integral:
            return self.nan
        return base ** (int(exponent) if integral else exponent)

    def apply(self, function: Function, values: Sequence[Any]) -> Any:
        u = values[0]
        if any(self.context.isnan(value) for value in values):
            return self.nan
        match function:
            case Function.MAX:
                return max(values)
            case Function.MIN:
                return min(values)
            case Function.POW:
                return self._power(*values)
            case Function.ATAN2:
                return self.context.atan2(*values)
            case Function.EXP_NORMALIZED:
                if -self.infinity in values:
                    return self.zero
                return self.infinity if u == values[1] == self.infinity else self.context.exp(u - values[1])
            case Function.LOG_ADD_EXP:
                return self.log_sum_exp(values)
            case Function.LOG_COSH:
                return abs(u) + self._softplus(-2 * abs(u)) - self.context.log(2)
            case Function.SECH | Function.CSCH if self.context.isinf(u):
                return self.zero
            case Function.CSCH:
                return self._power(self.context.sinh(u), -1)
            case Function.BOSE:
                return self._power(self.context.expm1(u), -1)
            case Function.DIFFERENCE:
                return u - values[1]
            case Function.SIGMOID:
                return self._sigmoid(u)
            case Function.SOFTPLUS:
                return self._softplus(u)
            case Function.LOG_SIGMOID:
                return -self._softplus(-u)
            case Function.RELU:
                return max(u, self.zero)
            case Function.ABS:
                return abs(u)
            case Function.SIGN:
                return self.context.mpf((u > 0) - (u < 0))
            case Function.STOP_GRADIENT:
                return u
            case Function.CEILING:
                return self.context.ceil(u)
            case Function.LOG if u == 0:
                return -self.infinity
            case Function.ATANH if abs(u) == 1:
                return u * self.infinity
            case _:
                return self._real(getattr(self.context, function.value)(u))

    def _real(self, value: Any) -> Any:
        return self.nan if isinstance(value, self.context.mpc) else value

    def _sigmoid(self, u: Any) -> Any:
        if u >= 0:
            return 1 / (1 + self.context.exp(-u))
        e = self.context.exp(u)
        return e / (1 + e)

    def _softplus(self, u: Any) -> Any:
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

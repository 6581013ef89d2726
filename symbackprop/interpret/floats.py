"""Python floats as IEEE 754 has them: infinities and NaN come out where they are due, and no exception is raised."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from ctypes import c_float
from fractions import Fraction
from typing import Any

from symbackprop.interpret.number_system import Arithmetic, holds
from symbackprop.terms.term import ConstantKind, Function, Relation

_CONSTANTS = {
    ConstantKind.PI: math.pi,
    ConstantKind.E: math.e,
    ConstantKind.EULER_GAMMA: 0.5772156649015328606,
    ConstantKind.GOLDEN_RATIO: (1 + math.sqrt(5)) / 2,
    ConstantKind.CATALAN: 0.91596559417721901505,
    ConstantKind.INFINITY: math.inf,
    ConstantKind.NEGATIVE_INFINITY: -math.inf,
}


class Float(Arithmetic):
    """64-bit floats."""

    def number(self, value: Fraction) -> float:
        return float(value)

    def constant(self, kind: ConstantKind) -> float:
        return _CONSTANTS[kind]

    def given(self, value: Any) -> float:
        return float(value)

    def add(self, values: Sequence[float]) -> float:
        try:
            return math.fsum(values)
        except (OverflowError, ValueError):  # it raises where a plain sum is infinite or NaN
            return sum(values)

    def multiply(self, values: Sequence[float]) -> float:
        return math.prod(values, start=1.0)

    def power(self, base: float, exponent: Fraction) -> float:
        if exponent == Fraction(1, 2):
            return _guarded(math.sqrt)(base)
        return _power(base, float(exponent))

    def apply(self, function: Function, values: Sequence[float]) -> float:
        match function:
            case Function.MAX:
                return math.nan if any(map(math.isnan, values)) else max(values)
            case Function.MIN:
                return math.nan if any(map(math.isnan, values)) else min(values)
            case Function.POW:
                return _power(*values)
            case Function.ATAN2:
                return math.atan2(*values)
            case Function.EXP_NORMALIZED:
                u, v = values
                if math.isnan(u) or math.isnan(v):
                    return math.nan
                return 0.0 if -math.inf in (u, v) else math.inf if u == v == math.inf else _exp(u - v)
            case Function.LOG_ADD_EXP:
                return self.log_sum_exp(values)
            case Function.DIFFERENCE:
                return values[0] - values[1]
            case _:
                (u,) = values
                return math.nan if math.isnan(u) else _ONE_ARGUMENT[function](u)

    def compare(self, relation: Relation, left: float, right: float) -> bool:
        return holds(relation, left, right)

    def log_sum_exp(self, values: Sequence[float]) -> float:
        if any(map(math.isnan, values)):
            return math.nan
        top = max(values, default=-math.inf)
        if math.isinf(top):
            return top
        return top + math.log(math.fsum(math.exp(value - top) for value in values))

    def integer_of(self, value: float) -> int:
        return int(value)


class Single(Float):
    """Every number and result rounded to 32 bits, sums from left to right: what single precision loses, independently
    of any module that computes in it."""

    def number(self, value: Fraction) -> float:
        return _rounded(super().number(value))

    def constant(self, kind: ConstantKind) -> float:
        return _rounded(super().constant(kind))

    def given(self, value: Any) -> float:
        return _rounded(super().given(value))

    def add(self, values: Sequence[float]) -> float:
        total = 0.0
        for value in values:
            total = _rounded(total + value)
        return total

    def multiply(self, values: Sequence[float]) -> float:
        total = 1.0
        for value in values:
            total = _rounded(total * value)
        return total

    def power(self, base: float, exponent: Fraction) -> float:
        return _rounded(super().power(base, exponent))

    def apply(self, function: Function, values: Sequence[float]) -> float:
        return _rounded(super().apply(function, values))

    def log_sum_exp(self, values: Sequence[float]) -> float:
        return _rounded(super().log_sum_exp(values))


def _rounded(value: float) -> float:
    return c_float(value).value


def _guarded(function: Callable[[float], float]) -> Callable[[float], float]:
    """`function`, NaN outside its domain and infinite where it overflows (of the sign of its argument)."""

    def call(u: float) -> float:
        try:
            return function(u)
        except ValueError:
            return math.nan
        except OverflowError:
            return math.copysign(math.inf, u)

    return call


def _power(base: float, exponent: float) -> float:
    try:
        return math.pow(base, exponent)
    except ValueError:  # 0 to a negative power is infinite; a negative base to a fraction is no real number
        odd = exponent % 2 == 1
        return (math.copysign(math.inf, base) if odd else math.inf) if base == 0 else math.nan
    except OverflowError:
        return -math.inf if base < 0 and exponent % 2 == 1 else math.inf


def _log(u: float) -> float:
    return math.log(u) if u > 0 else (-math.inf if u == 0 else math.nan)


def _log1p(u: float) -> float:
    return math.log1p(u) if u > -1 else (-math.inf if u == -1 else math.nan)


def _sigmoid(u: float) -> float:
    return 1 / (1 + math.exp(-u)) if u >= 0 else math.exp(u) / (1 + math.exp(u))


def _softplus(u: float) -> float:
    return max(u, 0.0) + math.log1p(math.exp(-abs(u)))


def _log_cosh(u: float) -> float:
    size = abs(u)
    if size < 1:
        return math.log1p(2 * math.sinh(size / 2) ** 2)
    return size + math.log1p(math.exp(-2 * size)) - math.log(2)


def _reciprocal(function: Callable[[float], float]) -> Callable[[float], float]:
    """1/function, 0 where that overflows."""
    return lambda u: _power(_guarded(function)(u), -1.0)


def _atanh(u: float) -> float:
    return math.copysign(math.inf, u) if abs(u) == 1 else _guarded(math.atanh)(u)


_exp = _guarded(math.exp)


_ONE_ARGUMENT: dict[Function, Callable[[float], float]] = {
    Function.EXP: _exp,
    Function.EXPM1: _guarded(math.expm1),
    Function.LOG: _log,
    Function.LOG1P: _log1p,
    Function.SIN: _guarded(math.sin),
    Function.COS: _guarded(math.cos),
    Function.TAN: _guarded(math.tan),
    Function.ASIN: _guarded(math.asin),
    Function.ACOS: _guarded(math.acos),
    Function.ATAN: math.atan,
    Function.SINH: _guarded(math.sinh),
    Function.COSH: lambda u: _guarded(math.cosh)(abs(u)),
    Function.TANH: math.tanh,
    Function.ASINH: math.asinh,
    Function.ACOSH: _guarded(math.acosh),
    Function.ATANH: _atanh,
    Function.ERF: math.erf,
    Function.SIGMOID: _sigmoid,
    Function.LOG_SIGMOID: lambda u: -_softplus(-u),
    Function.SOFTPLUS: _softplus,
    Function.LOG_COSH: _log_cosh,
    Function.SECH: _reciprocal(lambda u: math.cosh(abs(u))),
    Function.CSCH: _reciprocal(math.sinh),
    Function.BOSE: _reciprocal(math.expm1),
    Function.RELU: lambda u: max(u, 0.0),
    Function.ABS: abs,
    Function.SIGN: lambda u: float((u > 0) - (u < 0)),
    Function.FLOOR: lambda u: float(math.floor(u)) if math.isfinite(u) else u,
    Function.CEILING: lambda u: float(math.ceil(u)) if math.isfinite(u) else u,
    Function.STOP_GRADIENT: lambda u: u,
}

"""What is known of a real value without its data: the interval that it lies in.

    exp u in (0, oo)     u² in [0, oo)     sigmoid u in (0, 1)     tanh u in (-1, 1)

and sums, products and powers of such.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import inf, pi, prod

from symbackprop.terms.term import Function


@dataclass(frozen=True, slots=True)
class Range:
    """low .. high, its ends left out where they are open."""

    low: float
    high: float
    open_low: bool = False
    open_high: bool = False

    @property
    def sign(self) -> int | None:
        """That of every value in it; None where there are several."""
        if self.low > 0 or (self.low == 0 and self.open_low):
            return 1
        if self.high < 0 or (self.high == 0 and self.open_high):
            return -1
        return 0 if self.low == self.high == 0 else None

    def negated(self) -> Range:
        return Range(-self.high, -self.low, self.open_high, self.open_low)


POSITIVE, NONNEGATIVE, NEGATIVE = Range(0, inf, True, True), Range(0, inf, False, True), Range(-inf, 0, True, True)
_FUNCTIONS = {
    Function.EXP: POSITIVE,
    Function.EXP_NORMALIZED: POSITIVE,  # where it is 0 because of a mask, its value is the number 0
    Function.SOFTPLUS: POSITIVE,
    Function.LOG_SIGMOID: NEGATIVE,
    Function.SIGMOID: Range(0, 1, True, True),
    Function.TANH: Range(-1, 1, True, True),
    Function.ERF: Range(-1, 1, True, True),
    Function.SIN: Range(-1, 1),
    Function.COS: Range(-1, 1),
    Function.COSH: Range(1, inf, False, True),
    Function.EXPM1: Range(-1, inf, True, True),
    Function.ATAN: Range(-pi / 2, pi / 2, True, True),
    Function.ACOSH: NONNEGATIVE,
}
_SIGN_KEPT = (Function.TANH, Function.ERF, Function.ATAN, Function.SINH, Function.ASINH, Function.EXPM1)


def of_sum(parts: Sequence[Range] | None) -> Range | None:
    """Of a sum of values in these; None where nothing is known."""
    if parts is None:
        return None
    low, high = sum(part.low for part in parts), sum(part.high for part in parts)
    found = Range(low, high, any(part.open_low for part in parts), any(part.open_high for part in parts))
    return None if low == -inf and high == inf else found


def of_product(parts: Sequence[Range] | None) -> Range | None:
    """Of a product: of factors that change no sign, or are bounded."""
    if parts is None:
        return None
    negative, magnitudes = 0, []
    for part in parts:
        if part.low >= 0:
            magnitudes.append(part)
        elif part.high <= 0:
            negative += 1
            magnitudes.append(part.negated())
        else:
            bound = prod(max(abs(each.low), abs(each.high)) for each in parts)
            return Range(-bound, bound) if bound < inf else None
    if any(part.high == 0 for part in magnitudes):
        return Range(0, 0)
    low = prod(part.low for part in magnitudes if part.low) if all(part.low for part in magnitudes) else 0.0
    strict = all(part.low > 0 or part.open_low for part in magnitudes)
    high = prod(part.high for part in magnitudes)
    found = Range(low, high, strict if low == 0 else False, any(part.open_high for part in magnitudes))
    return found.negated() if negative % 2 else found


def of_power(base: Range | None, exponent: Fraction) -> Range | None:
    """Of a constant power. (That of a root holds where the root is real.)"""
    sign = None if base is None else base.sign
    if exponent.numerator % 2 == 0 or exponent.denominator % 2 == 0:
        nonzero = exponent < 0 or (sign is not None and sign != 0)
        if base is not None and base.low >= 1 and exponent > 0:
            return Range(1, inf, base.open_low and base.low == 1, True)
        return POSITIVE if nonzero else NONNEGATIVE
    if base is None:
        return None
    if sign == 1 and exponent < 0 and base.high < inf and base.high > 0:
        return Range(float(base.high ** float(exponent)) * (1 - 1e-12), inf, True, True)
    if sign == 0 or sign is None:
        return NONNEGATIVE if base.low >= 0 and exponent > 0 else None
    return POSITIVE if sign > 0 else NEGATIVE


def of_function(function: Function, argument: Range | None) -> Range | None:
    """Of a function of a value in that range."""
    sign = None if argument is None else argument.sign
    if function in _SIGN_KEPT and sign in (1, -1):
        bound = _FUNCTIONS.get(function)
        if sign > 0:
            return Range(0, inf if bound is None else bound.high, True, True)
        return Range(-inf if bound is None else bound.low, 0, True, True)
    if function in (Function.EXP, Function.COSH) and argument is not None and argument.low >= 0:
        return Range(1, inf, argument.open_low and argument.low == 0, True)
    if function is Function.LOG and argument is not None and argument.low >= 1:
        return Range(0, inf, argument.open_low or argument.low > 1, True)
    return _FUNCTIONS.get(function)

"""Where a value lies: an interval with rational ends, and what sums, products and functions make of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from symbackprop.terms.poly import Dim, Poly
from symbackprop.terms.positive import plainly_nonnegative
from symbackprop.terms.term import Function


@dataclass(frozen=True, slots=True)
class Bounds:
    """Where a value lies; None is no bound, `open_low` and `open_high` say whether the ends are left out."""

    low: Fraction | None = None
    high: Fraction | None = None
    open_low: bool = False
    open_high: bool = False

    @property
    def positive(self) -> bool:
        return self.low is not None and (self.low > 0 or (self.low == 0 and self.open_low))

    @property
    def nonnegative(self) -> bool:
        return self.low is not None and self.low >= 0

    def negated(self) -> Bounds:
        low, high = (None if end is None else -end for end in (self.high, self.low))
        return Bounds(low, high, self.open_high, self.open_low)

    def within(self, other: Bounds) -> Bounds:
        """What holds if both hold."""
        low, high = self, self
        if other.low is not None and (low.low is None or (other.low, other.open_low) > (low.low, low.open_low)):
            low = other
        if other.high is not None and (self.high is None or _below(other, self)):
            high = other
        return Bounds(low.low, high.high, low.open_low, high.open_high)

    def or_(self, other: Bounds) -> Bounds:
        """What holds if either does."""
        low = high = None
        open_low = open_high = False
        if self.low is not None and other.low is not None:
            low, open_low = min((self.low, self.open_low), (other.low, other.open_low))
        if self.high is not None and other.high is not None:
            high = max(self.high, other.high)
            open_high = all(each.open_high for each in (self, other) if each.high == high)
        return Bounds(low, high, open_low, open_high)


def _below(one: Bounds, other: Bounds) -> bool:
    """Whether the upper bound of one is the stricter."""
    assert one.high is not None
    assert other.high is not None
    return (-one.high, one.open_high) > (-other.high, other.open_high)


ANY = Bounds()
POSITIVE = Bounds(Fraction(0), None, True)
NONNEGATIVE = Bounds(Fraction(0))
OF_FUNCTIONS = {
    Function.EXP: POSITIVE,
    Function.SOFTPLUS: POSITIVE,
    Function.LOG_SIGMOID: POSITIVE.negated(),
    Function.SIGMOID: Bounds(Fraction(0), Fraction(1), True, True),
    Function.TANH: Bounds(Fraction(-1), Fraction(1), True, True),
    Function.EXP_NORMALIZED: NONNEGATIVE,
    Function.COSH: Bounds(Fraction(1)),
    Function.ABS: NONNEGATIVE,
    Function.RELU: NONNEGATIVE,
    Function.SIN: Bounds(Fraction(-1), Fraction(1)),
    Function.COS: Bounds(Fraction(-1), Fraction(1)),
}


def of_poly(poly: Poly) -> Bounds:
    if poly.constant is not None:
        return Bounds(Fraction(poly.constant), Fraction(poly.constant))
    if all(isinstance(atom, Dim) for atom in poly.atoms(deep=False)) and plainly_nonnegative(poly - 1):
        return Bounds(Fraction(1))
    return NONNEGATIVE if plainly_nonnegative(poly) else ANY


def of_sum(parts: Sequence[Bounds]) -> Bounds:
    low = high = None
    if all(part.low is not None for part in parts):
        low = sum((part.low for part in parts if part.low is not None), Fraction(0))
    if all(part.high is not None for part in parts):
        high = sum((part.high for part in parts if part.high is not None), Fraction(0))
    return Bounds(low, high, any(part.open_low for part in parts), any(part.open_high for part in parts))


def of_product(parts: Sequence[Bounds]) -> Bounds:
    sign, positive = 1, True
    scale, numbers = Fraction(1), True
    varying = ANY
    for part in parts:
        if part.low is not None and part.low == part.high:
            scale *= part.low
            continue
        numbers, varying = numbers and varying == ANY, part
        mine = part
        if not part.nonnegative:
            mine, sign = part.negated(), -sign
        if not mine.nonnegative:
            sign = 0
        positive = positive and mine.positive
    if numbers and scale:  # a multiple of one value, or a number
        ends = varying if varying != ANY else None
        if ends is not None:
            low, high = (None if end is None else end * abs(scale) for end in (ends.low, ends.high))
            scaled = Bounds(low, high, ends.open_low, ends.open_high)
            return scaled if scale > 0 else scaled.negated()
    if not scale:
        return Bounds(Fraction(0), Fraction(0))
    if not sign:
        return ANY
    found = POSITIVE if positive else NONNEGATIVE
    return found if sign * scale > 0 else found.negated()


def of_power(base: Bounds, exponent: Fraction) -> Bounds:
    if exponent.denominator == 1 and exponent.numerator % 2 == 0:
        nonzero = base.positive or base.negated().positive
        return POSITIVE if nonzero else NONNEGATIVE if exponent > 0 else ANY
    if base.positive:
        return POSITIVE
    return NONNEGATIVE if base.nonnegative and exponent > 0 else ANY


def of_extremum(function: Function, parts: Sequence[Bounds]) -> Bounds:
    if function is Function.MIN:
        return of_extremum(Function.MAX, [part.negated() for part in parts]).negated()
    lows = [(part.low, part.open_low) for part in parts if part.low is not None]
    low = max(lows) if lows else (None, False)
    highs = [part.high for part in parts if part.high is not None]
    high = max(highs) if len(highs) == len(parts) else None
    return Bounds(low[0], high, low[1], False)

"""Where a real value lies: an interval, and what sums, products, powers and functions make of it.

    exp u in (0, oo)     u² in [0, oo)     sigmoid u in (0, 1)     [1, 2)·[-3, 0) = (-6, 0)

What the parts of a term can be is in theirs, so what the term can be is in its own. Ends that are given exactly (as
integers and fractions) stay exact through sums, products and whole powers; those of roots are rounded outwards.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import inf, nextafter, pi

from symbackprop.terms.build import open_reduce
from symbackprop.terms.poly import Dim, Poly
from symbackprop.terms.positive import plainly_nonnegative
from symbackprop.terms.prove import Facts
from symbackprop.terms.rewrite import Ranges, ranges_of
from symbackprop.terms.term import (
    Access,
    Add,
    Apply,
    Function,
    Mul,
    Number,
    PolyValue,
    Power,
    Reduce,
    Reduction,
    Term,
    Where,
)

End = Fraction | float  # a float is infinite, or has been rounded
_MOST_POWER = 64  # that is computed exactly
_ROUNDED, _TINY = 1e-12, 1e-300


@dataclass(frozen=True, slots=True)
class Interval:
    """low .. high, without the ends that are open; infinite ends are no bounds.

    >>> of_sum([POSITIVE, Interval(2, 3)])
    Interval(low=2, high=inf, open_low=True, open_high=False)
    """

    low: End = -inf
    high: End = inf
    open_low: bool = False
    open_high: bool = False

    @property
    def positive(self) -> bool:
        return self.low > 0 or (self.low == 0 and self.open_low)

    @property
    def nonnegative(self) -> bool:
        return self.low >= 0

    @property
    def sign(self) -> int | None:
        """That of every value in it; None where there are several."""
        if self.positive:
            return 1
        if self.high < 0 or (self.high == 0 and self.open_high):
            return -1
        return 0 if self.low == self.high == 0 else None

    @property
    def is_empty(self) -> bool:
        return self.low > self.high or (self.low == self.high and (self.open_low or self.open_high))

    @property
    def is_everything(self) -> bool:
        return self.low == -inf and self.high == inf

    def __contains__(self, value: End) -> bool:
        above = value > self.low or (value == self.low and not self.open_low)
        return above and (value < self.high or (value == self.high and not self.open_high))

    def negated(self) -> Interval:
        return Interval(-self.high, -self.low, self.open_high, self.open_low)

    def within(self, other: Interval) -> Interval:
        """What holds if both hold."""
        low, open_low = max((self.low, self.open_low), (other.low, other.open_low))
        high, closed = min((self.high, not self.open_high), (other.high, not other.open_high))
        return Interval(low, high, open_low, not closed)

    def or_(self, other: Interval) -> Interval:
        """What holds if either does."""
        low, open_low = min((self.low, self.open_low), (other.low, other.open_low))
        high, closed = max((self.high, not self.open_high), (other.high, not other.open_high))
        return Interval(low, high, open_low, not closed)


ANY = Interval()
POSITIVE, NONNEGATIVE, NEGATIVE = Interval(0, inf, True), Interval(0), Interval(-inf, 0, False, True)
_SYMMETRIC = Interval(-1, 1, True, True)
_FUNCTIONS = {
    Function.EXP: POSITIVE,
    Function.EXP_NORMALIZED: NONNEGATIVE,  # 0 where a mask says so
    Function.SOFTPLUS: POSITIVE,
    Function.LOG_SIGMOID: NEGATIVE,
    Function.SIGMOID: Interval(0, 1, True, True),
    Function.TANH: _SYMMETRIC,
    Function.ERF: _SYMMETRIC,
    Function.SIN: Interval(-1, 1),
    Function.COS: Interval(-1, 1),
    Function.COSH: Interval(1),
    Function.EXPM1: Interval(-1, inf, True),
    Function.ATAN: Interval(nextafter(-pi / 2, -2), nextafter(pi / 2, 2), True, True),
}
_SIGN_KEPT = (Function.TANH, Function.ERF, Function.ATAN, Function.SINH, Function.ASINH, Function.EXPM1)


def only(value: End) -> Interval:
    """Of one value."""
    return Interval(value, value)


def of_poly(poly: Poly) -> Interval:
    """Of a polynomial in sizes."""
    if poly.constant is not None:
        return only(poly.constant)
    if all(isinstance(atom, Dim) for atom in poly.atoms(deep=False)) and plainly_nonnegative(poly - 1):
        return Interval(1)
    return NONNEGATIVE if plainly_nonnegative(poly) else ANY


def of_sum(parts: Sequence[Interval]) -> Interval:
    """Of a sum of values in these."""
    low, high = sum(part.low for part in parts), sum(part.high for part in parts)
    return Interval(low, high, any(part.open_low for part in parts), any(part.open_high for part in parts))


def of_product(parts: Sequence[Interval]) -> Interval:
    """Of a product of values in these, none of which decides another."""
    found = only(1)
    for part in parts:
        found = _times(found, part)
    return found


def _times(one: Interval, other: Interval) -> Interval:
    """The least and the largest of the products of ends; 0 times what has no bound is 0."""
    low: tuple[End, bool] = (inf, False)
    high: tuple[End, bool] = (-inf, False)  # the end, whether it is a value
    for x, x_open in ((one.low, one.open_low), (one.high, one.open_high)):
        for y, y_open in ((other.low, other.open_low), (other.high, other.open_high)):
            if x == 0 or y == 0:
                corner: tuple[End, bool] = 0, (x == 0 and not x_open) or (y == 0 and not y_open)
            else:
                corner = x * y, not (x_open or y_open)
            low = min(low, (corner[0], not corner[1]))
            high = max(high, corner)
    return Interval(low[0], high[0], low[1], not high[1])


def of_power(base: Interval, exponent: Fraction) -> Interval:
    """Of a constant power, where it has a value: a root of what may be negative may have none, and of that nothing is
    said."""
    whole, even = exponent.denominator == 1, exponent.numerator % 2 == 0
    if whole and even:
        base = of_magnitude(base)
        if exponent < 0:
            base = base.within(POSITIVE)
    elif whole and base.low < 0 and (exponent > 0 or base.sign == -1):
        below = of_power(base.negated().within(NONNEGATIVE), exponent).negated()
        return below if base.sign == -1 else below.or_(of_power(base.within(NONNEGATIVE), exponent))
    if not base.nonnegative or (exponent < 0 and not base.positive):
        return ANY
    if exponent > 0:
        return Interval(_raised(base.low, exponent, True), _raised(base.high, exponent, False),
                        base.open_low, base.open_high)  # fmt: skip
    return Interval(_raised(base.high, exponent, True), _raised(base.low, exponent, False),
                    base.open_high or base.high == inf, base.open_low)  # fmt: skip


def of_magnitude(part: Interval) -> Interval:
    """Of |u|."""
    if part.nonnegative:
        return part
    return of_extremum(Function.MAX, [part, part.negated()]).within(NONNEGATIVE)


def _raised(end: End, exponent: Fraction, below: bool) -> End:
    """The power of an end that is not negative, or what is below it, or above."""
    if end in (0, inf):
        return 0 if (end == 0) is (exponent > 0) else inf
    if end == 1:
        return 1
    if exponent.denominator == 1 and not isinstance(end, float) and abs(exponent) <= _MOST_POWER:
        return Fraction(Fraction(end) ** exponent.numerator)
    try:
        about: float = float(end) ** float(exponent)
    except OverflowError:
        return 1 if below else inf
    if about < _TINY:
        return 0 if below else 1
    return about * (1 + (-_ROUNDED if below else _ROUNDED))


def of_extremum(function: Function, parts: Sequence[Interval]) -> Interval:
    """Of the largest (MAX) or the least (MIN) of values in these."""
    if function is Function.MIN:
        return of_extremum(Function.MAX, [part.negated() for part in parts]).negated()
    low, open_low = max((part.low, part.open_low) for part in parts)
    high, closed = max((part.high, not part.open_high) for part in parts)
    return Interval(low, high, open_low, not closed)


def of_term(
    term: Term, ranges: Ranges, of_element: Callable[[Access, Ranges], Interval], sizes: Sequence[Term] = ()
) -> Interval:
    """Of a term, for indices within `ranges`. `of_element`: of an element read; `sizes`: conditions between sizes."""

    def inner(part: Term) -> Interval:
        return of_term(part, ranges, of_element, sizes)

    match term:
        case Number(value):
            return only(value)
        case PolyValue(poly):
            return of_poly(poly)
        case Access():
            return of_element(term, ranges)
        case Add(args):
            return of_sum(list(map(inner, args)))
        case Mul(args):
            return of_product(list(map(inner, args)))
        case Power(base, exponent):
            return of_power(inner(base), exponent)
        case Apply(Function.MAX | Function.MIN as function, args):
            return of_extremum(function, list(map(inner, args)))
        case Apply(function, (arg, *_)):
            return of_function(function, inner(arg))
        case Where(_, then, otherwise):
            return inner(then).or_(inner(otherwise))
        case Reduce(reduction, _, _):
            axes, body = open_reduce(term, taken=ranges)
            inside = of_term(body, {**ranges, **ranges_of(axes)}, of_element, sizes)
            facts = Facts.of((), sizes)
            return of_reduction(reduction, inside, all(facts.proves(axis.extent - 1) for axis in axes))
        case _:
            return ANY


def of_reduction(reduction: Reduction, inside: Interval, some: bool) -> Interval:
    """Of a reduction of values in there; `some`: whether there is one at least."""
    match reduction:
        case Reduction.MAX | Reduction.MIN if some:
            return inside
        case Reduction.SUM if inside.nonnegative:
            return POSITIVE if inside.positive and some else NONNEGATIVE
        case Reduction.PRODUCT if inside.nonnegative:
            return POSITIVE if inside.positive else NONNEGATIVE
        case _:
            return ANY


def of_function(function: Function, argument: Interval) -> Interval:
    """Of a function of one value in there, wherever the function has a value for all of these."""
    sign, bound = argument.sign, _FUNCTIONS.get(function, ANY)
    match function:
        case Function.STOP_GRADIENT:
            return argument
        case Function.ABS:
            return of_magnitude(argument)
        case Function.RELU:
            return of_extremum(Function.MAX, [argument, only(0)])
        case Function.EXP | Function.COSH if argument.nonnegative:
            return Interval(1, inf, argument.positive)
        case Function.LOG | Function.ACOSH if argument.low >= 1:
            return Interval(0, inf, argument.open_low or argument.low > 1)
        case _ if function in _SIGN_KEPT and sign in (1, -1):
            return bound.within(POSITIVE if sign == 1 else NEGATIVE)
        case _:
            return bound


__all__ = [
    "ANY", "NEGATIVE", "NONNEGATIVE", "POSITIVE", "End", "Interval", "of_extremum", "of_function", "of_magnitude",
    "of_poly", "of_power", "of_product", "of_reduction", "of_sum", "of_term", "only",
]  # fmt: skip

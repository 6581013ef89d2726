"""Intervals hold what exact numbers and floats find, and their signs are those of every value."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import product

import numpy as np
import pytest

from symbackprop.interpret import Float
from symbackprop.terms.interval import (
    ANY,
    NEGATIVE,
    POSITIVE,
    Interval,
    of_extremum,
    of_function,
    of_magnitude,
    of_poly,
    of_power,
    of_product,
    of_sum,
    only,
)
from symbackprop.terms.poly import Dim, Poly
from symbackprop.terms.term import Function

INTERVALS = [
    POSITIVE, NEGATIVE, Interval(0, 1, True, True), Interval(-1, 1), Interval(1, 4), Interval(-3, -2), Interval(0, 2),
    only(2), only(0),
]  # fmt: skip
RNG = np.random.default_rng(3)


def samples(known: Interval) -> np.ndarray:
    low, high = max(float(known.low), -50.0), min(float(known.high), 50.0)
    ends = [end for end, out in ((low, known.open_low), (high, known.open_high)) if not out]
    return np.array([*ends, *(low + (high - low) * RNG.uniform(1e-9, 1 - 1e-9, size=40))])


def holds(known: Interval, value: float) -> bool:
    slack = 1e-9 * (1 + abs(value))
    return known.low - slack <= value <= known.high + slack and known.sign in (None, np.sign(value))


@pytest.mark.parametrize("first", INTERVALS)
@pytest.mark.parametrize("second", INTERVALS)
def test_sums_and_products(first: Interval, second: Interval) -> None:
    total, times = of_sum((first, second)), of_product((first, second))
    for a, b in zip(samples(first), RNG.permutation(samples(second)), strict=False):
        assert holds(total, a + b)
        assert holds(times, a * b) or not a * b  # underflowed
        assert holds(first.or_(second), a)
        assert holds(of_extremum(Function.MAX, [first, second]), max(a, b))
        assert holds(of_extremum(Function.MIN, [first, second]), min(a, b))
        assert holds(of_magnitude(first), abs(a))


@pytest.mark.parametrize("known", INTERVALS)
@pytest.mark.parametrize("exponent", [2, 3, -1, -2, Fraction(1, 2), Fraction(-1, 2), Fraction(1, 3), Fraction(2, 3)])
def test_powers(known: Interval, exponent: Fraction) -> None:
    exponent = Fraction(exponent)
    found = of_power(known, exponent)
    for base in samples(known):
        value = Float().power(float(base), exponent) if base or exponent > 0 else math.inf
        if math.isfinite(value):
            assert holds(found, value)


SEVERAL = (
    Function.ATAN2, Function.POW, Function.MAX, Function.MIN, Function.EXP_NORMALIZED, Function.DIFFERENCE,
)  # fmt: skip


@pytest.mark.parametrize("function", [function for function in Function if function not in SEVERAL])
def test_functions(function: Function) -> None:
    for known in (ANY, *INTERVALS):
        found = of_function(function, known)
        for u in samples(known if known != ANY else Interval(-40, 40)):
            value = Float().apply(function, [float(u)])
            if math.isfinite(value):
                assert holds(found, value) or abs(value) < 1e-15, (function, known, u)  # rounded to its end


def test_exact_ends_are_the_least_and_largest_of_a_grid() -> None:
    """Against all values at halves within the intervals, ends of which open ones are no value."""
    choices = [Interval(Fraction(low), Fraction(low + size), *ends)
               for low, size, ends in product(range(-2, 2), (1, 2), product((False, True), repeat=2))]  # fmt: skip
    halves = [Fraction(k, 2) for k in range(-8, 9)]
    for one, other in zip(choices, RNG.permutation(len(choices)), strict=True):
        two = choices[other]
        pairs = [(a, b) for a in halves if a in one for b in halves if b in two]
        for found, values in (
            (of_sum([one, two]), [a + b for a, b in pairs]),
            (of_product([one, two]), [a * b for a, b in pairs]),
            (of_power(one, Fraction(2)), [a**2 for a, _ in pairs]),
            (of_power(one, Fraction(3)), [a**3 for a, _ in pairs]),
            (of_extremum(Function.MAX, [one, two]), [max(pair) for pair in pairs]),
        ):
            assert all(value in found for value in values), (one, two, found)
            tight = one.open_low or one.open_high or two.open_low or two.open_high
            assert tight or (found.low, found.high) == (min(values), max(values))


def test_both_and_either() -> None:
    halves = [Fraction(k, 2) for k in range(-8, 9)]
    for _ in range(200):
        one, other = (
            Interval(*sorted(map(int, RNG.integers(-4, 5, size=2))), *map(bool, RNG.integers(0, 2, size=2)))
            for _ in range(2)
        )
        for value in halves:
            assert (value in one.within(other)) is (value in one and value in other)
            assert value in one.or_(other) or not (value in one or value in other)
            assert (-value in one.negated()) is (value in one)
        assert one.is_empty is not any(one.low <= v <= one.high and v in one for v in halves)


def test_roots_are_rounded_outwards() -> None:
    for value in (Fraction(2), Fraction(1, 3), Fraction(10**9), Fraction(7, 10**9)):
        found = of_power(only(value), Fraction(1, 2))
        assert Fraction(found.low) ** 2 < value < Fraction(found.high) ** 2
    assert of_power(only(Fraction(10) ** 400), Fraction(3, 2)) == Interval(1, math.inf)
    assert of_power(Interval(-1, 1), Fraction(1, 2)) == ANY
    assert of_power(Interval(0, 1), Fraction(-1)) == ANY


def test_sizes_are_at_least_one() -> None:
    n = Poly.of(Dim("N"))
    assert of_poly(n * n) == Interval(1)
    assert of_poly(n - 1) == Interval(0)
    assert of_poly(n - 2) == ANY
    assert of_poly(Poly.of(-3)) == only(-3)

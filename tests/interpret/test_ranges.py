"""Ranges hold what floats find, and their signs are those of every value."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest

from symbackprop.interpret import Float
from symbackprop.interpret.ranges import Range, of_function, of_power, of_product, of_sum
from symbackprop.terms.term import Function

RANGES = [
    Range(0, math.inf, True, True), Range(-math.inf, 0, True, True), Range(0, 1, True, True), Range(-1, 1), Range(1, 4),
    Range(-3, -2), Range(0, 2), Range(2, 2),
]  # fmt: skip
RNG = np.random.default_rng(3)


def samples(known: Range) -> np.ndarray:
    low, high = max(known.low, -50.0), min(known.high, 50.0)
    ends = [end for end, out in ((low, known.open_low), (high, known.open_high)) if not out]
    return np.array([*ends, *(low + (high - low) * RNG.uniform(1e-9, 1 - 1e-9, size=40))])


def holds(known: Range | None, value: float) -> bool:
    slack = 1e-9 * (1 + abs(value))
    return known is None or known.low - slack <= value <= known.high + slack


@pytest.mark.parametrize("first", RANGES)
@pytest.mark.parametrize("second", RANGES)
def test_sums_and_products(first: Range, second: Range) -> None:
    total, times = of_sum((first, second)), of_product((first, second))
    for a, b in zip(samples(first), RNG.permutation(samples(second)), strict=False):
        assert holds(total, a + b)
        assert holds(times, a * b)
        if total is not None and total.sign is not None:
            assert np.sign(a + b) == total.sign
        if times is not None and times.sign is not None and a * b:
            assert np.sign(a * b) == times.sign


@pytest.mark.parametrize("known", RANGES)
@pytest.mark.parametrize("exponent", [2, 3, -1, -2, Fraction(1, 2), Fraction(-1, 2), Fraction(1, 3), Fraction(2, 3)])
def test_powers(known: Range, exponent: Fraction) -> None:
    exponent = Fraction(exponent)
    found = of_power(known, exponent)
    for base in samples(known):
        value = Float().power(float(base), exponent)
        if math.isfinite(value):
            assert holds(found, value)
            assert found is None or found.sign in (None, np.sign(value))


SEVERAL = (
    Function.ATAN2, Function.POW, Function.MAX, Function.MIN, Function.EXP_NORMALIZED, Function.DIFFERENCE,
)  # fmt: skip


@pytest.mark.parametrize("function", [function for function in Function if function not in SEVERAL])
def test_functions(function: Function) -> None:
    for known in (None, *RANGES):
        found = of_function(function, known)
        for u in samples(known or Range(-40, 40)):
            value = Float().apply(function, [float(u)])
            if math.isfinite(value):
                assert holds(found, value), (function, known, u)

"""Newton's steps against solutions that are known in closed form."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from symbackprop.feasible.newton import newton
from symbackprop.interpret import Precise

PRECISE = Precise()


def total(coefficients, power=1, minus=0):
    """Σ c_k x_k^power - minus as a residual."""

    def residual(tangents, duals):
        value = -PRECISE.number(Fraction(minus))
        slopes = {}
        for k, c in enumerate(coefficients):
            x = duals[k][0]
            value += c * x**power
            slopes[k] = c * power * x ** (power - 1)
        return value, slopes

    return residual


def numbers(values):
    return {k: PRECISE.given(float(v)) for k, v in enumerate(values)}


def test_a_sum_is_met_by_division_or_by_the_mean() -> None:
    start = np.array([0.5, 1.25, 0.125, 2.0])
    found = newton(PRECISE, [total([1] * 4, minus=1)], [], numbers(start), [], frozenset(range(4)))
    assert found is not None
    np.testing.assert_allclose([float(found[k]) for k in range(4)], start / start.sum(), rtol=1e-15)
    found = newton(PRECISE, [total([1] * 4)], [], numbers(start), [])
    assert found is not None
    np.testing.assert_allclose([float(found[k]) for k in range(4)], start - start.mean(), rtol=1e-15)
    assert abs(sum(found.values())) < 1e-50


def test_the_sphere_is_met_in_sixty_digits_twice_said_too() -> None:
    found = newton(PRECISE, [total([1] * 3, 2, 1), total([2] * 3, 2, 2)], [], numbers([0.5, -0.25, 1.0]), [])
    assert found is not None
    assert abs(sum(x * x for x in found.values()) - 1) < 1e-50


def test_inequalities_keep_their_distance() -> None:
    found = newton(
        PRECISE, [total([1, 1], minus=1)], [total([1, 0]), total([0, 1])], numbers([-3.0, 7.0]),
        [PRECISE.given(0.5), PRECISE.given(0.25)],
    )  # fmt: skip
    assert found is not None
    assert found[0] > 0
    assert found[1] > 0
    assert abs(found[0] + found[1] - 1) < 1e-50


def test_what_cannot_be_met_is_given_up() -> None:
    assert newton(PRECISE, [total([1, 1], 2, -1)], [], numbers([0.5, 0.25]), []) is None
    assert newton(PRECISE, [total([1, 1]), total([1, 1], minus=1)], [], numbers([0.5, 0.25]), []) is None

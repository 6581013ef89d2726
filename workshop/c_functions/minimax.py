"""Polynomials of the least largest error, by Remez' exchange in fifty digits.

For a function f and a weight w on [a, b], the polynomial p of a degree n for which max |w (f - p)| is least: its error
has n + 2 extremes of one size and changing signs. Solve for such a p on n + 2 points, move the points to the extremes
of its error, and again (E. W. Cheney, Introduction to Approximation Theory, chapter 3).

>>> from mpmath import mpf
>>> coefficients, error = minimax(lambda x: x * x, 1, mpf(0), mpf(1))
>>> [round(float(c), 3) for c in coefficients], round(float(error), 3)
([-0.125, 1.0], 0.125)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import mpmath
from mpmath import mpf

Real = Any  # mpmath has no types

mpmath.mp.dps = 50


def minimax(
    f: Callable[[Real], Real], degree: int, low: Real, high: Real, weight: Callable[[Real], Real] = lambda x: mpf(1)
) -> tuple[list[Real], Real]:
    """The coefficients from x**0 on, and the largest weighted error."""
    grid = _chebyshev(60 * (degree + 2), low, high)
    values, weights = [f(x) for x in grid], [weight(x) for x in grid]
    at = [round(k * (len(grid) - 1) / (degree + 1)) for k in range(degree + 2)]
    for _ in range(30):
        coefficients = _levelled([(grid[i], values[i], weights[i]) for i in at], degree)
        errors = [w * (v - _value(coefficients, x)) for x, v, w in zip(grid, values, weights, strict=True)]
        worst = max(map(abs, errors))
        exchanged = _extremes(errors, degree + 2)
        if exchanged == at:
            break
        at = exchanged
    return coefficients, worst


def _chebyshev(count: int, low: Real, high: Real) -> list[Real]:
    middle, half = (low + high) / 2, (high - low) / 2
    return [middle - half * mpmath.cos(mpmath.pi * k / (count - 1)) for k in range(count)]


def _value(coefficients: Sequence[Real], x: Real) -> Real:
    total = mpf(0)
    for coefficient in reversed(coefficients):
        total = total * x + coefficient
    return total


def _levelled(points: Sequence[tuple[Real, Real, Real]], degree: int) -> list[Real]:
    """The polynomial whose weighted errors at the points are ±E in turn, for some E."""
    rows = mpmath.matrix(len(points), degree + 2)
    right = mpmath.matrix(len(points), 1)
    for row, (x, value, weight) in enumerate(points):
        for column in range(degree + 1):
            rows[row, column] = weight * x**column
        rows[row, degree + 1] = (-1) ** row
        right[row] = weight * value
    return list(mpmath.lu_solve(rows, right))[:-1]


def _extremes(errors: Sequence[Real], count: int) -> list[int]:
    """Where the error is largest between changes of its sign: `count` neighbours in turn, the largest ones."""
    found: list[int] = []
    for i, error in enumerate(errors):
        if found and (error >= 0) == (errors[found[-1]] >= 0):
            if abs(error) > abs(errors[found[-1]]):
                found[-1] = i
        else:
            found.append(i)
    while len(found) > count:
        found.pop(0 if abs(errors[found[0]]) < abs(errors[found[-1]]) else -1)
    assert len(found) == count, "the error changes its sign too seldom: the degree is too high for the digits"
    return found

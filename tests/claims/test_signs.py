"""What is assumed of some elements is not taken for others; bounds contain the values they are of."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from sympy import Abs, Eq

from symbackprop import Network, Sum, check_derivation, delta
from symbackprop.claims.bounds import Bounds, of_extremum, of_power, of_product, of_sum
from symbackprop.functions import relu
from symbackprop.terms.term import Function


def verdicts(net, *claims):
    return [row.verdict.value.lower() for row in check_derivation(net, claims).rows]


def test_a_fact_about_part_of_a_tensor_is_not_used_elsewhere() -> None:
    net = Network("part")
    N = net.dim("N")
    n, t = net.index("n", N), net.index("t", (1, N - 1))
    x, y, w = net.input("x", (N,)), net.input("y", (N,)), net.parameter("w", (N,))
    net.assume(x[t] > 0)
    net.assume(Eq(y[t] ** 2, 1))
    net.loss = Sum((Abs(x[n]) + relu(x[n])) * w[n], n) + Sum(y[n] ** 2 * w[n], n)
    dw = delta(w)
    assert verdicts(net, (dw[t], 2 * x[t] + 1), (dw[n], 2 * x[n] + y[n] ** 2), (dw[0], 2 * x[0] + 1)) == [
        "proved", "refuted", "refuted",
    ]  # fmt: skip


def test_bounds_contain_the_values() -> None:
    rng = np.random.default_rng(0)
    for _ in range(400):
        values = [Fraction(int(v), 2) for v in rng.integers(-4, 5, size=3)]
        given = []
        for value in values:
            below, above = (Fraction(int(v), 2) for v in rng.integers(0, 3, size=2))
            low = None if rng.random() < 0.2 else value - below
            high = None if rng.random() < 0.2 else value + above
            given.append(Bounds(low, high, bool(below), bool(above)))
        inside(of_sum(given), sum(values))
        inside(of_product(given), values[0] * values[1] * values[2])
        inside(of_power(given[0], Fraction(2)), values[0] ** 2)
        if values[1]:
            inside(of_power(given[1], Fraction(-1)), 1 / values[1])
        inside(of_extremum(Function.MAX, given), max(values))
        inside(of_extremum(Function.MIN, given), min(values))
        inside(given[0].or_(given[1]), values[0])
        inside(given[2].negated(), -values[2])


def inside(bounds: Bounds, value: Fraction | int) -> None:
    if bounds.low is not None:
        assert value > bounds.low or (value == bounds.low and not bounds.open_low), (bounds, value)
    if bounds.high is not None:
        assert value < bounds.high or (value == bounds.high and not bounds.open_high), (bounds, value)

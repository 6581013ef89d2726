"""Values of claims at a place, in each arithmetic, against NumPy."""

from __future__ import annotations

from fractions import Fraction

import mpmath
import numpy as np
import pytest
from sympy import Eq

from symbackprop import Network, Sum, delta
from symbackprop.claims.bench import FAILURES, Bench
from symbackprop.claims.ground import ground_of
from symbackprop.interpret import Float, Precise, Residues
from symbackprop.language.claims import read_claim

SIZES = {"N": 2, "D": 3}
DATA = {"x": np.array([[1.0, -2.0, 0.5], [3.0, 0.25, -1.0]]), "w": np.array([1.0, -1.0, 2.0])}
TRUTH = DATA["x"].T @ (DATA["x"] @ DATA["w"])


def bench(arithmetic, value=None, assume=False) -> tuple[Bench, object]:
    net = Network("bench")
    N, D = net.dims("N D")
    n, d, e = net.indices(n=N, d=D, e=D)
    x, w = net.input("x", (N, D)), net.parameter("w", (D,))
    if assume:
        net.assume(Eq(Sum(x[n, d], d), 1))
    net.loss = Sum(Sum(x[n, d] * w[d], d) ** 2, n) / 2
    right = Sum(x[n, d] * x[n, e] * w[e], n, e) if value is None else value(x, w, n, d)
    ground = ground_of(net.to_program(), [read_claim(net.book, delta(w)[d], right)])
    return Bench(ground, SIZES, DATA, arithmetic), ground.equations[0]


@pytest.mark.parametrize("arithmetic", [Float, Precise, Residues])
def test_both_sides(arithmetic) -> None:
    table, equation = bench(arithmetic())
    positions = table.positions(equation.axes)
    assert positions == [(0,), (1,), (2,)]
    claimed, truth = table.values(equation.rhs, equation.axes, positions), table.truth(equation, positions)
    expected = [table.arithmetic.given(Fraction(float(value))) for value in TRUTH]
    assert list(map(mpmath.mpf, claimed)) == list(map(mpmath.mpf, truth)) == list(map(mpmath.mpf, expected))
    assert table.wrong(equation) == ()
    assert not table.is_false(equation)
    assert table.element(equation, (2,)) == (2,)


def test_wrong_elements_are_those_that_numpy_says() -> None:
    table, equation = bench(Precise(), lambda x, w, n, d: Sum(x[n, d], n) * Sum(x[n, 0] * w[0], n) * 0 + 8 * w[d])
    expected = [(place,) for place in range(3) if TRUTH[place] != 8 * DATA["w"][place]]
    assert list(table.wrong(equation)) == expected
    assert table.is_false(equation) is bool(expected)


def test_where_the_truth_is_no_number_there_is_nothing_to_be_wrong_about() -> None:
    table, _ = bench(Precise())
    context = table.arithmetic.context  # type: ignore[attr-defined]
    assert table.near(context.mpf(1), context.inf)
    assert table.equal(context.nan, context.nan)
    assert not table.near(context.mpf(1), context.mpf(1) + context.mpf(10) ** -20)
    assumed, _ = bench(Precise(), assume=True)
    assert assumed.near(context.mpf(1), context.mpf(1) + context.mpf(10) ** -20)  # assumed in 53 bits alone


def test_a_pole_of_the_claim_is_told() -> None:
    table, equation = bench(Residues(), lambda x, w, n, d: 1 / (w[d] - w[0]))
    with pytest.raises(FAILURES):
        table.wrong(equation)

"""Where a claim is false, both values are those of exact arithmetic by hand, at the smallest sizes that show it."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from sympy import Max

from symbackprop import Network, Sum, delta
from symbackprop.claims.compare import counterexample, exactly, false_at, looks, precisely, probed, varied
from symbackprop.claims.ground import Ground, ground_of
from symbackprop.language.claims import read_claim
from symbackprop.terms.program import Equation


def network():
    net = Network("least_squares")
    N, D = net.dims("N D")
    n, d, e = net.indices(n=N, d=D, e=D)
    x, w = net.input("x", (N, D)), net.parameter("w", (D,))
    net.loss = Sum(Sum(x[n, d] * w[d], d) ** 2, n) / N
    return net, delta(w)[d], 2 * Sum(x[n, d] * x[n, e] * w[e], n, e) / N


def claimed(part: Fraction = Fraction(1)) -> tuple[Ground, Equation]:
    """That δw is a multiple of what it is, 2/N·Σ_n x[n, d]·(x w)[n]."""
    net, element, right = network()
    value = right * part.numerator / part.denominator
    ground = ground_of(net.to_program(), [read_claim(net.book, element, value)])
    return ground, ground.equations[0]


def test_a_right_claim_is_false_nowhere() -> None:
    ground, equation = claimed()
    seen, benches = looks(ground, None, 0)
    assert len(seen[0]) > 2
    assert all(look.entries and not look.wrong for look in seen[0])
    assert not false_at(benches, equation)
    assert probed(ground, equation, [{"N": 2, "D": 2}], 0, 8) is None


@pytest.mark.parametrize("part", [Fraction(2), Fraction(1, 3), Fraction(-1)])
def test_both_values_of_a_false_one(part: Fraction) -> None:
    ground, equation = claimed(part=part)
    seen, benches = looks(ground, None, 0)
    assert all(look.tied or len(look.wrong) == look.entries for look in seen[0])
    assert false_at(benches, equation) == benches
    found = counterexample(ground, equation, seen[0][0], fixed=False, seed=0)
    assert found is not None
    assert dict(found.sizes) == {"N": 1, "D": 1}
    x, w = (np.array(found.data[name], dtype=object) for name in "xw")
    exact = np.vectorize(lambda v: Fraction(float(v)))
    truth = (2 * exact(x).T.dot(exact(x).dot(exact(w))) / len(x))[found.element]
    assert abs(Fraction(str(found.truth)) - truth) < Fraction(1, 10**40)
    assert abs(Fraction(str(found.claimed)) - part * truth) < Fraction(1, 10**40)
    assert len(found.wrong) == found.entries == 1


def test_of_several_elements_the_furthest_is_shown() -> None:
    net, element, _ = network()
    ground = ground_of(net.to_program(), [read_claim(net.book, element, 0)])
    data = {"x": np.array([[1.0, 2.0, 0.0]]), "w": np.array([3.0, 5.0, 7.0])}  # δw = 26·(1, 2, 0)
    found = precisely(ground, ground.equations[0], {"N": 1, "D": 3}, data)
    assert found is not None
    assert (found.element, float(found.truth), float(found.claimed)) == ((1,), 52.0, 0.0)
    assert (found.wrong, found.entries) == (((0,), (1,)), 3)


def test_exactly_where_nothing_ties() -> None:
    net = Network("kink")
    N = net.dim("N")
    n = net.index("n", N)
    z = net.parameter("z", (N,))
    net.loss = Sum(Max(z[n], 0), n)
    ground = ground_of(net.to_program(), [read_claim(net.book, delta(z)[n], 1)])
    (equation,) = ground.equations
    tied = {"z": np.array([0.0, 1.0])}
    assert exactly(ground, equation, {"N": 2}, tied) is None
    found = exactly(ground, equation, {"N": 2}, {"z": np.array([0.0, -2.0])})
    assert found is not None
    assert (found.position, found.claimed, found.truth) == ((1,), 1.0, 0.0)


def test_no_size_is_always_the_same_where_it_is_false() -> None:
    ground, equation = claimed(part=Fraction(2))
    _, benches = looks(ground, {"N": 3, "D": 2}, 0)
    assert {bench.sizes["N"] for bench in benches} == {3}
    more = false_at(varied(ground, equation, benches, 0), equation)
    for name in ("N", "D"):
        assert len({bench.sizes[name] for bench in more}) > 1

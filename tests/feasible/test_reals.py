"""Real numbers that meet constraints: in sixty digits, near where they were, by what is left when they are put in."""

from __future__ import annotations

from collections.abc import Iterator

import mpmath
import numpy as np
import pytest
from sympy import Eq, exp

from symbackprop import Network, Sum
from symbackprop.feasible.meet import _rules
from symbackprop.feasible.reals import to_reals
from symbackprop.feasible.system import System
from symbackprop.feasible.unmet import Unmet

SIZES = {"N": 3}


@pytest.fixture(autouse=True)
def _sixty_digits() -> Iterator[None]:
    with mpmath.workdps(60):
        yield


def met(build, start: list[float]):
    net = Network("reals")
    N = net.dim("N")
    n = net.index("n", N)
    x = net.parameter("x", (N,))
    for fact in build(x, n):
        net.assume(fact)
    net.loss = Sum(x[n] ** 2, n)
    system = System.of(net.to_program(), SIZES)
    data = {"x": np.array(start)}
    constraints = system.constraints(range(len(system.facts)), data)
    to_reals(system, data, constraints, _rules(constraints), {}, np.random.default_rng(0))
    return [mpmath.mpf(str(value) if hasattr(value, "_mpf_") else float(value)) for value in data["x"]]


def test_sums_that_are_given_and_elements_that_are_bounded() -> None:
    found = met(lambda x, n: [Eq(Sum(x[n], n), 1), x[n] > 0], [0.5, -0.25, 2.0])
    assert abs(sum(found) - 1) < mpmath.mpf(10) ** -45
    assert all(value > 0 for value in found)


def test_a_column_is_centred_by_its_mean() -> None:
    start = [0.5, -0.25, 2.0]
    found = met(lambda x, n: [Eq(Sum(x[n], n), 0)], start)
    assert abs(sum(found)) < mpmath.mpf(10) ** -45
    np.testing.assert_allclose([float(value) for value in found], np.array(start) - np.mean(start), atol=1e-12)


def test_unit_length_and_what_is_no_polynomial() -> None:
    found = met(lambda x, n: [Eq(Sum(x[n] ** 2, n), 1)], [0.5, -0.25, 2.0])
    assert abs(sum(value**2 for value in found) - 1) < mpmath.mpf(10) ** -45
    found = met(lambda x, n: [Eq(Sum(exp(x[n]), n), 2)], [0.5, -0.25, 0.1])
    assert abs(sum(mpmath.exp(value) for value in found) - 2) < mpmath.mpf(10) ** -45


def test_bounds_alone_move_only_what_is_outside() -> None:
    found = met(lambda x, n: [x[n] >= -1, x[n] < 1], [0.5, -0.25, 2.0])
    assert [float(value) for value in found[:2]] == [0.5, -0.25]
    assert -1 <= found[2] < 1


@pytest.mark.parametrize(
    ("build", "sure"),
    [
        (lambda x, n: [Eq(Sum(x[n], n), 1), Eq(Sum(x[n], n), 2)], True),
        (lambda x, n: [Eq(Sum(x[n] ** 2, n), -1)], False),
    ],
)
def test_what_cannot_be_met(build, sure: bool) -> None:
    with pytest.raises(Unmet) as failure:
        met(build, [0.5, -0.25, 2.0])
    assert failure.value.sure is sure
    assert set(failure.value.facts) <= {0, 1}

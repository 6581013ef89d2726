"""Claims that are true, or false, because of what is assumed: proved for all sizes where a textbook would, refuted, and
the networks verified."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sympy import Eq, exp

from symbackprop import Network, Sum, check_derivation, delta, verify

from .assumed_networks import CASES, Case

# These have a claim that is proved at sizes alone:
AT_SIZES = {"one_hot", "reciprocal", "different_labels", "enough_of_a_size"}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_what_is_assumed_decides(case: Callable[[], Case]) -> None:
    decide(case, 0)


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_what_is_assumed_decides_at_every_seed(case: Callable[[], Case]) -> None:
    for seed in range(1, 10):
        decide(case, seed)


def decide(case: Callable[[], Case], seed: int) -> None:
    net, true, false = case()
    report = check_derivation(net, [*true, *false], seed=seed)
    found = [row.verdict.value.lower() for row in report.rows]
    assert found == ["proved"] * len(true) + ["refuted"] * len(false), report
    everywhere = [row.note == "for all sizes" for row in report.rows[: len(true)]]
    assert all(everywhere) or net.name in AT_SIZES


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_networks_are_verified_on_data_that_meet_it(case: Callable[[], Case]) -> None:
    net, _, _ = case()
    report = verify(net, seed=1)
    assert report.passed, report
    assert {row.method for row in report.rows} == {"exact", "module", "numeric"}
    assert all(row.entries for row in report.rows)
    assert case.__name__ == "one_hot" or not any("60 digits" in row.note for row in report.rows)  # it has a log


def test_without_the_assumption_the_same_claims_are_refuted() -> None:
    net = Network("plain")
    D = net.dim("D")
    i, j = net.indices(i=D, j=D)
    x, A = net.parameter("x", (D,)), net.input("A", (D, D))
    net.loss = Sum(x[i] * A[i, j] * x[j], i, j)
    (row,) = check_derivation(net, [(delta(x)[i], 2 * Sum(A[i, j] * x[j], j))]).rows
    assert row.verdict.value.lower() == "refuted"


def contradiction() -> tuple[Network, object]:
    net = Network("contradiction")
    N, D = net.dims("N D")
    n, d = net.indices(n=N, d=D)
    x, y, w = net.input("x", (N, D)), net.input("y", (N,)), net.parameter("w", (D,))
    net.assume(y[n] > 0)
    net.assume(Eq(Sum(x[n, d], d), 1))
    net.assume(Eq(Sum(x[n, d], d), 2))
    net.loss = Sum(y[n] * x[n, d] * w[d], n, d)
    return net, (delta(w)[d], Sum(y[n] * x[n, d], n))


def test_nothing_is_proved_from_a_contradiction() -> None:
    net, claim = contradiction()
    (row,) = check_derivation(net, [claim]).rows
    assert row.verdict.value == "undecided"
    assert "Eq(Sum(x[n, d], d), 1) (test_under_assumptions.py:" in row.note
    assert "Eq(Sum(x[n, d], d), 2) (test_under_assumptions.py:" in row.note
    assert "contradict each other" in row.note
    assert "y[n]" not in row.note


def test_where_no_residues_serve_that_is_said_and_digits_refute() -> None:
    net = Network("log_probabilities")
    N, K = net.dims("N K")
    n, k = net.indices(n=N, k=K)
    u, w = net.input("u", (N, K)), net.parameter("w", (N, K))
    net.assume(Eq(Sum(exp(u[n, k]), k), 1))
    net.loss = Sum(w[n, k] * exp(w[n, k]) * Sum(exp(u[n, k]), k), n, k)
    right = exp(w[n, k]) * (1 + w[n, k]) + (Sum(exp(u[n, k]), k) - 1) * u[n, k]
    true, false = check_derivation(net, [(delta(w)[n, k], right), (delta(w)[n, k], right + 1)]).rows
    assert true.verdict.value in ("proved", "undecided")
    if true.verdict.value == "undecided":
        assert "Eq(Sum(exp(u[n, k]), k), 1) (test_under_assumptions.py:" in true.note
    assert false.verdict.value.lower() == "refuted"

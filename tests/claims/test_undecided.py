"""What is not known is not said: kinks, identities without a law, poles."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from sympy import Piecewise, acos, asin, pi, sqrt

from symbackprop import Network, Sum, check_derivation, delta
from symbackprop.claims import Verdict
from symbackprop.errors import InvalidSize, UnknownSymbol
from symbackprop.functions import relu, stop_gradient
from symbackprop.language import names_of

from .networks import only, residual


def scalar(function) -> SimpleNamespace:
    """loss = Σ f(w[n])² for one function."""
    net = Network("scalar")
    N = net.dim("N")
    n = net.index("n", N)
    w, a = net.parameter("w", (N,)), net.tensor("a")
    a[n] = function(w[n])
    net.loss = Sum(a[n] ** 2 + a[n], n)
    return SimpleNamespace(**names_of(net), net=net)


def test_another_convention_at_a_kink() -> None:
    b = scalar(relu)
    n, da = b.n, delta(b.a)[b.n]
    same = only(b, delta(b.w)[n], Piecewise((da, b.w[n] > 0), (0, True)))
    assert same.verdict is Verdict.PROVED
    assert "away from ties" not in same.note
    other = only(b, delta(b.w)[n], Piecewise((da, b.w[n] >= 0), (0, True)))
    assert other.verdict is Verdict.PROVED
    assert other.note.startswith("away from ties, exactly, modulo a prime, at N=2")
    assert other.note.endswith("where w[n] = 0, the claim follows another convention")
    assert only(b, delta(b.w)[n], da).verdict is Verdict.REFUTED


def test_an_identity_that_residues_do_not_know() -> None:
    b = scalar(asin)
    n, w, da = b.n, b.w[b.n], delta(b.a)[b.n]
    report = check_derivation(b.net, [(da, 1 + pi - 2 * acos(w))])  # asin + acos = pi/2
    (row,) = report.rows
    assert row.verdict is Verdict.UNDECIDED
    assert "equal in sixty digits" in row.note
    assert not report.passed
    assert only(b, da, 1 + 2 * asin(w)).verdict is Verdict.PROVED
    assert only(b, da, 1 + pi + 2 * acos(w)).verdict is Verdict.REFUTED
    assert only(b, delta(b.w)[n], da / sqrt(1 - w**2)).verdict is Verdict.PROVED
    assert only(b, delta(b.w)[n], da / sqrt(1 + w**2)).verdict is Verdict.REFUTED


def test_a_claim_with_a_pole_of_its_own() -> None:
    b = residual()
    i, other = b.i, b.net.index("other", b.D)
    nothing = Sum(b.x[b.n, i], i) - Sum(b.x[b.n, other], other) * Sum(b.V[b.j, b.k], b.k) / Sum(b.V[b.j, b.k], b.k)
    row = only(b, delta(b.y)[b.n, b.j], 1 / nothing)
    assert row.verdict is not Verdict.PROVED


def test_a_stopped_gradient_is_as_the_network_says() -> None:
    net = Network("stopped")
    N = net.dim("N")
    n = net.index("n", N)
    w, a = net.parameter("w", (N,)), net.tensor("a")
    a[n] = stop_gradient(w[n]) * w[n]
    net.loss = Sum(a[n], n)
    right, wrong = check_derivation(net, [(delta(w)[n], w[n]), (delta(w)[n], 2 * w[n])]).rows
    assert (right.verdict, wrong.verdict) == (Verdict.PROVED, Verdict.REFUTED)
    assert wrong.finding == "off by the factor 2"


def test_sizes_of_the_callers_choice() -> None:
    b = residual()
    n, j = b.n, b.j
    wrong = (delta(b.y)[n, j], b.y[n, j] - b.target[n, j])
    row = check_derivation(b.net, [wrong], dims={"N": 3, "D": 2, "H": 5}).rows[0]
    assert row.sizes == {"N": 3, "D": 2, "H": 5}
    assert row.claimed == pytest.approx(3 * row.derived)
    assert "claimed/derived = 3 at N = 3" in row.finding
    with pytest.raises(UnknownSymbol):
        check_derivation(b.net, [wrong], dims={"Q": 3})
    with pytest.raises(InvalidSize):
        check_derivation(b.net, [wrong], dims={"N": 0})

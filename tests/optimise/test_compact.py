"""Compact adjoints of normalised values are equal to the ones in parts, and stand only where they are less work."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sympy import Rational, sqrt, tanh

from symbackprop import Mean, Network, Sum, cost, derive, layers, load, stages, verify
from symbackprop.optimise.compact import compact_statistics
from symbackprop.optimise.weigh import weigh
from symbackprop.terms.program import Program
from symbackprop.verify.exact import check_exact
from symbackprop.verify.prime_sizes import choose_sizes

Write = Callable[[Network, Any, Any, Any, Any], Any]


def network(write: Write) -> Program:
    """z of shape (N, H) from a parameter; `write` adds equations and returns what the loss is made of."""
    net = Network("compact")
    N, H = net.dims("N H")
    n, j, i = net.indices(n=N, j=H, i=H)
    x, a, z = net.input("x", (N, H)), net.parameter("a", (H,)), net.tensor("z")
    z[n, j] = tanh(x[n, j] * a[j]) + a[j]
    u = write(net, z, n, j, i)
    net.loss = Sum((u[n, j] - x[n, j]) ** 3, n, j)
    return net.to_program()


def normalised(centre: Any, spread: Any) -> Write:
    def write(net: Network, z: Any, n: Any, j: Any, i: Any) -> Any:
        mu, v, u = net.tensors("mu v u")
        mu[n] = centre(z, n, i)
        v[n] = spread(z, mu, n, i)
        u[n, j] = (z[n, j] - mu[n]) / sqrt(v[n] + Rational(1, 7))
        return u

    return write


def mean(z: Any, n: Any, i: Any) -> Any:
    return Mean(z[n, i], i)


def variance(z: Any, mu: Any, n: Any, i: Any) -> Any:
    return Mean((z[n, i] - mu[n]) ** 2, i)


CASES: dict[str, Write] = {
    "layer norm": normalised(mean, variance),
    "a mean of squares": normalised(mean, lambda z, mu, n, i: Mean(z[n, i] ** 2, i)),
    "the fourth moment": normalised(mean, lambda z, mu, n, i: Mean((z[n, i] - mu[n]) ** 4, i)),
    "not quite the mean": normalised(lambda z, n, i: Sum(z[n, i], i) / 3, variance),
    "another row's": normalised(lambda z, n, i: Mean(z[0, i], i), variance),
}


@pytest.mark.parametrize("case", CASES)
def test_equal_and_no_more_work(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    program = network(CASES[case])
    compact = stages.derived_of(program)
    others = tuple(one for one in stages.DERIVED_PASSES if one is not compact_statistics)
    monkeypatch.setattr(stages, "DERIVED_PASSES", others)
    parts = stages.derived_of(program)
    assert weigh(compact.backward.equations) <= weigh(parts.backward.equations)
    for derived in (compact, parts):
        for seed in (0, 1):
            assert check_exact(program, derived, choose_sizes(program, seed), seed).passed


def test_less_work_by_the_cost_model() -> None:
    """Multiply-adds behind δz of a layer norm: 12 a value in parts, 7 in one equation, two of them for the sums."""
    net = Network("count")
    N, H = net.dims("N H")
    n, j = net.indices(n=N, j=H)
    z, y = net.parameter("z", (N, H)), net.input("y", (N, H))
    u = layers.layer_norm(z, affine=False)
    net.loss = Sum(u[n, j] * y[n, j], n, j)
    assert cost(net).backward.multiply_adds.coeff(N * H) <= 7


def test_adjoints_that_are_wanted_are_still_given() -> None:
    net = Network("wanted")
    N, H = net.dims("N H")
    n, j = net.indices(n=N, j=H)
    x, a = net.input("x", (N, H)), net.parameter("a", (H,))
    z, mu, v, u = net.tensors("z mu v u")
    z[n, j] = x[n, j] * a[j]
    mu[n] = Mean(z[n, j], j)
    v[n] = Mean((z[n, j] - mu[n]) ** 2, j)
    u[n, j] = (z[n, j] - mu[n]) / sqrt(v[n] + Rational(1, 7))
    net.loss = Sum(tanh(u[n, j]), n, j)
    program = net.to_program()
    derivation = derive(net, wrt=["a", "mu", "v", "z"])
    (of_mean,) = derivation.delta("mu")
    assert str(of_mean).startswith("d_mu[n] = -u_rsqrt[n]·Σ_j d_u[n, j] ")  # the variance does not depend on it
    derived = derivation.derived
    for seed in (0, 1):
        result = check_exact(program, derived, choose_sizes(program, seed), seed)
        assert result.passed
        assert set(result.entries) == {"a", "mu", "v", "z"}


def test_inside_a_recurrence() -> None:
    """Layer norm of a hidden state, step by step: what a step reads is there when it is read."""
    net = Network("recurrent")
    N, T, H = net.dims("N T H")
    n, j, k = net.indices(n=N, j=H, k=H)
    t = net.index("t", (1, T))
    x, U = net.input("x", (T, N, H)), net.parameter("U", (H, H))
    gain = net.parameter("gain", (H,))
    h, z, mu, v, z_hat = net.tensors("h z mu v z_hat")
    h[0, n, j] = 0
    z[t, n, j] = x[t - 1, n, j] + Sum(U[j, k] * h[t - 1, n, k], k)
    mu[t, n] = Mean(z[t, n, j], j)
    v[t, n] = Mean((z[t, n, j] - mu[t, n]) ** 2, j)
    z_hat[t, n, j] = (z[t, n, j] - mu[t, n]) / sqrt(v[t, n] + Rational(1, 7))
    h[t, n, j] = tanh(gain[j] * z_hat[t, n, j])
    net.loss = Sum(h[T, n, j] ** 2, n, j)
    derived = derive(net).derived
    assert not {"d_mu", "d_v"} & derived.backward.definitions.keys()
    assert verify(net).passed


def test_single_precision_with_rows_of_any_spread() -> None:
    """Rows that are constant, all but constant, or large: as close to double precision as their values allow."""
    net = Network("single")
    N, H = net.dims("N H")
    n, j = net.indices(n=N, j=H)
    z, y = net.parameter("z", (N, H)), net.input("y", (N, H))
    u = layers.layer_norm(z, name="1")
    net.loss = Sum((tanh(u[n, j]) - y[n, j]) ** 2, n, j)
    module = load(net)
    rng = np.random.default_rng(0)
    spread = np.array([0, 0, 1e-10, 1e-4, 1, 1e6])[:, None]
    offset = np.array([0, 5, 0, 0, 0, 0])[:, None]
    rows = (offset + spread * rng.normal(size=(6, 61))).astype(np.float32)
    params = {"z": rows, "gamma1": rng.normal(size=61).astype(np.float32), "beta1": np.ones(61, np.float32)}
    target = rng.normal(size=(6, 61)).astype(np.float32)
    _, single = module.value_and_grad(params, target)
    _, double = module.value_and_grad({k: v.astype(np.float64) for k, v in params.items()}, target.astype(np.float64))
    assert single["z"].dtype == np.float32
    largest = np.abs(double["z"]).max(axis=1, keepdims=True)
    np.testing.assert_array_less(np.abs(single["z"] - double["z"]) / largest, 2e-6)

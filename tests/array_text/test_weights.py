"""Softmax keeps its guard where a row may be masked, and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest
from sympy import Piecewise, exp, oo, tanh

from symbackprop import Network, Sum, generate, load


def attention(masked: bool) -> Network:
    net = Network("attention")
    N, K = net.dims("N K")
    n, k, j = net.indices(n=N, k=K, j=K)
    x = net.parameter("x", (N, K))
    u, p = net.tensors("u p")
    if masked:
        label = net.input("label", (N,), dtype="int", high=K)
        u[n, k] = Piecewise((x[n, k], k < label[n]), (-oo, True))
    else:
        u[n, k] = 400 * tanh(x[n, k])
    p[n, k] = exp(u[n, k]) / Sum(exp(u[n, j]), j)
    net.loss = Sum(p[n, k] ** 2, n, k)
    return net


@pytest.mark.parametrize("masked", [False, True])
def test_the_guard(masked: bool) -> None:
    assert ("exp_normalized" in generate(attention(masked), style="plain")) == masked


@pytest.mark.parametrize("masked", [False, True])
def test_large_scores_and_rows_of_which_nothing_is_left(masked: bool) -> None:
    """As the fast module has them, whose exponentials all have the guard."""
    x = 300 * np.random.default_rng(0).normal(size=(5, 3))
    label = [np.array([0, 1, 2, 0, 1])] if masked else []
    plain = load(attention(masked), style="plain").loss_and_gradients({"x": x}, *label)
    fast = load(attention(masked)).value_and_grad({"x": x}, *label)
    assert np.isfinite(plain[0])
    np.testing.assert_allclose(plain[0], fast[0], rtol=1e-13)
    np.testing.assert_allclose(plain[1]["x"], fast[1]["x"], rtol=1e-12, atol=1e-300)

"""Windows inside of larger expressions: what is computed of elements is computed before windows move along it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import symbackprop
from symbackprop import Network, Sum
from symbackprop.functions import relu


def rectified() -> Network:
    net = Network("rectified")
    T, P = net.dims("T P")
    t, p = net.indices(t=T, p=P)
    x, K, h = net.parameter("x", (T + P - 1,)), net.parameter("K", (P,)), net.tensor("h")
    h[t] = 3 * Sum(K[p] * (2 * x[t + p] - 1), p) / T + 1
    net.loss = Sum(relu(h[t]), t)
    return net


def test_scales_stand_beside_the_call() -> None:
    text = symbackprop.generate(rectified(), backend="jax")
    assert "jax.lax.conv_general_dilated(" in text
    assert "sliding_window_view" not in text


def test_values() -> None:
    jax: Any = pytest.importorskip("jax")
    rng = np.random.default_rng(0)
    params = {"x": rng.normal(size=9), "K": rng.normal(size=3)}
    with jax.enable_x64(True):
        loss, gradients = symbackprop.load(rectified(), backend="jax").value_and_grad(params, T=7)
        expected, others = symbackprop.load(rectified()).value_and_grad(params, T=7)
        np.testing.assert_allclose(loss, expected, rtol=1e-13)
        for name, gradient in gradients.items():
            np.testing.assert_allclose(gradient, others[name], rtol=1e-12)

"""Where a small constant keeps a layer or loss finite: in float16 too, which does not hold all such constants."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import symbackprop
from symbackprop import Network, Sum, layers, losses


def normalised(layer: Any) -> Network:
    net = Network("normalised")
    N, D = net.dims("N D")
    n, i = net.indices(n=N, i=D)
    x, weight = net.parameter("x", (N, D)), net.input("weight", (N, D))
    y = layer(x)
    net.loss = Sum(y[n, i] * weight[n, i], n, i)
    return net


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("layer", [layers.rms_norm, layers.layer_norm])
def test_zeros_normalised(layer: Any, dtype: Any) -> None:
    """x̂ = 0, and its gradient that of x/sqrt(eps), without its mean where the layer takes that off."""
    weight = np.array([[1.0, -2.0, 0.5], [0.25, 3.0, -1.0]], dtype)
    params = {"x": np.zeros((2, 3), dtype), "gamma1": np.ones(3, dtype), "beta1": np.zeros(3, dtype)}
    if layer is layers.rms_norm:
        del params["beta1"]
    loss, grads = symbackprop.load(normalised(layer)).value_and_grad(params, weight)
    given = weight if layer is layers.rms_norm else weight - weight.mean(axis=1, keepdims=True)
    assert loss == 0
    assert not grads["gamma1"].any()
    expected = given.astype(float) / np.sqrt(1e-5)
    assert np.allclose(grads["x"], expected, rtol=20 * np.finfo(dtype).eps + 0.006 * (dtype is np.float16), atol=1e-6)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_cosine_of_zeros(dtype: Any) -> None:
    net = Network("pairs")
    N, D = net.dims("N D")
    x, y, t = net.parameter("x", (N, D)), net.parameter("y", (N, D)), net.input("t", (N,))
    net.loss = losses.cosine_embedding(x, y, t, reduction="sum")
    some = np.array([[3.0, 4.0]], dtype)
    first, second = np.concatenate([0 * some, some, 0 * some]), np.concatenate([0 * some, 0 * some, some])
    module = symbackprop.load(net)
    loss, grads = module.value_and_grad({"x": first, "y": second}, np.ones(3, dtype))
    assert loss == 3  # the cosine is 0
    assert all(np.isfinite(grad).all() for grad in grads.values())
    if dtype is not np.float16:  # by the 1e-12 that float16 does not hold
        assert np.allclose(grads["y"][1], -np.array([0.6, 0.8]) * 1e6, rtol=1e-5)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_variances_below_their_bound(dtype: Any) -> None:
    """The loss and the gradient at v = max(variance, eps), the bound having a slope of 1 to the gradient."""
    net = Network("density")
    N, D = net.dims("N D")
    mean, target, variance = net.parameter("m", (N, D)), net.input("y", (N, D)), net.parameter("v", (N, D))
    net.loss = losses.gaussian_nll(mean, target, variance, reduction="sum")
    raw = np.array([[-1e4, -0.7, -1e-9, 0.0, 1e-7, 1e-6, 1e-3, 0.5, 3.0]], dtype)
    difference = np.linspace(0.002, 0.01, raw.size, dtype=dtype)[None]
    loss, grads = symbackprop.load(net).value_and_grad({"m": 0 * raw, "v": raw}, difference)
    v = np.maximum(raw, dtype(1e-6)).astype(float)
    r = difference.astype(float)
    near = {"rtol": 40 * np.finfo(dtype).eps, "atol": 0}
    assert np.allclose(loss, (0.5 * (np.log(v) + r**2 / v)).sum(), **near)
    assert np.allclose(grads["v"], 0.5 * (1 / v - r**2 / v**2), **near)
    assert np.allclose(grads["m"], -r / v, **near)

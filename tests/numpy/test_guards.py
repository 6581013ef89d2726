"""Guards on products: 0 where they fail, whatever the factors hold there, and no mask where a frame of zeros is one."""

import numpy as np
from sympy import Piecewise, log

from symbackprop import Network, Sum, generate, layers, load


def test_a_padded_convolution_of_a_normalised_image_needs_no_mask():
    net = Network("normalised")
    N, C, H, W, F = net.dims("N C H W F")
    y = layers.conv2d(layers.batch_norm(net.input("x", (N, C, H, W))), F, 3, padding=1)
    at = layers.naming.indices_of(y)
    net.loss = Sum(y[at] ** 2, *at)
    assert not [line for line in generate(net).splitlines() if "take(" in line and "bool" in line]


def test_infinite_values_behind_a_frame():
    """log 0 is infinite inside the sequence: windows without it are finite, those over the edge as well."""
    net = Network("infinite")
    T = net.dim("T")
    t, p = net.indices(t=T, p=3)
    x, K = net.input("x", (T,)), net.parameter("K", (3,))
    u, z = net.tensors("u z")
    u[t] = log(x[t])
    z[t] = Sum(Piecewise((K[p] * u[t - p], t >= p), (0, True)), p)
    net.loss = Sum(z[t], t)
    net.output(z)
    data, weights = np.array([2.0, 3, 5, 7, 0, 11, 13, 17]), np.array([0.5, 2, 3])
    with np.errstate(divide="ignore"):
        found = load(net).predict({"K": weights}, data)
        expected = np.convolve(np.log(data), weights)[:8]
    np.testing.assert_allclose(found, expected)


def test_a_factor_without_a_frame_is_masked():
    """Where the read is out of range the other factor is infinite: 0 times it must be 0."""
    net = Network("masked")
    T = net.dim("T")
    t, p = net.indices(t=T, p=3)
    x, w, K = net.input("x", (T,)), net.input("w", (T,)), net.parameter("K", (3,))
    u, v, z = net.tensors("u v z")
    u[t], v[t] = log(x[t]), log(w[t])
    z[t] = Sum(Piecewise((K[p] * u[t - p] * v[t], t >= p), (0, True)), p)
    net.loss = Sum(z[t], t)
    net.output(z)
    rng = np.random.default_rng(3)
    data, other, weights = rng.uniform(1, 2, 7), rng.uniform(1, 2, 7), np.array([0.5, 2, 3])
    expected = np.convolve(np.log(data), weights)[:7] * np.log(other)
    np.testing.assert_allclose(load(net).predict({"K": weights}, data, other), expected)
    other[0] = 0  # log 0 times the one read inside
    with np.errstate(divide="ignore"):
        found = load(net).predict({"K": weights}, data, other)
    assert found[0] == -np.inf
    np.testing.assert_allclose(found[1:], expected[1:])

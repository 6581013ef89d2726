"""Where floating-point errors mean nothing, and where they do."""

from __future__ import annotations

import numpy as np
import pytest
from sympy import Max, Piecewise, log

from symbackprop import Network, Sum, load


def network(read, output=False):
    net = Network("quiet")
    N = net.dim("N")
    n = net.index("n", N)
    x, u, v = net.parameter("x", (N,)), *net.tensors("u v")
    u[n] = log(x[n])
    v[n] = 2 * u[n]
    net.loss = Sum(read(v[n], x[n]), n)
    if output:
        net.output(u)
    return net


def step(net):
    with np.errstate(divide="raise", invalid="raise"):
        return load(net).value_and_grad({"x": np.array([0.0, 1.0])})


@pytest.mark.parametrize("read", [
    lambda v, x: Piecewise((v, x > 0), (0, True)),
    lambda v, x: Max(v, -3),
    lambda v, x: Piecewise((1, v < -5), (v, True)),
])  # fmt: skip
def test_what_is_read_behind_guards_alone_is_quiet(read):
    loss, gradients = step(network(read))
    assert np.isfinite(loss)
    np.testing.assert_array_equal(gradients["x"], [0, 2])


def test_what_is_read_without_a_guard_is_heard():
    with pytest.raises(FloatingPointError):
        step(network(lambda v, x: v))


def test_what_is_wanted_for_itself_is_heard():
    net = network(lambda v, x: Piecewise((v, x > 0), (0, True)), output=True)
    with pytest.raises(FloatingPointError), np.errstate(divide="raise"):
        load(net).predict({"x": np.array([0.0, 1.0])})


def test_padding_is_no_guard():
    """It keeps reads inside their tensor and lets every value through."""
    net = Network("padded")
    N = net.dim("N")
    n = net.index("n", N)
    x, u = net.parameter("x", (N,)), net.tensor("u")
    u[n] = log(x[n])
    net.loss = Sum(Piecewise((u[n - 1], n >= 1), (0, True)), n)
    with pytest.raises(FloatingPointError):
        step(net)

"""Sizes at which something divides by 0: the module names the size and what it must not be."""

import numpy as np
import pytest
from sympy import Piecewise, sqrt

from symbackprop import Network, Sum, load, verify


def spread(net, N, n):
    """Positions from -1 to 1."""
    return -1 + 2 * n / (N - 1)


def root(net, N, n):
    return n / sqrt(N - 2)


def guarded(net, N, n):
    return Piecewise((n / (N - 1), N > 1), (7, True))


def otherwise(net, N, n):
    return Piecewise((7, N < 2), (n / (N - 1), True))


def network(build, assumed=False):
    net = Network("divided")
    N = net.dim("N")
    n = net.index("n", N)
    x, w, t = net.input("x", (N,)), net.parameter("w", ()), net.tensor("t")
    if assumed:
        net.assume(N >= 2)
    t[n] = build(net, N, n)
    net.loss = Sum((w * t[n] - x[n]) ** 2, n)
    net.output(t)
    return net


def at(module, size):
    return module.value_and_grad({"w": np.array(2.0)}, np.ones(size))


@pytest.mark.parametrize(("build", "size", "divisor"), [(spread, 1, "N - 1"), (root, 2, "N - 2")])
def test_the_size_is_named(build, size, divisor):
    net = network(build)
    module = load(net)
    message = rf"sizes: expected N != {size} since {divisor} divides, found N = {size}$"
    with pytest.raises(ValueError, match="^forward: " + message):
        at(module, size)
    with pytest.raises(ValueError, match="^predict: " + message):
        module.predict({"w": np.array(2.0)}, N=size)
    assert np.isfinite(at(module, 5)[0])
    assert module.check()
    assert verify(net).passed


@pytest.mark.parametrize("build", [guarded, otherwise])
def test_a_branch_that_is_not_taken_asks_for_nothing(build):
    module = load(network(build))
    loss, grads = at(module, 1)
    assert loss == (2 * 7 - 1) ** 2
    assert grads["w"] == 2 * 7 * 13
    loss, _ = at(module, 3)
    assert loss == sum((2 * t - 1) ** 2 for t in (0, 0.5, 1))


def test_what_is_assumed_is_not_asked_twice():
    with pytest.raises(ValueError, match=r"^forward: sizes: expected N >= 2, found N = 1$"):
        at(load(network(spread, assumed=True)), 1)


def test_an_extent_that_is_divided():
    net = Network("blocks")
    N, D = net.dims("N D")
    n, d, b = net.indices(n=N, d=D, b=D // (N - 1))
    x, w = net.input("x", (D, N)), net.parameter("w", (D // (N - 1),))
    net.loss = Sum(w[b] ** 2, b) + Sum(x[d, n], d, n)
    module = load(net)
    assert module.value_and_grad({"w": np.ones(3)}, np.zeros((6, 3)))[0] == 3
    with pytest.raises(ValueError, match=r"^forward: sizes: expected N != 1 since N - 1 divides, found N = 1$"):
        module.value_and_grad({"w": np.ones(3)}, np.zeros((6, 1)))


def test_an_initial_value():
    net = Network("started")
    D = net.dim("D")
    i = net.index("i", D)
    w = net.parameter("w", (D,), init=1 / sqrt(D - 1))
    net.loss = Sum(w[i] ** 2, i)
    module = load(net)
    assert module.init_params(0, D=5)["w"].shape == (5,)
    with pytest.raises(ValueError, match=r"^initial values: sizes: expected D != 1 since D - 1 divides, found D = 1$"):
        module.init_params(0, D=1)

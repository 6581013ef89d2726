"""Parts are named under the conditions that their reads and their poles need."""

from __future__ import annotations

import numpy as np
import pytest
from sympy import Abs, And, Max, Piecewise, Rational, exp, log, sqrt, tanh

import symbackprop
from symbackprop import LogSumExp, Network, ReduceMax, Sum
from symbackprop.functions import sigmoid
from symbackprop.terms.inside import check_inside


@pytest.mark.parametrize("reduction", [Sum, ReduceMax, LogSumExp])
@pytest.mark.parametrize("condition", ["below", "above", "both"])
def test_a_window_behind_a_condition_that_holds_it_inside(reduction, condition):
    """No position of Σ_k x[i + k - 1] is read where the branch is not taken, though k is the reduction's own."""
    net = Network("window")
    N = net.dim("N")
    i, k = net.indices(i=N, k=3)
    x, v, y = net.parameter("x", (N,)), net.parameter("v", (3,)), net.tensor("y")
    place, inside = {
        "below": (i - k, i >= 2),
        "above": (i + k, i <= N - 3),
        "both": (i + k - 1, And(i >= 1, i <= N - 2)),
    }[condition]
    y[i] = Piecewise((tanh(reduction(v[k] * x[place], k)) * sigmoid(reduction(x[place], k)), inside), (0, True))
    net.loss = Sum(y[i], i)
    check_inside(symbackprop.derive(net).derived.joint)
    assert symbackprop.verify(net).passed


@pytest.mark.parametrize("steps", [0, 1, 5])
def test_a_size_divides_behind_either_of_two_conditions(steps):
    """At N = 3 the value is 0, and nothing is divided by 0, whatever common factor the gradient has."""
    net = Network("divided")
    N, D = net.dims("N D")
    n, i = net.indices(n=N, i=D)
    x, w, z = net.input("x", (N, D)), net.parameter("w", (D,)), net.tensor("z")
    u = x[n, i] * w[i] / (N - 3)
    for step in range(steps):
        u = Piecewise((u * exp(u), x[n, i] > step + 1), (u, True))
    z[n, i] = Piecewise((u, N > 3), (2 * u, N < 3), (0, True))
    net.loss = Sum(z[n, i], n, i)
    assert symbackprop.verify(net).passed
    data = np.ones((3, 2))
    loss, gradients = symbackprop.load(net).value_and_grad({"w": np.ones(2)}, data)
    assert loss == 0
    assert not gradients["w"].any()


def test_boxes_of_which_there_may_be_nothing():
    """Positions behind q > 2 along an axis that ends before: any step of a progression is possible there."""
    net = Network("boxes")
    D = net.dim("D")
    i, q = net.indices(i=D, q=D)
    W, y, z = net.parameter("W", (D,)), net.tensor("y"), net.tensor("z")
    y[q] = W[q] ** 2
    u = y[q]
    for step in range(3):
        u = Piecewise((tanh(u), q > step), (u, True))
    z[i] = Sum(u * W[i], q)
    net.loss = Sum(z[i], i)
    assert symbackprop.verify(net).passed


@pytest.mark.parametrize("steps", [0, 2, 9])
@pytest.mark.parametrize("f", [tanh, log, lambda u: 1 / u, lambda u: u], ids=["tanh", "log", "inverse", "itself"])
def test_what_a_sum_reads_need_not_be_there_where_the_sum_is_empty(f, steps):
    """x[i, K - 5] is in the tensor where there is a k at all; the sum is empty at K = 1 to 4."""
    net = Network("empty")
    N, K = net.dims("N K")
    i, j, k = net.indices(i=N, j=K, k=(0, K - 5))
    x, w, y = net.parameter("x", (N, K)), net.parameter("w", (K,)), net.tensor("y")
    u = f(x[i, K - 5])
    for step in range(steps):
        u = Piecewise((u * sigmoid(u), N > step + 1), (u, True))
    y[i] = Sum(Piecewise((u * w[k], k >= i), (sigmoid(u * w[k]), True)), k) + Sum(w[j], j) + x[i, 0]
    net.loss = Sum(y[i] ** 2, i)
    assert symbackprop.verify(net).passed
    module = symbackprop.load(net)
    for size in (1, 2, 4):
        loss, gradients = module.value_and_grad({"x": np.zeros((3, size)), "w": np.ones(size)})
        assert loss == 3 * size**2
        assert np.array_equal(gradients["x"][:, 0], np.full(3, 2.0 * size))


def test_sizes_that_divide_in_a_sum_that_may_be_empty():
    """They are asked about as everywhere, by the module and by what chooses sizes to verify at."""
    net = Network("divided")
    N = net.dim("N")
    i, k = net.indices(i=N, k=(0, N - 2))
    x, w, y = net.parameter("x", (N,)), net.parameter("w", (N,)), net.tensor("y")
    y[i] = Sum(Piecewise((tanh(x[i] / (N - 1) + w[k]), k >= i), (0, True)), k) + x[i] * w[i]
    net.loss = Sum(y[i] ** 2, i)
    assert symbackprop.verify(net).passed


@pytest.mark.parametrize("f", [Abs, tanh, lambda u: Max(u, -u), sqrt, log], ids=["abs", "tanh", "max", "sqrt", "log"])
def test_a_value_that_a_condition_has_is_read_in_the_branch(f):
    """f(u) is computed once, and δ of u has one term for each branch: under its condition where the slope may be
    infinite, as at 0, where the branch is not taken."""
    net = Network("robust")
    N = net.dim("N")
    n = net.index("n", N)
    x, w, u = net.input("x", (N,)), net.parameter("w", ()), net.tensor("u")
    u[n] = w * x[n]
    value = f(u[n])
    net.loss = Sum(Piecewise((u[n] ** 2 / 2, value < 1), (value - Rational(1, 2), True)), n)
    derivation = symbackprop.derive(net)
    (held,) = (e for e in derivation.forward if str(e).startswith("loss_"))
    assert sum(str(e).count(str(held.lhs.args[0])) > 0 for e in derivation.forward) == 2
    (delta,) = derivation.delta("u")
    assert str(delta).count("[1 >") == 1
    assert ("[1 ≤" in str(delta)) == (f in (sqrt, log))
    assert symbackprop.verify(net).passed
    _, grads = symbackprop.load(net).value_and_grad({"w": np.ones(())}, np.array([0.0, 0.5]))
    assert grads["w"] == 0.25

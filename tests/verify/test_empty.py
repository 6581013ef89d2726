"""Ranges that are empty at all sizes, or at the wrong ones."""

import numpy as np
import pytest
from sympy import Max, Piecewise

from symbackprop import Network, Sum, load, verify
from symbackprop.errors import InvalidSize


def linear():
    """(network, z, w) of z[n] = Σ_i w[i] x[n, i]."""
    net = Network("linear")
    N, D = net.dims("N D")
    n, i = net.indices(n=N, i=D)
    x, w, z = net.input("x", (N, D)), net.parameter("w", (D,)), net.tensor("z")
    z[n] = Sum(w[i] * x[n, i], i)
    return net, z, w


@pytest.mark.parametrize("extent", ["sum", "tensor"])
def test_what_is_empty_at_all_sizes_adds_nothing(extent):
    net, z, w = linear()
    n, k = net.index("n", z.shape[0]), net.index("k", (5, 4))
    more = w[0] * k
    if extent == "tensor":
        q = net.tensor("q")
        q[k] = more
        more = q[k]
    net.loss = Sum(z[n] ** 2, n) + Sum(more, k)
    report = verify(net)
    assert report.passed, str(report)


def test_a_condition_that_no_sizes_meet_is_named():
    net, z, w = linear()
    N = z.shape[0]
    n, k = net.index("n", N), net.index("k", (N + 1, 0))
    h = net.tensor("h")
    h[n], h[k] = z[n] * w[0], w[0]
    net.loss = Sum(h[n] ** 2, n)
    with pytest.raises(InvalidSize, match="such as 0 ≥ N"):
        verify(net)


@pytest.mark.parametrize(
    "read",
    [
        lambda x, w, token, i, k, K: x[i, K - 5] * w[k],
        lambda x, w, token, i, k, K: x[i, K - 5] + w[0],
        lambda x, w, token, i, k, K: w[token[i, K - 5]] * w[k],
        lambda x, w, token, i, k, K: Piecewise((w[k], x[i, K - 5] > 0), (0, True)),
        lambda x, w, token, i, k, K: Max(w[K - 5 - k], w[token[i, K - 5]]),
        lambda x, w, token, i, k, K: x[i, K - 5],
    ],
    ids=["factor", "addend", "look-up", "condition", "side", "alone"],
)
def test_what_is_read_where_a_sum_has_something_to_sum(read):
    """Nothing is there of x[i, K - 5] at K = 1 to 4, where Σ_k over k = 0..K - 5 is 0."""
    net = Network("few")
    N, K = net.dims("N K")
    i, j, k = net.indices(i=N, j=K, k=(0, K - 5))
    x, w, y = net.parameter("x", (N, K)), net.parameter("w", (K,)), net.tensor("y")
    token = net.input("token", (N, K), dtype="int", high=K)
    y[i] = Sum(read(x, w, token, i, k, K), k) + Sum(w[j] * x[i, j] + w[token[i, j]], j)
    net.loss = Sum(y[i] ** 2, i)
    report = verify(net)
    assert report.passed, str(report)
    module = load(net)
    for size in (1, 2, 4):
        given = {"x": np.zeros((3, size)), "w": np.ones(size)}
        loss, gradients = module.value_and_grad(given, np.zeros((3, size), dtype=int))
        assert loss == 3 * size**2
        assert np.array_equal(gradients["x"], np.full((3, size), 2.0 * size))

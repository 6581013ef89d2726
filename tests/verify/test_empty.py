"""Ranges that are empty at all sizes, or at the wrong ones."""

import pytest

from symbackprop import Network, Sum, verify
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

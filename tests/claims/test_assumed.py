"""Assumptions that a false claim takes for granted are found, and only those under which it is true."""

from __future__ import annotations

from sympy import Expr

from symbackprop import Network, Sum, delta
from symbackprop.claims.assumed import assumption_for
from symbackprop.claims.ground import ground_of
from symbackprop.language.claims import read_claim


def found(net: Network, element: Expr, value: Expr) -> str | None:
    ground = ground_of(net.to_program(), [read_claim(net.book, element, value)])
    sizes = dict(zip(net.to_program().dims, (2, 3, 4), strict=False))
    candidate = assumption_for(ground, ground.equations[0], sizes, 0)
    return candidate.text if candidate is not None else None


def test_rows_and_columns_that_add_to_one() -> None:
    net = Network("rows")
    N, K = net.dims("N K")
    n, k = net.indices(n=N, k=K)
    x, Y = net.parameter("x", (N, K)), net.input("Y", (N, K))
    net.loss = Sum(x[n, k], n, k) * Sum(Y[n, k], n, k)
    assert found(net, delta(x)[n, k], N) == "Eq(Sum(Y[n, k], k), 1)"
    assert found(net, delta(x)[n, k], K) == "Eq(Sum(Y[n, k], n), 1)"
    assert found(net, delta(x)[n, k], 2 * K) is None


def test_signs_and_masks() -> None:
    net = Network("signs")
    N = net.dim("N")
    n = net.index("n", N)
    x, y = net.parameter("x", (N,)), net.input("y", (N,))
    net.loss = Sum(x[n] ** 2 * y[n] ** 2, n) / 2
    assert found(net, delta(x)[n], x[n]) == "Eq(y[n]**2, 1)"
    assert found(net, delta(x)[n], x[n] * y[n]) == "Eq(y[n]**2, y[n])"
    assert found(net, delta(x)[n], x[n] * y[n] ** 4) == "Eq(y[n]**2, 1)"
    assert found(net, delta(x)[n], 2 * x[n]) is None

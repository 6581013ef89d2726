"""Recurrences along positions that data give, behind a guard that says which come first: trees and graphs in order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sympy import And, Piecewise, tanh

from symbackprop import Network, ReduceMax, Sum, load, verify
from symbackprop.errors import CyclicEquations
from symbackprop.stages import derived_of, functions_of, in_order

Array = np.ndarray[Any, Any]


def tree(guard: Callable[[Any, Any], Any], name: str = "tree") -> Network:
    """h[b] = tanh(W x[b] + U h[parent[b]]), without the second where the guard does not hold."""
    net = Network(name)
    B, D, H = net.dims("B D H")
    b, d, j, k = net.indices(b=B, d=D, j=H, k=H)
    x, parent = net.input("x", (B, D)), net.input("parent", (B,), dtype="int", high=B)
    W, U = net.parameter("W", (H, D)), net.parameter("U", (H, H))
    h = net.tensor("h")
    above = Piecewise((Sum(U[j, k] * h[parent[b], k], k), guard(parent[b], b)), (0, True))
    h[b, j] = tanh(Sum(W[j, d] * x[b, d], d) + above)
    net.loss = Sum(h[b, j] ** 2, b, j)
    net.output(h)
    return net


def by_hand(W: Array, U: Array, x: Array, parent: Array, upwards: bool) -> Array:
    h = np.zeros((len(x), len(W)))
    for b in range(len(x)) if upwards else reversed(range(len(x))):
        before = parent[b] < b if upwards else parent[b] > b
        h[b] = np.tanh(W @ x[b] + (U @ h[parent[b]] if before else 0))
    return h


@pytest.mark.parametrize("upwards", [True, False])
def test_a_tree_given_as_data(upwards: bool) -> None:
    net = tree((lambda p, b: p < b) if upwards else (lambda p, b: b < p), "up" if upwards else "down")
    assert verify(net).passed
    rng, module = np.random.default_rng(2), load(net)
    params = {"W": rng.normal(size=(3, 2)), "U": rng.normal(size=(3, 3)) / 2}
    x, parent = rng.normal(size=(9, 2)), rng.integers(0, 9, size=9)
    np.testing.assert_allclose(module.predict(params, x, parent), by_hand(*params.values(), x, parent, upwards))
    _, grads = module.value_and_grad(params, x, parent)
    for name, place in (("W", (1, 0)), ("U", (2, 1))):
        losses = []
        for step in (1e-6, -1e-6):
            moved = {key: array.copy() for key, array in params.items()}
            moved[name][place] += step
            losses.append(np.sum(by_hand(*moved.values(), x, parent, upwards) ** 2))
        assert grads[name][place] == pytest.approx((losses[0] - losses[1]) / 2e-6, rel=1e-7)


def binary() -> Network:
    """Each node from two before it. Source: R. Socher, C. Lin, A. Ng, C. Manning, Parsing natural scenes and natural
    language with recursive neural networks (2011), equation 2."""
    net = Network("binary")
    N, H = net.dims("N H")
    n, j, k = net.indices(n=N, j=H, k=H)
    left, right = (net.input(name, (N,), dtype="int", high=N) for name in ("left", "right"))
    leaf, L, R = net.parameter("leaf", (N, H)), net.parameter("L", (H, H)), net.parameter("R", (H, H))
    h = net.tensor("h")
    inner = tanh(Sum(L[j, k] * h[left[n], k] + R[j, k] * h[right[n], k], k))
    h[n, j] = Piecewise((inner, And(left[n] < n, right[n] < n)), (leaf[n, j], True))
    net.loss = Sum(h[N - 1, j] ** 2, j)
    return net


def far_behind() -> Network:
    """Read two back at least, and the largest of several."""
    net = Network("far_behind")
    N, C = net.dims("N C")
    n, c = net.indices(n=N, c=C)
    source, x, w = net.input("source", (N, C), dtype="int", high=N), net.parameter("x", (N,)), net.parameter("w", (C,))
    h = net.tensor("h")
    h[n] = x[n] + ReduceMax(Piecewise((w[c] * h[source[n, c]], source[n, c] + 1 < n), (0, True)), c)
    net.loss = Sum(h[n] ** 2, n)
    return net


@pytest.mark.parametrize("net", [binary(), far_behind()], ids=lambda net: net.name)
def test_several_before(net: Network) -> None:
    program = net.to_program()
    derived = derived_of(program, checked=True)
    functions_of(program, in_order(derived, checked=True), checked=True)
    assert verify(net).passed


GUARDS: dict[str, Callable[[Any, Any], Any]] = {
    "itself, perhaps": lambda p, b: p <= b,
    "itself, perhaps, shifted": lambda p, b: p < b + 1,
    "of the position alone": lambda p, b: p > 0,
    "of the index alone": lambda p, b: b > 2,
}


@pytest.mark.parametrize("guard", GUARDS.values(), ids=GUARDS)
def test_a_guard_that_does_not_say_it_is_refused(guard: Callable[[Any, Any], Any]) -> None:
    with pytest.raises(CyclicEquations, match=r"parent\[b\]"):
        load(tree(guard))


@pytest.mark.parametrize("N", [2, 3, 4, None])
@pytest.mark.parametrize("M", [1, 2, 3, None])
def test_two_edges_in_a_tree_of_few_vertices(N: int | None, M: int | None) -> None:
    """Where sizes are small numbers, every distance is bounded: along no axis is the order plain at first sight."""
    net = Network("few")
    dims = [net.dim(name) if size is None else size for name, size in (("N", N), ("M", M))]
    r, v, p = net.index("r", dims[0]), net.index("v", dims[1]), net.index("p", dims[1])
    left, right = (net.input(name, (dims[0],), dtype="int", high=dims[0]) for name in ("left", "right"))
    u, w, a = net.tensor("u"), net.parameter("w", (dims[1],)), net.parameter("a", (dims[0],))
    below = [Piecewise((Sum(w[p] * u[place[r], p], p), r + 1 < place[r]), (w[v], True)) for place in (left, right)]
    u[r, v] = tanh(a[r] * (below[0] + a[0] * below[1]))
    net.loss = Sum(u[r, v] ** 2, r, v)
    report = verify(net)
    assert report.passed, str(report)

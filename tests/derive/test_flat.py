"""Right-hand sides that share their parts: the work is that of the graph, not of the tree that it unfolds to."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import pytest
from sympy import Eq, Piecewise, sin

from symbackprop import LogSumExp, Network, Sum, generate, verify
from symbackprop.errors import InvalidSize, TooManyAxes
from symbackprop.functions import sigmoid
from symbackprop.stages import swept
from symbackprop.terms.term import subterms


def nested(step: Callable[[Any], Any], times: int) -> Network:
    net = Network("nested")
    N = net.dim("N")
    n = net.index("n", N)
    value = net.parameter("x", (N,))[n]
    for _ in range(times):
        value = step(value)
    net.loss = Sum(value, n)
    return net


STEPS = {
    "e**2 + e": lambda e: e**2 + e,
    "sin(e) + e": lambda e: sin(e) + e,
    "e*sigmoid(e)": lambda e: e * sigmoid(e),
    "(e + 1)*e": lambda e: (e + 1) * e,
}


@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS)
def test_derivation_grows_with_the_graph(step: Callable[[Any], Any]) -> None:
    """Twice the depth, at most six times the terms: a tree would have a thousand times as many."""
    sizes = []
    for times in (10, 20):
        derived = swept(nested(step, times).to_program(), ["x"])
        equations = (*derived.forward.equations, *derived.backward.equations)
        sizes.append(len({inner for equation in equations for inner in subterms(equation.rhs)}))
    assert sizes[1] < 6 * sizes[0]


def test_gradients_of_shared_parts_are_right() -> None:
    assert verify(nested(STEPS["e**2 + e"], 8)).passed
    assert verify(nested(STEPS["sin(e) + e"], 12)).passed


def test_many_axes_of_symbolic_sizes() -> None:
    net = Network("axes")
    dims = net.dims(" ".join(f"D{k}" for k in range(24)))
    indices = [net.index(f"i{k}", size) for k, size in enumerate(dims)]
    w = net.parameter("w", tuple(dims))
    net.loss = Sum(w[tuple(indices)] ** 2, *indices)
    assert "d_w" in generate(net)


def test_gradient_of_many_factors() -> None:
    """Sixty factors in one product: pairs of like factors are compared once."""
    net = Network("factors")
    N = net.dim("N")
    n = net.index("n", N)
    x = net.parameter("x", (N,))
    net.loss = Sum(prod(sin(k * x[n]) for k in range(1, 41)), n)
    assert "d_x" in generate(net)


def test_more_axes_than_arrays_have() -> None:
    net = Network("axes")
    indices = [net.index(f"i{k}", 1) for k in range(33)]
    w = net.parameter("w", (1,) * 33)
    net.loss = Sum(w[tuple(indices)] ** 2, *indices)
    with pytest.raises(TooManyAxes, match=r"w: expected at most 32 axes, .* found 33"):
        generate(net)


def test_networks_too_large_to_be_interpreted() -> None:
    net = Network("large")
    indices = [net.index(f"i{k}", 2) for k in range(20)]
    w = net.parameter("w", (2,) * 20)
    net.loss = Sum(w[tuple(indices)] ** 2, *indices)
    with pytest.raises(InvalidSize, match="evaluation of at most"):
        verify(net)


def test_finite_parts_need_no_guard() -> None:
    """A log-sum-exp behind [c = y[n]], of which it does not depend, is one number a row."""
    net = Network("picked")
    N, C = net.dims("N C")
    n, c, k = net.indices(n=N, c=C, k=C)
    x, y = net.parameter("x", (N, C)), net.input("y", (N,), dtype="int", high=C)
    net.loss = -Sum(Piecewise((x[n, c] - LogSumExp(x[n, k], k), Eq(c, y[n])), (0, True)), n, c)
    forward = swept(net.to_program(), ["x"]).forward
    assert [tensor.rank for tensor in forward.tensors if tensor.name == "loss_logsumexp"] == [1]

"""Small sizes for a module's own check: no tensor is empty, and what is declared holds."""

from __future__ import annotations

import pytest
from sympy import Ge

from symbackprop import Network, Sum, zoo
from symbackprop.cli import networks
from symbackprop.numpy.sample import sample_sizes
from symbackprop.schedule.simulate import holds
from symbackprop.terms.poly import Dim, Index
from symbackprop.terms.program import Program
from symbackprop.terms.size_facts import size_conditions


def well_chosen(program: Program) -> dict[str, int]:
    sizes = sample_sizes(program)
    dims: dict[Dim | Index, int] = {Dim(name): size for name, size in sizes.items()}
    assert sizes.keys() == set(program.dims)
    assert all(extent.evaluate(dims.__getitem__) >= 1 for tensor in program.tensors for extent in tensor.shape)
    assert all(holds(condition, dims, {}) for condition in size_conditions(program))
    return sizes


@pytest.mark.parametrize("name", zoo.names())
def test_the_zoo(name: str) -> None:
    well_chosen(networks.find(name).to_program())


def test_relations_between_sizes() -> None:
    net = Network("window")
    N, K = net.dims("N K")
    n, k = net.index("n", N - K + 1), net.index("k", K)
    net.assume(Ge(K, 4))
    x, w, y = net.input("x", (N,)), net.parameter("w", (K,)), net.tensor("y")
    y[n] = Sum(x[n + k] * w[k], k)
    net.loss = Sum(y[n] ** 2, n)
    sizes = well_chosen(net.to_program())
    assert sizes["K"] >= 4
    assert sizes["N"] >= sizes["K"]


def test_what_divides_is_above_zero() -> None:
    net = Network("divided")
    N, D = net.dims("N D")
    n = net.index("n", N)
    x = net.parameter("x", (N,))
    net.assume(Ge(N, D))
    net.loss = Sum(x[n] ** 2, n) / (D - 4)
    sizes = well_chosen(net.to_program())
    assert sizes["N"] >= sizes["D"] >= 5

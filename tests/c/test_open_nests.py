"""Nests compute what the values do that they are made of."""

from __future__ import annotations

import numpy as np
import pytest
from sympy import Piecewise, exp, tanh

import symbackprop
from symbackprop import Network, Sum
from symbackprop.c.nests import Nest, Product, Store, statements_in
from symbackprop.c.open_nests import open_nests
from symbackprop.lower.values import Choose, Contract, Fold, inside
from symbackprop.sources import c_values, program_of
from symbackprop.terms.fixed_sizes import fixed_sizes
from tests.c.functions import SOME, check_nests, none_changed, values_of


@pytest.mark.parametrize("name", SOME)
def test_they_compute_the_values(name: str) -> None:
    check_nests(name, none_changed, open_nests)


@pytest.mark.parametrize("name", SOME)
def test_every_nest_has_an_index_of_its_own_and_no_value_a_reduction(name: str) -> None:
    module = values_of(name)
    for function in module.functions:
        statements = list(statements_in(open_nests(function, module.program).body))
        indices = [statement.axis.index for statement in statements if isinstance(statement, Nest)]
        assert len(set(indices)) == len(indices)
        for statement in statements:
            if isinstance(statement, Store):
                assert not [p for p in inside(statement.value) if isinstance(p, Contract | Fold | Choose)]


def network() -> Network:
    net = Network("costly")
    N, D, H = net.dims("N D H")
    n, d, h = net.indices(n=N, d=D, h=H)
    x, W, z = net.parameter("x", (N, D)), net.parameter("W", (H, D)), net.tensor("z")
    z[n, h] = tanh(Sum(exp(x[n, d]) * W[h, d], d))
    net.loss = Sum(z[n, h] ** 2, n, h)
    return net


def test_what_costs_is_computed_once() -> None:
    """exp(x[n, d]) does not know h: it is a tensor of its own, and not computed once for each h."""
    program = fixed_sizes(program_of(network()), {"N": 3, "D": 5, "H": 7})
    function = open_nests(c_values(program).forward, program)
    (made,) = (t for t in function.tensors.values() if t.name not in program.table and t.rank == 2)
    assert [size.constant for size in made.shape] == [3, 5]


def test_large_products_are_called() -> None:
    program = fixed_sizes(program_of(network()), {"N": 32, "D": 16, "H": 8})
    module = c_values(program)
    found = [s for f in module.functions for s in statements_in(open_nests(f, program).body) if isinstance(s, Product)]
    assert {product.tensor for product in found} >= {"d_W"}


def masked() -> Network:
    net = Network("masked")
    N, T, K = net.dims("N T K")
    n, t, k = net.indices(n=N, t=T, k=K)
    x, b, W = net.input("x", (N, T, K)), net.input("b", (T, K)), net.parameter("W", (T, K))
    net.loss = Sum(x[n, t, k] * Piecewise((1, W[t, k] >= 1), (-1, W[t, k] <= -1), (W[t, k] * b[t, k], True)), n, t, k)
    return net


@pytest.mark.usefixtures("compiler")
def test_products_behind_two_masks() -> None:
    """gcc 12 with AVX-512 takes two lanes for one where a product is a branch: it is computed before."""
    draw = np.random.default_rng(0)
    sizes = {"N": 5, "T": 2, "K": 5}
    params = {"W": np.array([[-1.5, 0.3, 0.3, -0.4, 0.9], [-0.5, -1.6, -1.1, -0.8, 5.3]])}
    data = {"x": draw.normal(size=(5, 2, 5)), "b": draw.normal(size=(2, 5))}
    expected = symbackprop.load(masked()).value_and_grad(params, **data)
    found = symbackprop.load(masked(), backend="c", dims=sizes).value_and_grad(params, **data)
    np.testing.assert_allclose(found[1]["W"], expected[1]["W"], rtol=1e-12)

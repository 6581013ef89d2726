"""Nests compute what the values do that they are made of."""

from __future__ import annotations

import numpy as np
import pytest
from sympy import tanh

from symbackprop import Network, Sum
from symbackprop.c.nests import Nest, Product, Store, statements_in
from symbackprop.c.open_nests import open_nests
from symbackprop.lower.values import Choose, Contract, Define, Fold, Function, Kind, Map, MapOp, Read, inside
from symbackprop.sources import c_values, program_of
from symbackprop.terms.fixed_sizes import fixed_sizes
from symbackprop.terms.poly import ZERO, Index, Poly
from symbackprop.terms.program import Op, Program, Tensor, TensorKind
from symbackprop.terms.prove import Facts
from symbackprop.terms.term import Axis
from tests.c.functions import SOME, check_nests, none_changed, values_of
from tests.c.interpreting import Interpreter


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


N, D, H = Index("n"), Index("d"), Index("h")


def test_what_costs_is_computed_once() -> None:
    """exp(x[n, d]) does not know h: it is a tensor of its own, and not computed once for each h."""
    axes = tuple(Axis(index, ZERO, Poly.of(extent - 1)) for index, extent in ((N, 3), (H, 7), (D, 5)))
    table = {name: Tensor(name, TensorKind.INTERMEDIATE, tuple(map(Poly.of, shape)), (ZERO, ZERO))
             for name, shape in (("x", (3, 5)), ("W", (7, 5)), ("z", (3, 7)))}  # fmt: skip
    x, W = (Read(name, tuple(map(Poly.of, at)), frozenset(at), Kind.FLOAT, False) for name, at in
            (("x", (N, D)), ("W", (H, D))))  # fmt: skip
    total = Contract((Map(MapOp.EXP, (x,), Kind.FLOAT, False), W), (D,), False)
    step = Define("z", (Poly.of(N), Poly.of(H)), axes, total, Op.ASSIGN)
    function = Function("forward", table, ("x", "W"), Facts(), frozenset(), (step,))
    nests = open_nests(function, Program("costly", (), tuple(table.values()), ()))
    (made,) = (t for t in nests.tensors.values() if t.name not in table and t.rank)
    assert [size.constant for size in made.shape] == [3, 5]
    draw = np.random.default_rng(0)
    data = {"x": draw.normal(size=(3, 5)), "W": draw.normal(size=(7, 5))}
    np.testing.assert_allclose(Interpreter(nests, data).run()["z"], np.exp(data["x"]) @ data["W"].T)


def network() -> Network:
    net = Network("multiplied")
    rows, width, units = net.dims("N D H")
    n, d, h = net.indices(n=rows, d=width, h=units)
    x, W, z = net.parameter("x", (rows, width)), net.parameter("W", (units, width)), net.tensor("z")
    z[n, h] = tanh(Sum(x[n, d] * W[h, d], d))
    net.loss = Sum(z[n, h] ** 2, n, h)
    return net


def test_large_products_are_called() -> None:
    program = fixed_sizes(program_of(network()), {"N": 32, "D": 16, "H": 8})
    module = c_values(program)
    found = [s for f in module.functions for s in statements_in(open_nests(f, program).body) if isinstance(s, Product)]
    assert {product.tensor for product in found} >= {"d_W", "d_x"}

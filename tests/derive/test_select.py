"""Products select: a guard that has a name stands in front again, where something beside it may be infinite."""

import pytest
from sympy import Piecewise, log

from symbackprop import Network, Sum, stages
from symbackprop.derive.select import select_products
from symbackprop.terms.term import Where, subterms
from tests.optimise.networks import NETWORKS
from tests.terms.exact import Elements, numbers


def named(net):
    """As the pass finds it."""
    program = stages.training_form(net.to_program())
    for before in stages.NAMING_PASSES[: stages.NAMING_PASSES.index(select_products)]:
        program = before(program)
    return program


@pytest.mark.parametrize("name", NETWORKS)
def test_values_stay(name):
    net, every = NETWORKS[name]()
    before = named(net)
    after = select_products(before)
    for seed, sizes in enumerate(every):
        one, other = (Elements(program, sizes, numbers(seed)) for program in (before, after))
        for tensor in before.definitions:
            assert one.every(tensor) == other.every(tensor)


def guards(program, target):
    (equation,) = program.definitions[target]
    return [part for part in subterms(equation.rhs) if isinstance(part, Where)]


def test_a_named_guard_stands_before_a_reciprocal():
    net, _ = NETWORKS["masked"]()
    before = named(net)
    assert not guards(before, "loss")
    assert guards(select_products(before), "loss")


def test_products_of_finite_values_are_left():
    net = Network("finite")
    (N,) = net.dims("N")
    (n,) = net.indices(n=N)
    x, y = net.parameter("x", (N,)), net.input("y", (N,))
    m = net.tensor("m")
    m[n] = Piecewise((1, y[n] > 0), (0, True))
    net.loss = Sum(m[n] * x[n], n)
    program = named(net)
    assert select_products(program).equations == program.equations


def test_a_bracket_keeps_its_logarithm_from_what_it_leaves_out():
    """0·log 0 is 0: at y = 0 the logarithm is not asked for."""
    net = Network("logarithm")
    (N,) = net.dims("N")
    (n,) = net.indices(n=N)
    x, y = net.parameter("x", (N,)), net.input("y", (N,))
    m, u = net.tensors("m u")
    m[n] = Piecewise((y[n], y[n] > 0), (0, True))
    u[n] = log(x[n])
    net.loss = Sum(m[n] * u[n], n)
    assert guards(select_products(named(net)), "loss")

"""Adjoints of programs as they are written, nothing named: against differences that are exact of polynomials."""

from fractions import Fraction

import pytest
from sympy import Piecewise

from symbackprop import Network, Sum
from symbackprop.derive.differentiate import differentiate
from symbackprop.terms.program import Op
from tests.terms.exact import Elements, numbers

SIZES = {"N": 2, "D": 3}


def broadcast(net, N, D, n, i, x, w):
    net.loss = Sum((w[i] * x[n, i] - w[0]) ** 2, n, i) + Sum(w[i] ** 3, i)


def shared(net, N, D, n, i, x, w):
    y = net.tensor("y")
    y[n] = Sum(w[i] * x[n, i], i)
    net.loss = Sum(y[n] ** 2 * y[0] + y[N - 1] * w[D - 1], n)


def branches(net, N, D, n, i, x, w):
    y = net.tensor("y")
    y[i] = Piecewise((w[i] ** 2, i > 0), (3 * w[D - 1 - i], True))
    net.loss = Sum(y[i] * x[n, i], n, i)


def recurrence(net, N, D, n, i, x, w):
    t = net.index("t", (1, D - 1))
    h = net.tensor("h")
    h[0] = w[0]
    h[t] = h[t - 1] * x[0, t] + w[t] * w[0]
    net.loss = h[D - 1] ** 2 + Sum(x[n, i], n, i)


NETWORKS = {each.__name__: each for each in (broadcast, shared, branches, recurrence)}


def program(write):
    net = Network("polynomial")
    N, D = net.dims("N D")
    n, i = net.indices(n=N, i=D)
    write(net, N, D, n, i, net.input("x", (N, D)), net.parameter("w", (D,)))
    return net.to_program()


@pytest.mark.parametrize("again", [False, True])
@pytest.mark.parametrize("name", NETWORKS)
def test_every_element_of_the_gradient(name, again):
    made = program(NETWORKS[name])
    derived = differentiate(made, ["w", "x"], again)
    given = numbers(3)
    values = Elements(derived.joint, SIZES, given)

    def loss(tensor, place, step):
        def moved(other, at):
            return given(other, at) + (step if (other, at) == (tensor, place) else 0)

        return Elements(made, SIZES, moved).of(made.loss, ())

    for tensor, adjoint in derived.backward.wrt:
        for place, value in values.every(adjoint).items():
            near, far = (loss(tensor, place, Fraction(h)) - loss(tensor, place, Fraction(-h)) for h in (1, 2))
            assert value == (8 * near - far) / 12  # of degree 4 and less


@pytest.mark.parametrize("name", NETWORKS)
def test_what_it_says_of_the_adjoints(name):
    made = program(NETWORKS[name])
    derived = differentiate(made, ["w"])
    assert derived.backward.wrt == (("w", "d_w"),)
    assert derived.joint.equations == derived.forward.equations + derived.backward.equations
    assert derived.forward.equations == made.equations
    for tensor, adjoint in derived.adjoints.items():
        theirs = made.table[tensor]
        assert (adjoint.shape, adjoint.origin, adjoint.adjoint_of) == (theirs.shape, theirs.origin, tensor)
        assert adjoint.name in derived.backward.definitions
    assert "x" not in derived.adjoints  # nothing asked for it, and nothing on the way does


def test_names_are_not_taken_twice():
    net = Network("names")
    (N,) = net.dims("N")
    n = net.index("n", N)
    w, d_w = net.parameter("w", (N,)), net.parameter("d_w", (N,))
    net.loss = Sum(w[n] * d_w[n], n)
    derived = differentiate(net.to_program(), ["w", "d_w"])
    assert derived.backward.wrt == (("w", "d_w_2"), ("d_w", "d_d_w"))
    assert all(equation.op is Op.ASSIGN for equation in derived.backward.equations)
    names = [tensor.name for tensor in derived.backward.tensors]
    assert len(set(names)) == len(names)

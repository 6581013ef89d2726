"""What is wrong with a value that doubles with each step as a tree is told at once, and shortly."""

from __future__ import annotations

import pytest
import sympy
from sympy import Symbol, gamma

import symbackprop
from symbackprop import Network, Sum, delta
from symbackprop.errors import SymbackpropError
from symbackprop.functions import sigmoid


class Written:
    """A network and a value of 2^40 elements as a tree."""

    def __init__(self) -> None:
        self.net = net = Network("large")
        self.N, self.D = net.dims("N D")
        self.n, self.i = net.indices(n=self.N, i=self.D)
        self.x, self.w = net.input("x", (self.N, self.D)), net.parameter("w", (self.D,))
        self.z = net.tensor("z")
        self.u: sympy.Expr = self.x[self.n, self.i] * self.w[self.i]
        for _ in range(40):
            self.u = self.u * sigmoid(self.u)


def unbound(p):
    p.net.loss = p.u


def given(p):
    p.w[p.i] = p.u


def outside(p):
    p.z[p.n, p.i] = p.u + p.x[p.n, p.i + 1]


def unknown(p):
    p.z[p.n, p.i] = gamma(p.u)


def foreign(p):
    p.z[p.n, p.i] = p.u + Symbol("q")


def subscript(p):
    p.z[p.n, p.i] = p.x[p.n, p.u]


def left(p):
    p.z[p.n, p.u] = 1


def limits(p):
    Sum(p.u, p.u)


def number(p):
    p.z[p.n, p.i] = p.u / 0


def output(p):
    p.net.output(p.u)


def update(p):
    p.net.update(p.w[p.i], p.u)


def initial(p):
    p.net.parameter("v", (p.D,), init=p.u)


def size(p):
    p.net.parameter("v", (p.u,))


def in_a_list(p):
    p.net.output([p.u, p.u])


def in_a_tuple(p):
    p.z[p.n, p.i] = (p.u,)


def shape(p):
    p.net.input("q", p.u)


def notation(p):
    p.net.notation(w=p.u)


def truth(p):
    return 1 if p.u > 0 else 0


def twice(p):
    p.z[p.n, p.i] = p.u
    p.z[p.n, p.i] = p.u + 1
    p.net.loss = Sum(p.z[p.n, p.i], p.n, p.i)
    symbackprop.derive(p.net)


def itself(p):
    p.z[p.n, p.i] = p.u + p.z[p.n, p.D - 1 - p.i]
    p.net.loss = Sum(p.z[p.n, p.i], p.n, p.i)
    symbackprop.derive(p.net)


def rank(p):
    p.z[p.n, p.i] = p.u
    p.z[p.n] = p.u


def claimed(p):
    p.z[p.n, p.i] = p.u
    p.net.loss = Sum(p.z[p.n, p.i], p.n, p.i)
    p.net.claim(delta(p.z)[p.n, p.i], p.u + p.x[p.n])


@pytest.mark.parametrize(
    "slip",
    [unbound, given, outside, unknown, foreign, subscript, left, limits, number, output, update, initial, size, truth,
     in_a_list, in_a_tuple, shape, notation, twice, itself, rank, claimed],
)  # fmt: skip
def test_the_message_is_short(slip):
    with pytest.raises((SymbackpropError, TypeError)) as caught:
        slip(Written())
    assert isinstance(caught.value, SymbackpropError), caught.value
    assert len(str(caught.value)) < 6000


def test_a_claim_is_quoted_by_its_beginning():
    p = Written()
    p.z[p.n, p.i] = p.u
    p.net.loss = Sum(p.z[p.n, p.i], p.n, p.i)
    claim = p.net.claim(delta(p.z)[p.n, p.i], p.u)
    assert str(claim).startswith("delta(z)[n, i] = w[i]*x[n, i]*sigmoid(")
    assert len(str(claim)) < 700

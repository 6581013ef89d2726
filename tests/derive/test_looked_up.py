"""Functions of an edge and of the vertex that it leads to are read at the vertex, not at all of them."""

from __future__ import annotations

import pytest
from sympy import And, Eq, Piecewise, log, tanh

import symbackprop
from symbackprop import Network, Sum, delta
from symbackprop.claims import Verdict


class Graph:
    def __init__(self) -> None:
        self.net = net = Network("graph")
        self.V, self.M, self.H = net.dims("V M H")
        self.v, self.m, self.h = net.indices(v=self.V, m=self.M, h=self.H)
        self.e, self.y = net.parameter("e", (self.M, self.H)), net.parameter("y", (self.V, self.H))
        self.t = net.input("t", (self.M,), dtype="int", high=self.V)
        self.total = net.tensor("total")

    def define(self, message, elsewhere=0):
        v, m, h = self.v, self.m, self.h
        self.total[v, h] = Sum(Piecewise((message, Eq(self.t[m], v)), (elsewhere, True)), m)
        self.net.loss = Sum(self.total[v, h] ** 2, v, h)
        return symbackprop.derive(self.net)


def test_the_parts_have_the_positions_of_the_edges():
    g = Graph()
    derivation = g.define(tanh(g.e[g.m, g.h] + g.y[g.v, g.h]))
    assert [str(equation).split("    ")[0] for equation in derivation.forward[:3]] == [
        "total_arg[h, m] = e[m, h] + y[t[m], h]",
        "total_tanh[h, m] = tanh(total_arg[h, m])",
        "total[v, h] = Σ_m [v = t[m]]·total_tanh[h, m]",
    ]
    assert symbackprop.verify(g.net).passed


def test_claims_may_say_it_either_way():
    g = Graph()
    e, y, t, total, v, m, h = g.e, g.y, g.t, g.total, g.v, g.m, g.h
    g.define(tanh(e[m, h] + y[v, h]))
    slope = (1 - tanh(e[m, h] + y[v, h]) ** 2) * delta(total)[v, h]
    claims = [
        (delta(e)[m, h], Sum(Piecewise((slope, Eq(t[m], v)), (0, True)), v)),
        (delta(e)[m, h], (1 - tanh(e[m, h] + y[t[m], h]) ** 2) * delta(total)[t[m], h]),
        (delta(y)[v, h], Sum(Piecewise((slope, Eq(t[m], v)), (0, True)), m)),
        (delta(y)[v, h], Sum(Piecewise((2 * slope, Eq(t[m], v)), (0, True)), m)),
    ]
    verdicts = [row.verdict for row in symbackprop.check_derivation(g.net, claims).rows]
    assert verdicts == [Verdict.PROVED, Verdict.PROVED, Verdict.PROVED, Verdict.REFUTED]


@pytest.mark.parametrize("kept", ["of one end alone", "of a neighbour", "of the number", "otherwise", "in a product"])
def test_what_gains_nothing_or_cannot_be_looked_up_is_left(kept):
    g = Graph()
    v, m, h, e, y = g.v, g.m, g.h, g.e, g.y
    wide = g.net.parameter("wide", (g.V + 1, g.H))
    message = {
        "of one end alone": log(1 + y[v, h] ** 2) + e[m, h] + wide[v, h],
        "of a neighbour": tanh(e[m, h] + wide[v + 1, h]),
        "of the number": tanh(e[m, h] + v + y[v, h]),
        "otherwise": tanh(e[m, h] + y[v, h] + wide[v, h]),
        "in a product": e[m, h] * y[v, h] * wide[v, h],
    }[kept]
    derivation = g.define(message + wide[v, h] + y[v, h], elsewhere=1 if kept == "otherwise" else 0)
    assert not any("[t[" in str(equation) for equation in derivation.forward)
    assert symbackprop.verify(g.net).passed


def test_what_is_computed_step_by_step_is_read_where_it_is_written():
    """A tree: the parent's value is known since k < v, which says nothing of p[v]."""
    net = Network("tree")
    V = net.dim("V")
    v, k = net.indices(v=V, k=V)
    w, p, h = net.parameter("w", (V,)), net.input("p", (V,), dtype="int", high=V), net.tensor("h")
    h[v] = w[v] + Sum(Piecewise((tanh(h[k] * w[v]), And(Eq(p[v], k), k < v)), (0, True)), k)
    net.loss = Sum(h[v] ** 2, v)
    assert symbackprop.verify(net).passed

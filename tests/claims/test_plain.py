"""Derivations of extrema as people write them: the same values, also where their arguments tie."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from sympy import Abs, Max, Min

from symbackprop import Network, Sum
from symbackprop.claims.bench import Bench
from symbackprop.claims.proof import Prover
from symbackprop.claims.words import Words
from symbackprop.functions import relu
from symbackprop.interpret import Float
from symbackprop.terms.term import Compare, Power, Relation, subterms

from .test_words import ground_for

BUILDS = {
    "max": lambda a, b: Max(a, b) ** 2,
    "min": lambda a, b: Min(a, b) * a,
    "clip": lambda a, b: Max(-1, Min(a, 1)) * b,
    "relu": lambda a, b: relu(a - b) * relu(b),
    "magnitude": lambda a, b: Abs(a - b) * b,
    "hinge": lambda a, b: Max(0, 1 - a * b),
}


def built(name: str) -> Network:
    """The extremum under a name of its own, so that its derivation compares with it."""
    net = Network(name)
    N = net.dim("N")
    n = net.index("n", N)
    a, b, m = net.parameter("a", (N,)), net.parameter("b", (N,)), net.tensor("m")
    m[n] = BUILDS[name](a[n], b[n])
    net.loss = Sum(m[n] ** 2 + m[n], n)
    return net


@pytest.mark.parametrize("name", BUILDS)
def test_values_stay_also_where_arguments_tie(name: str) -> None:
    ground = ground_for(built(name))
    words = Words.of(ground, Prover.of(ground).facts)
    pairs = np.array(list(product((-2.0, -1.0, 0.0, 1.0, 2.0), repeat=2)))
    bench = Bench(ground, {"N": len(pairs)}, {"a": pairs[:, 0], "b": pairs[:, 1]}, Float())
    for equation in ground.backward.equations:
        ranges = {axis.index: axis for axis in equation.axes}
        told = words.plain(words.parts(equation.rhs, ranges), ranges)
        positions = bench.positions(equation.axes)
        found = bench.values(told, equation.axes, positions)
        np.testing.assert_allclose(found, bench.values(equation.rhs, equation.axes, positions), rtol=1e-12)


@pytest.mark.parametrize("name", ["max", "min"])
def test_an_order_stands_for_the_number_of_ties(name: str) -> None:
    ground = ground_for(built(name))
    words = Words.of(ground, Prover.of(ground).facts)
    (equation,) = (e for e in ground.backward.equations if e.target == ground.adjoints["b"])
    told = words.told(equation.rhs, {axis.index: axis for axis in equation.axes})
    assert any(isinstance(inner, Compare) and inner.relation is Relation.GT for inner in subterms(told))
    assert not any(isinstance(inner, Power) and inner.exponent < 0 for inner in subterms(told))
    assert told.tensors <= ground.program.table.keys() | ground.adjoints.values()

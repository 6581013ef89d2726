"""Assumptions at given sizes: each constraint has the value that the assumption has in NumPy."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from sympy import Abs, And, Eq, Ne, exp, sqrt

from symbackprop import Network, Sum
from symbackprop.feasible.polynomial import evaluated
from symbackprop.feasible.system import System, value_facts
from symbackprop.terms.graph import connected
from symbackprop.terms.term import Relation

SIZES = {"N": 2, "K": 3}


def program(build):
    net = Network("assumed")
    N, K = net.dims("N K")
    n, k, m = net.indices(n=N, k=K, m=N)
    x, y = net.input("x", (N, K)), net.input("y", (N,), dtype="int", high=K)
    w = net.parameter("w", (K,))
    for fact in build(x, y, w, n, k, m):
        net.assume(fact)
    net.loss = Sum(x[n, k] * w[k], n, k) + Sum(x[n, y[n]], n)
    return net.to_program()


DATA = {
    "x": np.array([[1.0, -2.0, 0.5], [3.0, 0.25, -1.0]]), "y": np.array([2, 0]), "w": np.array([1.0, -1.0, 2.0]),
}  # fmt: skip
X, Y, W = (DATA[name] for name in "xyw")


def values(build) -> list[tuple[Relation | None, Fraction | None]]:
    """(relation, left - right, of an equation without its sign) of each constraint; None where it is no polynomial."""
    system = System.of(program(build), SIZES)
    out: list[tuple[Relation | None, Fraction | None]] = []
    for constraint in system.constraints(range(len(system.facts)), {"y": Y}):
        numbers = {n: Fraction(system.value(DATA, n)) for n in range(len(system.elements))}
        found = None if constraint.above is None else evaluated(constraint.above, numbers).get((), Fraction(0))
        signed = found is None or constraint.relation is not Relation.EQ
        out.append((constraint.relation, found if signed or found is None else abs(found)))
    return out


def expected(relation: Relation, array: np.ndarray) -> list[tuple[Relation, Fraction]]:
    found = (Fraction(float(value)) for value in array.ravel())
    return [(relation, abs(value) if relation is Relation.EQ else value) for value in found]


def test_polynomials_have_the_values_of_their_assumptions() -> None:
    assert values(lambda x, y, w, n, k, m: [Eq(Sum(x[n, k], k), 1)]) == expected(Relation.EQ, X.sum(1) - 1)
    assert values(lambda x, y, w, n, k, m: [x[n, k] * w[k] >= 2]) == expected(Relation.GE, X * W - 2)
    gram = X @ X.T
    found = values(lambda x, y, w, n, k, m: [Eq(Sum(x[n, k] * x[m, k], k), 3)])
    assert found == expected(Relation.EQ, gram - 3)
    assert values(lambda x, y, w, n, k, m: [x[n, y[n]] > 0]) == expected(Relation.GT, X[range(2), Y])


def test_roots_and_magnitudes_are_squared_away() -> None:
    assert values(lambda x, y, w, n, k, m: [Eq(Abs(x[n, k]), 2)]) == expected(Relation.EQ, X**2 - 4)
    norm = values(lambda x, y, w, n, k, m: [Eq(sqrt(Sum(x[n, k] ** 2, k)), 1)])
    assert norm == expected(Relation.EQ, (X**2).sum(1) - 1)


def test_what_is_no_polynomial_is_told_so() -> None:
    found = values(lambda x, y, w, n, k, m: [Eq(Sum(exp(x[n, k]), k), 1), 1 / w[k] > 0])
    assert found == [(Relation.EQ, None)] * 2 + [(Relation.GT, None)] * 3


def test_parts_stand_for_themselves_and_facts_of_sizes_aside() -> None:
    made = program(lambda x, y, w, n, k, m: [And(x[n, k] > -5, Ne(x[n, k], 0))])
    system = System.of(made, SIZES)
    relations = [part.relation for fact in range(len(system.facts)) for part in system.parts(fact)]  # type: ignore[attr-defined]
    assert sorted(relations, key=str) == sorted([Relation.GT, Relation.NE], key=str)
    assert value_facts(made) == made.assumptions


def test_components_are_those_of_shared_variables() -> None:
    rng = np.random.default_rng(0)
    for _ in range(60):
        scopes = [[int(v) for v in rng.integers(8, size=int(rng.integers(0, 3)))] for _ in range(6)]
        reach = np.eye(6, dtype=bool) | np.array([[bool(set(a) & set(b)) for b in scopes] for a in scopes])
        for _ in range(3):
            reach = reach @ reach
        found = connected(scopes)
        assert sorted(place for group in found for place in group) == list(range(6))
        assert {frozenset(group) for group in found} == {frozenset(np.flatnonzero(row)) for row in reach}

"""What may be infinite, undefined or too large, against values that are."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from sympy import sqrt

from symbackprop import Network, Sum, layers
from symbackprop.interpret import Float
from symbackprop.terms.build import (
    NEGATIVE_INFINITY,
    UNIT,
    access,
    add,
    apply,
    compare,
    mul,
    number,
    power,
    reduce,
    where,
)
from symbackprop.terms.poly import ZERO, Dim, Index, Poly
from symbackprop.terms.program import Equation
from symbackprop.terms.sign import Signs, signs_of
from symbackprop.terms.term import Access, Axis, Function, Reduction, Relation
from symbackprop.terms.wild import Known, Wild, is_singular, is_wild, known_of, wildness

K, L = (Poly.of(Dim(name)) for name in "KL")
N, V, W = (Access(name, (Poly.of(Index("n")),)) for name in "NVW")


@pytest.mark.parametrize(
    ("term", "wild"),
    [
        (power(add(V, number(Fraction(1, 100))), Fraction(-1, 2)), False),
        (power(add(W, number(Fraction(1, 100))), Fraction(-1, 2)), True),
        (power(add(power(W, 2), UNIT), -1), False),
        (power(power(W, 2), -1), True),
        (power(add(V, number(-1)), -1), True),
        (power(add(V, V), -1), True),
        (apply(Function.LOG, V), True),
        (mul(V, N), True),
        (mul(V, W), False),
    ],
)
def test_wild(term, wild):
    assert is_singular(term, Known({"N": Wild.LOW}, Signs(frozenset("V")))) is wild


def test_the_variance_of_a_normalisation_is_not_negative():
    net = Network("normalised")
    N, D = net.dims("N D")
    y = layers.layer_norm(net.input("x", (N, D)))
    at = layers.naming.indices_of(y)
    net.loss = Sum(y[at] ** 2, *at)
    program = net.to_program()
    found = signs_of(program.equations).nonnegative
    assert "v1" in found
    assert not found & {"mu1", "x_hat1", "y1"}
    assert not known_of(program).wild


def test_the_degree_of_a_vertex_is_positive():
    """Integers with a bound are counted from 0: others may be below it."""
    for high, wild in ((2, False), (None, True)):
        net = Network("graph")
        V = net.dim("V")
        v, u = net.indices(v=V, u=V)
        x, degree = net.parameter("x", (V,)), net.tensor("degree")
        edge = net.input("edge", (V, V), dtype="int", high=high)
        degree[v] = 1 + Sum(edge[v, u], u)
        net.loss = Sum(x[v] / sqrt(degree[v]), v)
        assert bool(known_of(net.to_program()).wild) is wild


ORDINARY = (-2.5, -1.0, -0.5, 0.0, 0.5, 1.0, 2.5)
TWO = (Function.ATAN2, Function.POW, Function.MAX, Function.MIN, Function.EXP_NORMALIZED, Function.DIFFERENCE)
EXPONENTS = [Fraction(1, 2), Fraction(-1, 2), Fraction(-1), Fraction(-2), Fraction(3), Fraction(2, 3)]


@pytest.mark.parametrize("function", [function for function in Function if function not in TWO])
def test_a_function_is_what_its_values_are(function):
    """Every value at ordinary arguments and at those of `N`, which may be -oo, is one that is allowed for."""
    floats = Float()
    for name, values in (("V", ORDINARY), ("N", (*ORDINARY, -math.inf))):
        allowed = wildness(apply(function, access(name, [Poly.of(Index("n"))])), Known({"N": Wild.LOW}, Signs()))
        for value in values:
            found = floats.apply(function, [value])
            assert kind_of(found) in allowed or not kind_of(found), (value, found, allowed)


@pytest.mark.parametrize("exponent", EXPONENTS)
def test_a_power_is_what_its_values_are(exponent):
    floats = Float()
    for name, values in (("V", ORDINARY), ("N", (*ORDINARY, -math.inf)), ("P", (0.5, 2.0))):
        known = Known({"N": Wild.LOW}, Signs(frozenset("P"), frozenset("P")))
        allowed = wildness(power(access(name, [Poly.of(Index("n"))]), exponent), known)
        for value in values:
            found = floats.power(value, exponent)
            assert kind_of(found) in allowed or not kind_of(found), (value, found, allowed)


def test_sums_and_products_of_infinities():
    low, high = {"A": Wild.LOW}, {"A": Wild.HIGH, "B": Wild.LOW}
    a, b, v = (access(name, [Poly.of(Index("n"))]) for name in "ABV")
    assert wildness(add(a, v), Known(low)) == Wild.LOW
    assert wildness(add(a, b), Known(high)) == Wild.ANYTHING
    assert wildness(mul(2, a), Known(low)) == Wild.LOW
    assert wildness(mul(-2, a), Known(low)) == Wild.HIGH
    assert wildness(mul(v, a), Known(low)) == Wild.ANYTHING
    masked = where(compare(Relation.GT, v, b), v, NEGATIVE_INFINITY)
    assert wildness(apply(Function.EXP_NORMALIZED, masked, masked), Known()) == Wild.NO


def test_exponentials_overflow_and_nothing_else_does():
    v = access("V", [Poly.of(Index("n"))])
    assert is_wild(apply(Function.EXP, v), Known())
    assert not is_singular(apply(Function.EXP, v), Known())
    assert not is_wild(apply(Function.EXP, mul(-1, power(v, 2))), Known())
    assert not is_wild(add(power(v, 3), mul(v, v)), Known())


def kind_of(value: float) -> Wild:
    if math.isnan(value):
        return Wild.UNDEFINED
    return Wild.NO if math.isfinite(value) else Wild.HIGH if value > 0 else Wild.LOW


def finite_sums(scores, reduction=Reduction.MAX, high=K - 1):
    """Which of s[n] = Σ_k exp(u - m) and c[n] = Σ_k [u = m], for m[n] the reduced scores u, are known to be no 0."""
    n, k = Index("n"), Index("k")
    row, own = Axis(n, ZERO, L - 1), Axis(k, ZERO, high)
    largest = access("m", [Poly.of(n)])
    equal = where(compare(Relation.EQ, largest, scores), number(1), number(0))
    defined = {
        "m": ((n,), reduce(reduction, [own], scores)),
        "e": ((n, k), apply(Function.EXP_NORMALIZED, scores, largest)),
        "s": ((n,), reduce(Reduction.SUM, [own], access("e", [Poly.of(n), Poly.of(k)]))),
        "c": ((n,), reduce(Reduction.SUM, [own], equal)),
    }
    equations = [
        Equation(name, tuple(map(Poly.of, left)), (row, own)[: len(left)], rhs) for name, (left, rhs) in defined.items()
    ]
    known = known_of(added=equations)
    return {name for name in "sc" if not is_wild(power(access(name, [Poly.of(n)]), -1), known)}


def test_a_sum_with_the_largest_score_is_no_zero():
    u = access("U", [Poly.of(Index("n")), Poly.of(Index("k"))])
    assert finite_sums(u) == {"s", "c"}
    assert finite_sums(u, Reduction.MIN) == {"c"}
    assert finite_sums(u, high=L - 2) == set()  # no score at all where L is 1
    masked = where(compare(Relation.GT, u, number(0)), u, NEGATIVE_INFINITY)
    assert finite_sums(masked) == set()
    assert finite_sums(power(u, -1)) == set()

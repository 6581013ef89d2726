"""Conditions on one element as polynomials in it, against SymPy, and their few values, against trying them all."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import sympy

from symbackprop.feasible.element import few_values, polynomial_of
from symbackprop.terms.build import NIL, access, add, compare, logic_or, mul, number, power, reduce
from symbackprop.terms.poly import Dim, Index, Poly
from symbackprop.terms.term import Axis, Reduction, Relation, Term

I = Index("i")
Y = access("y", [Poly.of(I)])
T = sympy.Symbol("t")


def random_pair(rng: np.random.Generator, depth: int) -> tuple[Term, sympy.Expr]:
    """A polynomial in y[i] as a term and in SymPy."""
    if not depth or rng.random() < 0.2:
        if rng.random() < 0.5:
            return Y, T
        value = Fraction(int(rng.integers(-3, 4)), int(rng.integers(1, 4)))
        return number(value), sympy.Rational(value.numerator, value.denominator)
    (one, first), (other, second) = (random_pair(rng, depth - 1) for _ in range(2))
    kind = rng.integers(3)
    if kind == 2:
        return power(one, 2), first**2
    return (add(one, other), first + second) if kind else (mul(one, other), first * second)


def test_polynomials_are_sympys() -> None:
    rng, compared = np.random.default_rng(0), 0
    for _ in range(200):
        term, expr = random_pair(rng, 3)
        found, poly = polynomial_of(term), sympy.Poly(expr, T)
        if not term.tensors:
            assert found is None
            continue
        compared += 1
        assert found is not None
        assert found[0] is Y
        expected = {k: Fraction(c.p, c.q) for (k,), c in poly.terms() if c}
        assert {len(monomial): c for monomial, c in found[1].items()} == expected
    assert compared > 100


def test_values_are_those_that_fit() -> None:
    rng, candidates = np.random.default_rng(1), [Fraction(k, 2) for k in range(-8, 9)]
    some = 0
    for _ in range(200):
        roots = [candidates[int(k)] for k in rng.integers(len(candidates), size=int(rng.integers(1, 4)))]
        left = mul(*(add(Y, -root) for root in roots))
        condition = compare(Relation.EQ, left, NIL)
        if rng.random() < 0.3:
            roots.append(Fraction(3))
            condition = logic_or(condition, compare(Relation.EQ, Y, number(3)))
        found = few_values(condition)
        assert found == (Y, tuple(sorted(set(roots))))
        some += 1
    assert some == 200


def test_of_several_elements_and_of_no_polynomials_nothing_is_said() -> None:
    other = access("y", [Poly.of(I) + 1])
    total = reduce(Reduction.SUM, [Axis(I, Poly.of(0), Poly.of(Dim("N")) - 1)], Y)
    for term in (add(Y, other), total, power(Y, Fraction(1, 2)), power(Y, -1), power(Y, 9), mul(Y, access("k")), NIL):
        assert polynomial_of(term) is None
        assert few_values(compare(Relation.EQ, term, number(2))) is None
    assert few_values(compare(Relation.EQ, power(Y, 2), number(2))) is None  # irrational
    assert few_values(compare(Relation.GT, Y, NIL)) is None
    one, two = (compare(Relation.EQ, each, NIL) for each in (Y, other))
    assert few_values(logic_or(one, two)) is None

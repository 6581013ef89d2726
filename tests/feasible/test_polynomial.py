"""The arithmetic of polynomials and of their quotients, against SymPy's."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import sympy

from symbackprop.feasible.polynomial import (
    Expansion,
    NotPolynomial,
    constant,
    degree,
    evaluated,
    product,
    scaled,
    substituted,
    total,
    variable,
    variables,
)
from symbackprop.terms.term import ConstantKind, Function, Relation

SYMBOLS = sympy.symbols("x0:3")


def rational(value: Fraction) -> sympy.Rational:
    return sympy.Rational(value.numerator, value.denominator)


def in_sympy(poly: Mapping[tuple[int, ...], Any]) -> sympy.Expr:
    return sympy.Add(*(rational(c) * sympy.prod(SYMBOLS[n] for n in monomial) for monomial, c in poly.items()))


def random_polynomial(rng: np.random.Generator) -> dict[tuple[int, ...], Fraction]:
    out = {}
    for _ in range(int(rng.integers(0, 5))):
        monomial = tuple(sorted(map(int, rng.integers(3, size=int(rng.integers(0, 4))))))
        out[monomial] = Fraction(int(rng.integers(-3, 4)) or 1, int(rng.integers(1, 4)))
    return out


def same(ours: Mapping[tuple[int, ...], Any], theirs: sympy.Expr) -> bool:
    return sympy.expand(in_sympy(ours) - theirs) == 0 and all(ours.values())


def test_sums_products_and_substitution() -> None:
    rng = np.random.default_rng(0)
    for _ in range(60):
        p, q, r = (random_polynomial(rng) for _ in range(3))
        a, b, c = map(in_sympy, (p, q, r))
        assert same(total([p, q, r]), a + b + c)
        assert same(product(p, q), a * b)
        assert same(scaled(p, Fraction(-2, 3)), -2 * a / 3)
        assert same(substituted(p, 1, q), a.subs(SYMBOLS[1], b))
        values = {0: Fraction(int(rng.integers(-2, 3)), 2), 2: Fraction(3)}
        assert same(evaluated(p, values), a.subs({SYMBOLS[n]: rational(v) for n, v in values.items()}))
        assert degree(p) == (sympy.Poly(a, *SYMBOLS).total_degree() if p else 0)
        assert {SYMBOLS[n] for n in variables(p)} == a.free_symbols


def test_quotients() -> None:
    rng, numbers = np.random.default_rng(1), Expansion()
    for _ in range(40):
        p, q, r = (numbers.given((random_polynomial(rng), {(): Fraction(1)})) for _ in range(3))
        a, b, c = (in_sympy(each[0]) for each in (p, q, r))
        if not b:
            with pytest.raises(NotPolynomial):
                numbers.power(q, Fraction(-1))
            continue
        above, below = numbers.add([numbers.multiply([p, numbers.power(q, Fraction(-2))]), r])
        assert sympy.expand(in_sympy(above) * b**2 - (a + c * b**2) * in_sympy(below)) == 0


def test_numbers_are_decided() -> None:
    numbers = Expansion()
    two, three, x = numbers.number(Fraction(2)), numbers.number(Fraction(-3)), (variable(0), constant(Fraction(1)))
    assert numbers.apply(Function.MAX, [two, three]) == two
    assert numbers.apply(Function.MIN, [two, three]) == three
    assert numbers.apply(Function.ABS, [three]) == numbers.number(Fraction(3))
    assert numbers.apply(Function.RELU, [three]) == numbers.number(Fraction(0))
    assert numbers.apply(Function.SIGN, [three]) == numbers.number(Fraction(-1))
    assert numbers.compare(Relation.GT, two, three)
    assert numbers.integer_of(three) == -3
    assert numbers.apply(Function.STOP_GRADIENT, [x]) == x
    for refused in (
        lambda: numbers.apply(Function.EXP, [two]), lambda: numbers.apply(Function.MAX, [x, two]),
        lambda: numbers.compare(Relation.GT, x, two), lambda: numbers.power(x, Fraction(1, 2)),
        lambda: numbers.integer_of(x), lambda: numbers.log_sum_exp([two]), lambda: numbers.given(float("inf")),
        lambda: numbers.constant(ConstantKind.INFINITY),
    ):  # fmt: skip
        with pytest.raises(NotPolynomial):
            refused()


def test_what_is_too_long_is_no_polynomial() -> None:
    long = {(n,): Fraction(1) for n in range(200)}
    with pytest.raises(NotPolynomial):
        product(long, long)

"""Residues: a field, a consistent order, and the identities that the module promises."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
import sympy

from symbackprop.interpret import PRIME, Residues
from symbackprop.interpret.failures import Degenerate
from symbackprop.interpret.field import signed
from symbackprop.terms.term import ConstantKind, Function, Relation

RNG = np.random.default_rng(3)
SAMPLES = [int(value) for value in RNG.integers(2, PRIME, size=20)]


@pytest.fixture
def residues() -> Residues:
    return Residues(seed=5)


def test_prime_has_the_roots_it_promises() -> None:
    assert sympy.isprime(PRIME)
    assert PRIME % 4 == 3
    assert all(math.gcd(degree, PRIME - 1) == 1 for degree in (3, 5, 7, 11))


def test_fractions_are_field_elements(residues: Residues) -> None:
    third = residues.number(Fraction(-1, 3))
    assert residues.multiply((third, 3)) == PRIME - 1
    assert residues.given(0.25) * 4 % PRIME == 1


@pytest.mark.parametrize("u", SAMPLES[:6])
def test_identities(residues: Residues, u: int) -> None:
    def f(function: Function, *values: int) -> int:
        return int(residues.apply(function, values))

    minus = PRIME - u
    assert f(Function.EXP, u) * f(Function.EXP, minus) % PRIME == 1
    assert f(Function.EXP, f(Function.LOG, u)) == u
    assert f(Function.LOG, f(Function.EXP, u)) == u
    assert (f(Function.SIGMOID, u) + f(Function.SIGMOID, minus)) % PRIME == 1
    assert (f(Function.SOFTPLUS, u) - f(Function.SOFTPLUS, minus) - u) % PRIME == 0
    assert (f(Function.LOG_SIGMOID, u) + f(Function.SOFTPLUS, minus)) % PRIME == 0
    sine, cosine = f(Function.SIN, u), f(Function.COS, u)
    assert (sine**2 + cosine**2) % PRIME == 1
    assert f(Function.TAN, u) * cosine % PRIME == sine
    assert (f(Function.COSH, u) ** 2 - f(Function.SINH, u) ** 2) % PRIME == 1
    assert f(Function.TANH, u) * f(Function.COSH, u) % PRIME == f(Function.SINH, u)
    for odd in (Function.SIN, Function.TANH, Function.ATAN, Function.ERF, Function.ASINH):
        assert (f(odd, u) + f(odd, minus)) % PRIME == 0
    assert f(Function.POW, u, 12345678901) == f(Function.POW, u, 12345678900) * u % PRIME
    assert f(Function.POW, u, PRIME - 2) * u**2 % PRIME == 1


@pytest.mark.parametrize("u", SAMPLES)
def test_roots(residues: Residues, u: int) -> None:
    root = residues.power(u, Fraction(1, 2))
    assert residues.power(u, Fraction(-3, 2)) == residues.power(root, Fraction(-3))
    assert (root * root % PRIME == u) == (residues.formal_roots == 0)
    cube = residues.power(u, Fraction(1, 3))
    assert pow(cube, 3, PRIME) == u


def test_log_sum_exp_is_the_logarithm_of_the_sum(residues: Residues) -> None:
    values = SAMPLES[:4]
    total = sum(residues.apply(Function.EXP, (u,)) for u in values) % PRIME
    assert residues.apply(Function.EXP, (residues.log_sum_exp(values),)) == total
    weights = [residues.apply(Function.EXP_NORMALIZED, (u, residues.log_sum_exp(values))) for u in values]
    assert residues.add(weights) == 1
    assert residues.log_sum_exp(values[::-1]) == residues.log_sum_exp(values)
    assert residues.log_sum_exp([*values, -math.inf]) == residues.log_sum_exp(values)
    assert residues.log_sum_exp([-math.inf]) == -math.inf
    assert residues.log_sum_exp(values[:1]) == values[0]


def test_values_depend_on_nothing_but_seed_and_argument() -> None:
    first, second = Residues(seed=1), Residues(seed=1)
    second.apply(Function.EXP, (99,))
    for function in (Function.EXP, Function.ERF, Function.ACOSH):
        assert first.apply(function, (77,)) == second.apply(function, (77,))
    assert first.apply(Function.ERF, (77,)) != Residues(seed=2).apply(Function.ERF, (77,))
    assert first.constant(ConstantKind.PI) == second.constant(ConstantKind.PI)


def test_order_is_that_of_the_nearest_representative(residues: Residues) -> None:
    assert residues.apply(Function.MAX, (3, PRIME - 5)) == 3
    assert residues.apply(Function.MIN, (3, PRIME - 5, math.inf)) == PRIME - 5
    assert residues.apply(Function.RELU, (PRIME - 5,)) == 0
    assert residues.apply(Function.ABS, (PRIME - 5,)) == 5
    assert residues.apply(Function.SIGN, (PRIME - 5,)) == PRIME - 1
    assert residues.compare(Relation.GT, 0, PRIME - 1)
    assert signed(PRIME - 4) == -4
    assert residues.integer_of(PRIME - 4) == -4


def test_infinities_stay_themselves(residues: Residues) -> None:
    assert residues.add((5, -math.inf)) == -math.inf
    assert math.isnan(residues.add((math.inf, -math.inf)))
    assert residues.multiply((PRIME - 2, math.inf)) == -math.inf
    assert math.isnan(residues.multiply((0, math.inf)))
    assert residues.power(math.inf, Fraction(-1)) == 0
    assert residues.apply(Function.EXP_NORMALIZED, (-math.inf, -math.inf)) == 0


def test_division_by_zero_asks_for_other_data(residues: Residues) -> None:
    with pytest.raises(Degenerate):
        residues.power(0, Fraction(-1))


def test_the_logarithm_of_minus_one_is_one_number(residues: Residues) -> None:
    first = residues.apply(Function.LOG, [PRIME - 1])
    assert residues.apply(Function.LOG, [PRIME - 1]) == first
    assert 2 * first % PRIME == residues.apply(Function.LOG, [1])

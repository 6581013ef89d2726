"""Sums of exponentials, taken apart and put together again: the numbers of what was written, in sixty digits."""

from __future__ import annotations

import random
from fractions import Fraction

import mpmath as mp
import pytest

from symbackprop.stable.exponentials import (
    Exponential,
    exponent_of,
    exponentials,
    is_positive,
    log_of_difference,
    log_of_exponential,
    log_of_exponentials,
    log_of_sum,
    log_ratio,
    multiple,
    spread,
)
from symbackprop.stable.seeing import as_is
from symbackprop.terms import build
from symbackprop.terms.build import NIL, add, apply, mul, number, poly_value, power, reduce
from symbackprop.terms.conditions import at_least_zero
from symbackprop.terms.poly import Dim, Poly
from symbackprop.terms.term import Function, Reduce, Reduction, Term

from .digits import POSITIONS, ROW, Digits, K, N, U, V, exp, same

SIZE = poly_value(Poly.of(Dim("K")))
PARTS = [exp(U), exp(mul(-2, V)), exp(add(U, V)), apply(Function.EXPM1, V), apply(Function.COSH, U),
         apply(Function.SINH, U), number(3), SIZE, reduce(Reduction.SUM, ROW, exp(U))]  # fmt: skip


def together(parts: tuple[Exponential, ...]) -> Term:
    return add(*(mul(part.coefficient, exp(part.exponent)) for part in parts))


def drawn(rng: random.Random, depth: int = 2) -> Term:
    if not depth:
        return rng.choice(PARTS)
    parts = [drawn(rng, depth - 1) for _ in range(2)]
    return mul(*parts) if rng.random() < 0.5 else add(mul(rng.choice((-1, 1, Fraction(1, 3))), parts[0]), parts[1])


@pytest.mark.parametrize("seed", range(6))
def test_what_is_taken_apart_adds_up(seed: int) -> None:
    rng = random.Random(seed)
    found = [(term, parts) for term in (drawn(rng) for _ in range(8)) if (parts := exponentials(term, as_is))]
    assert len(found) > 2
    for term, parts in found:
        assert len({part.exponent for part in parts}) == len(parts) <= 8
        assert all(part.coefficient for part in parts)
        assert same(term, together(parts)), term
        if all(part.coefficient > 0 for part in parts):
            assert same(apply(Function.LOG, term), log_of_exponentials(parts)), term


def test_what_is_no_sum_of_exponentials() -> None:
    for term in (U, number(3), SIZE, mul(U, exp(V)), add(U, exp(V)), mul(U, SIZE), apply(Function.TANH, U)):
        assert exponentials(term, as_is) is None


@pytest.mark.parametrize("offset", [NIL, number(2)])
def test_logarithm_of_a_difference(offset: Term) -> None:
    """log(3·exp(u + 9) - exp(u)/2), and not where both have one sign."""
    parts = (Exponential(Fraction(-1, 2), U), Exponential(Fraction(3), add(U, 9, offset)))
    for order in (parts, parts[::-1]):
        assert same(log_of_difference(order), apply(Function.LOG, together(parts)))
    assert log_of_difference((parts[1], parts[1])) is None
    assert same(exp(log_ratio(*parts)), mul(Fraction(1, 6), exp(add(-9, mul(-1, offset)))))


def test_exponents() -> None:
    for term, exponent in ((exp(U), U), (power(exp(U), 3), mul(3, U)), (mul(exp(U), exp(V)), add(U, V))):
        assert exponent_of(term) is exponent
    assert exponent_of(mul(U, exp(V))) is None
    assert spread(mul(-2, add(U, V))) is add(mul(-2, U), mul(-2, V))
    assert multiple(add(mul(6, U), mul(-3, V), 5), add(mul(2, U), mul(-1, V))) == (3, number(5))
    assert multiple(add(mul(6, U), V), add(mul(2, U), mul(-1, V))) is None
    assert multiple(number(7), U) == (0, number(7))


def test_masked_sums_of_exponentials_and_weights() -> None:
    inside = at_least_zero(Poly.of(N) - Poly.of(K))
    weighted = mul(SIZE, SIZE, exp(U))
    for body in (exp(U), mul(exp(V), exp(U)), apply(Function.COSH, U), build.where(inside, exp(U), NIL),
                 build.where(inside, weighted, exp(V)), mul(apply(Function.SIGMOID, V), exp(U)),
                 mul(apply(Function.EXP_NORMALIZED, V, U), exp(V))):  # fmt: skip
        total = reduce(Reduction.SUM, ROW, body)
        assert isinstance(total, Reduce)
        assert same(apply(Function.LOG, total), log_of_sum(total, as_is))
    assert log_of_exponential(mul(U, exp(V)), as_is) is None
    assert log_of_exponential(mul(number(-1), exp(V)), as_is) is None


def test_what_is_called_positive_is() -> None:
    terms = [*PARTS, *(mul(one, other) for one in PARTS for other in (U, *PARTS)),
             *(add(one, other) for one in PARTS for other in (V, number(-1), *PARTS)), power(exp(U), -1),
             apply(Function.SOFTPLUS, U), apply(Function.TANH, U), poly_value(Poly.of(Dim("K")) - 4), NIL]  # fmt: skip
    told = [term for term in terms if is_positive(term, as_is)]
    assert len(told) > 20
    with mp.workdps(30):
        assert all(Digits()(term, at) > 0 for term in told for at in POSITIONS)

"""Quotients of sums of exponentials: the numbers of what was written, in sixty digits, and no quotient is left."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest

from symbackprop.stable.quotients import exp as exponential
from symbackprop.stable.quotients import split_exponents, stable_product
from symbackprop.stable.seeing import as_is
from symbackprop.terms.build import NIL, add, apply, div, mul, neg, number, power, reduce, sub, where
from symbackprop.terms.conditions import at_least_zero
from symbackprop.terms.poly import Poly
from symbackprop.terms.term import Function, Power, Reduction, Term, subterms

from .digits import ROW, K, N, U, V, exp, same

TOTAL = reduce(Reduction.SUM, ROW, exp(U))


def below_the_line(term: Term) -> list[Term]:
    """What varies and is divided by."""
    return [inner for inner in subterms(term) if isinstance(inner, Power) and inner.exponent < 0 and inner.tensors]


def drawn(rng: random.Random) -> Term:
    """exp(n)·P^m/Q^k, with both signs where Q has two parts."""
    powers = rng.sample((-2, -1, 0, 1, 2), rng.choice((2, 2, 3)))
    signs = (-1, 1) if len(powers) == 2 else (1,)
    below = add(*(mul(rng.randint(1, 4), 1 if place else rng.choice(signs), exp(mul(p, U)))
                  for place, p in enumerate(powers)))  # fmt: skip
    above = add(mul(rng.choice((-2, 1, 3)), exp(mul(rng.choice(powers), U))), rng.choice((NIL, mul(2, exp(U)))))
    offset = rng.choice((NIL, mul(rng.choice((1, 2, Fraction(1, 2))), U), add(U, 2), V))
    return mul(exp(offset), power(above, rng.choice((0, 1, 1, 2))), power(below, -rng.choice((1, 1, 2, 3))))


@pytest.mark.parametrize("seed", range(30))
def test_a_quotient_has_its_value(seed: int) -> None:
    rng = random.Random(seed)
    changed = 0
    for _ in range(5):
        term = drawn(rng)
        found = stable_product(term, as_is)
        changed += found is not term
        assert same(found, term), (term, found)
    assert changed


FORMS: dict[str, tuple[Term, Function]] = {
    "softmax": (div(exp(U), TOTAL), Function.EXP_NORMALIZED),
    "its square": (div(exp(mul(2, U)), power(TOTAL, 2)), Function.EXP_NORMALIZED),
    "with an offset": (div(mul(exp(U), exp(V), 3), TOTAL), Function.EXP_NORMALIZED),
    "in a sum": (div(reduce(Reduction.SUM, ROW, mul(V, exp(U))), TOTAL), Function.EXP_NORMALIZED),
    "sigmoid": (div(1, add(1, exp(neg(U)))), Function.SIGMOID),
    "of two": (div(exp(V), add(mul(3, exp(U)), mul(2, exp(V)))), Function.SIGMOID),
    "its slope": (div(exp(U), power(add(1, exp(U)), 2)), Function.SIGMOID),
    "sech": (div(1, add(exp(U), exp(neg(U)))), Function.SECH),
    "tanh": (div(sub(exp(U), exp(neg(U))), add(exp(U), exp(neg(U)))), Function.TANH),
    "csch": (div(1, sub(exp(U), exp(neg(U)))), Function.CSCH),
    "bose": (div(1, sub(exp(U), 1)), Function.BOSE),
    "share of three": (div(exp(U), add(exp(U), exp(V), 2)), Function.SIGMOID),
    "beside a sum": (div(1, add(2, TOTAL)), Function.SIGMOID),
}


@pytest.mark.parametrize("name", FORMS)
def test_a_quotient_has_its_form(name: str) -> None:
    term, function = FORMS[name]
    found = stable_product(term, as_is)
    assert same(found, term)
    assert any(getattr(inner, "function", None) is function for inner in subterms(found))
    assert not below_the_line(found)


def test_under_a_mask() -> None:
    """[k <= n]·exp(u)/Σ_k [k <= n]·exp(u) is a softmax of the masked scores, though no mask stands beside exp(u)."""
    inside = at_least_zero(Poly.of(N) - Poly.of(K))
    masked = reduce(Reduction.SUM, ROW, where(inside, exp(U), NIL))
    term = where(inside, div(exp(U), masked), NIL)
    found = stable_product(term, as_is)
    assert not below_the_line(found)
    assert same(found, term)
    bare = div(exp(U), masked)  # which is above 1 where it is masked: no softmax
    assert same(stable_product(bare, as_is), bare)


def test_what_is_no_quotient_of_exponentials_stays() -> None:
    for term in (div(U, V), div(exp(U), add(V, 3)), mul(U, exp(V)), power(add(1, mul(U, U)), -1), exp(U),
                 div(exp(mul(5, U)), add(exp(U), exp(V), -2))):  # fmt: skip
        assert stable_product(term, as_is) is term


def test_exponentials_and_other_factors() -> None:
    assert split_exponents([U, exp(V), power(exp(U), 2)], as_is) == ([V, mul(2, U)], [U])
    assert exponential(mul(2, apply(Function.LOG, number(3)))) is number(9)
    assert exponential(add(apply(Function.LOG, number(3)), apply(Function.LOG, number(Fraction(1, 6))))) is number(
        Fraction(1, 2)
    )
    assert exponential(U) is exp(U)

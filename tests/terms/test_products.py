"""Sums and products taken apart are the same sums and products."""

import random
from fractions import Fraction
from itertools import product

import pytest

from symbackprop.terms.build import access, add, mul, neg, number, power
from symbackprop.terms.products import Product, addends, factors, multiplied_out, negated, without
from symbackprop.terms.term import Add, Mul
from tests.terms.exact import Exact, numbers

ELEMENTS = [access(name) for name in "abcd"]


def random_polynomial(rng, depth):
    if not depth:
        return rng.choice([*ELEMENTS, number(Fraction(rng.randint(-4, 4), rng.randint(1, 3)))])
    parts = [random_polynomial(rng, depth - 1) for _ in range(rng.randint(1, 3))]
    return rng.choice([add(*parts), mul(*parts), power(add(*parts, ELEMENTS[0]), 2)])


TERMS = [random_polynomial(random.Random(seed), 3) for seed in range(60)]
VALUES = [Exact({}, numbers(seed)) for seed in range(3)]


@pytest.mark.parametrize("term", TERMS, ids=range(len(TERMS)))
def test_what_is_taken_apart_is_put_together_again(term):
    assert add(*addends(term)) is term
    assert mul(*factors(term)) is term
    assert not any(isinstance(part, Add) for part in addends(term))
    assert not any(isinstance(part, Mul) for part in factors(term))
    product = Product.of(term)
    assert mul(product.coefficient, *(power(base, exponent) for base, exponent in product.powers.items())) is term
    for value in VALUES:
        assert value(negated(term)) == -value(term)
        assert value(term) == product.coefficient * eval_powers(product, value)


def eval_powers(product, value):
    total = Fraction(1)
    for base, exponent in product.powers.items():
        total *= value(base) ** exponent.numerator
    return total


def test_a_negative_is_taken_addend_by_addend():
    a, b, *_ = ELEMENTS
    assert negated(add(a, b)) is add(neg(a), neg(b))
    assert negated(add(a, b)) is not neg(add(a, b))


def test_all_but_one():
    for place in range(4):
        assert without(ELEMENTS, place) == [element for element in ELEMENTS if element is not ELEMENTS[place]]


@pytest.mark.parametrize("lengths", [(), (1,), (3,), (2, 3), (2, 2, 3), (4, 1, 5)])
def test_a_product_of_sums_has_an_addend_for_each_choice(lengths):
    brackets = [[f"{letter}{n}" for n in range(length)] for letter, length in zip("abc", lengths, strict=False)]
    chosen = ["".join(choice) for choice in product(*brackets)]
    assert multiplied_out(brackets, "", str.__add__, len(chosen)) == chosen
    if len(chosen) > 1:
        assert multiplied_out(brackets, "", str.__add__, len(chosen) - 1) is None

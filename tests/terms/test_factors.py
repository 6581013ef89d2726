"""Sums and products taken apart are what they were put together from."""

from __future__ import annotations

from fractions import Fraction

from symbackprop.terms.build import NIL, UNIT, access, add, mul, number, power
from symbackprop.terms.factors import factors, powers, summands

X, Y = access("x"), access("y")


def test_put_together_again() -> None:
    root = power(Y, Fraction(-1, 2))
    for term in (NIL, UNIT, X, number(3), add(X, Y), mul(X, Y), mul(2, X, root), add(mul(X, Y), 1)):
        assert add(*summands(term)) is term
        assert mul(*factors(term)) is term
        assert mul(*(power(base, exponent) for base, exponent in powers(term))) is term


def test_what_is_no_sum_or_product_is_its_own_part() -> None:
    assert summands(mul(X, Y)) == (mul(X, Y),)
    assert factors(add(X, Y)) == (add(X, Y),)
    assert dict(powers(mul(X, power(Y, 3)))) == {X: 1, Y: 3}

"""Addends as terms and back, and the one way in which each is written."""

from __future__ import annotations

from itertools import permutations

import numpy as np

from symbackprop.claims.canonical import canonical, with_coefficient
from symbackprop.terms.addend import Addend
from symbackprop.terms.build import FALSE, access, logic_and, mul, number, poly_value
from symbackprop.terms.conditions import at_least_zero
from symbackprop.terms.poly import Index, Poly
from symbackprop.terms.term import Axis

from .small import EXTENT, FREE, same_values

I, J, K, L = (Index(name) for name in ("i", "j", "~k", "~l"))
BOUND = tuple(Axis(index, Poly.of(0), EXTENT - 1) for index in (K, L))


def w(index: Index):
    return access("w", [Poly.of(index)])


def a(one: Index, other: Index):
    return access("A", [Poly.of(one), Poly.of(other)])


ORDERED = at_least_zero(Poly.of(K) - Poly.of(L))
ADDENDS = [
    Addend(BOUND, (ORDERED,), mul(w(K), w(L), a(K, L))),
    Addend(BOUND, (), mul(w(K), w(L), a(K, L), a(L, I))),
    Addend(BOUND[:1], (at_least_zero(Poly.of(K) - Poly.of(I)),), mul(w(K), w(K), access("s"))),
    Addend((), (at_least_zero(Poly.of(I) - Poly.of(J)),), mul(w(I), w(J))),
]


def test_a_term_taken_apart_is_itself() -> None:
    for addend in ADDENDS:
        again = Addend.of_term(addend.product, [I, J])
        assert canonical(again) == canonical(addend)
        assert len(again.axes) == len(addend.axes)
        assert same_values(again.product, addend.product)


def test_the_names_of_axes_and_the_order_of_factors_make_no_difference() -> None:
    for addend in ADDENDS:
        sign, first = canonical(addend)
        for names in permutations((K, L)):
            swapped = dict(zip((K, L), names, strict=True))
            other = addend.renamed(swapped) if len(addend.axes) == 2 else addend
            assert canonical(other) == (sign, first)
            assert same_values(first, addend.product)


def test_coefficients() -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        c = number(int(rng.integers(-5, 6)) or 1)
        coefficient, rest = with_coefficient(mul(c, w(I), access("s")))
        assert (number(coefficient), rest) == (c, mul(w(I), access("s")))
    assert with_coefficient(poly_value(EXTENT * 3)) == (3, poly_value(EXTENT))


def test_conditions_that_exclude_each_other() -> None:
    for low in range(-2, 3):
        for high in range(-2, 3):
            one, other = at_least_zero(Poly.of(I) - low), at_least_zero(Poly.of(high) - Poly.of(I))
            assert (logic_and(one, other) is FALSE) is (high < low)
    assert {axis.index for axis in FREE} == {I, J}

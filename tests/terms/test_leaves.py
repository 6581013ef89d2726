"""Leaves, and the order of arguments: total, the same whatever the order of writing, kept where names change."""

from __future__ import annotations

import random
from fractions import Fraction
from itertools import pairwise, permutations

import pytest

from symbackprop.terms.build import add, mul, substitute
from symbackprop.terms.leaves import access, as_term, in_order, number, poly_value, sort_key
from symbackprop.terms.poly import Dim, Index, Poly
from symbackprop.terms.term import Mul, Number, PolyValue, Power
from tests.terms.written import INDICES, Draw

I, J = INDICES
TERMS = list(dict.fromkeys(Draw(random.Random(seed), True).expression(2, INDICES).made for seed in range(150)))


def test_leaves_are_numbers_where_they_can_be() -> None:
    for value in (0, 3, -2, Fraction(1, 3)):
        assert number(value) is as_term(value) is Number(Fraction(value))
        assert as_term(number(value)) is number(value)
    assert poly_value(Poly.of(4)) is poly_value(4) is number(4)
    assert poly_value(Poly.of(Dim("N")) + 1) is PolyValue(Poly.of(Dim("N")) + 1)
    assert access("x", [1, Poly.of(I)]).subscripts == (Poly.of(1), Poly.of(I))


def test_the_order_is_total() -> None:
    keys = [sort_key(term) for term in TERMS]
    assert len(set(keys)) == len(keys) > 80
    kinds = [type(term) for term in sorted(TERMS, key=sort_key) if not isinstance(term, Power)]
    ends = [one for one, other in pairwise([*kinds, None]) if one is not other]
    assert len(ends) == len(set(ends)) > 5  # each kind of term stands together


@pytest.mark.parametrize("seed", range(20))
def test_how_it_was_written_makes_no_difference(seed: int) -> None:
    parts = random.Random(seed).sample(TERMS, 3)
    assert len({add(*order) for order in permutations(parts)}) == 1
    assert len({mul(*order) for order in permutations(parts)}) == 1


@pytest.mark.parametrize("seed", range(20))
def test_few_are_put_in_order_without_their_digests(seed: int) -> None:
    chosen = random.Random(seed).sample(TERMS, 2 + seed % 4)
    assert in_order(chosen) == tuple(sorted(chosen, key=sort_key))


def test_other_names_do_not_change_the_order_but_of_look_alikes() -> None:
    for term in TERMS:
        if isinstance(term, Mul) and len({arg.blind for arg in term.args}) == len(term.args):
            names = {I: Poly.of(Index("z")), J: Poly.of(Index("a"))}
            assert substitute(term, names).args == tuple(substitute(arg, names) for arg in term.args)  # type: ignore[attr-defined]


def test_numbers_and_sizes_come_first() -> None:
    x, size = access("x", [Poly.of(I)]), poly_value(Poly.of(Dim("N")))
    assert mul(x, size, 3).args[:2] == (number(3), size)  # type: ignore[attr-defined]
    assert mul(access("b"), access("a")).args == (access("a"), access("b"))  # type: ignore[attr-defined]

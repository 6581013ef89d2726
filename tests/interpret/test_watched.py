"""Ties: orders asked for between equal values, and no others."""

from __future__ import annotations

from itertools import product

import pytest

from symbackprop.interpret.watched import Watched
from symbackprop.terms.build import access, compare
from symbackprop.terms.term import Function, Relation


@pytest.mark.parametrize("function", [Function.MAX, Function.MIN])
def test_extrema_tie_where_the_extremum_is_met_twice(function: Function) -> None:
    for values in product((-2, 0, 1), repeat=3):
        watched = Watched()
        watched.apply(function, [watched.given(value) for value in values])
        best = (max if function is Function.MAX else min)(values)
        assert watched.tied is (values.count(best) > 1)


@pytest.mark.parametrize("function", [Function.RELU, Function.ABS, Function.SIGN])
def test_kinks_tie_at_zero(function: Function) -> None:
    for value in (-1, 0, 2):
        watched = Watched()
        watched.apply(function, [watched.given(value)])
        assert watched.tied is (value == 0)


def test_orders_tie_and_equations_do_not() -> None:
    for relation, left, right in product(Relation, (0, 3), (0, 3)):
        watched = Watched()
        watched.compare(relation, watched.given(left), watched.given(right))
        assert watched.tied is (left == right and relation in (Relation.GT, Relation.GE))


def test_a_relu_that_is_off_does_not_tie_with_zero() -> None:
    watched = Watched()
    off = watched.apply(Function.RELU, [watched.given(-3)])
    assert not watched.compare(Relation.GT, off, watched.given(0))
    assert not watched.tied


def test_integers_do_not_tie() -> None:
    watched = Watched(frozenset({"label"}))
    order = compare(Relation.GE, access("label"), access("label2"))
    assert watched.about(compare(Relation.GE, access("label"), access("s"))) is watched
    assert watched.about(order) is watched
    assert watched.about(compare(Relation.GT, access("label"), access("label"))) is not watched

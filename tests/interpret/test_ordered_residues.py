"""Regions: every joint choice of signs once, none that follows from others, and equality there equality of values."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from symbackprop.interpret import PRIME
from symbackprop.interpret.ordered_residues import Path, Regions, TooMuchWork
from symbackprop.terms.build import access, compare
from symbackprop.terms.term import Function, Relation, Term

X, Y = (int(v) for v in np.random.default_rng(5).integers(2**50, 2**60, size=2))
ABOUT: Term = compare(Relation.GT, access("x"), access("y"))


def walked(regions: Regions, visit, radius: float = float("inf")) -> list:
    """What `visit` gives on every path."""
    found, path = [], Path(radius=radius)
    while path is not None:
        regions.walk(path)
        found.append(visit(regions))
        path = path.following()
    return found


def test_every_joint_choice_once() -> None:
    found = walked(Regions(), lambda r: (r.sign(X), r.sign(Y)))
    assert sorted(found) == sorted(product((1, -1), repeat=2))
    tied = walked(Regions(ties=True), lambda r: (r.sign(X), r.sign(Y)))
    assert sorted(tied) == sorted(product((1, 0, -1), repeat=2))


def test_no_more_than_so_many_differ_from_the_first() -> None:
    values = [int(v) for v in np.random.default_rng(6).integers(2**50, 2**60, size=5)]
    found = walked(Regions(), lambda r: tuple(r.sign(v) for v in values), radius=2)
    assert len(found) == len(set(found)) == 1 + 5 + 10
    assert max(signs.count(-1) for signs in found) == 2


def test_a_sign_is_that_of_every_multiple() -> None:
    third = pow(3, -1, PRIME)
    for up, down, scaled in walked(Regions(), lambda r: (r.sign(X), r.sign(PRIME - X), r.sign(2 * X * third % PRIME))):
        assert up == -down == scaled


@pytest.mark.parametrize("seed", range(3))
def test_what_follows_is_no_choice(seed: int) -> None:
    """x > 1 decides x > -1; x and y decide x + y where they agree, and x·y always."""
    regions = Regions(seed)
    near = walked(regions, lambda r: (r.sign((X - 1) % PRIME), r.sign((X + 1) % PRIME)))
    assert sorted(near) == [(-1, -1), (-1, 1), (1, 1)]
    sums = walked(regions, lambda r: (r.sign(X), r.sign(Y), r.sign((X + Y) % PRIME)))
    assert len(sums) == 6
    assert not {(1, 1, -1), (-1, -1, 1)} & set(sums)
    products = walked(regions, lambda r: (r.sign(X), r.sign(Y), r.sign(X * Y % PRIME)))
    assert all(x * y == xy for x, y, xy in products)
    quotients = walked(regions, lambda r: (r.sign(X), r.sign(X * Y % PRIME), r.sign(Y)))
    assert all(x * y == xy for x, xy, y in quotients)


def test_what_is_never_negative_is_no_choice() -> None:
    def visit(r: Regions) -> tuple[int, ...]:
        one, square = r.given(1), r.power(X, 2)
        logistic, minus = r.apply(Function.SIGMOID, [Y]), r.given(-1)
        return r.sign(r.add([square, one])), r.sign(r.add([one, r.multiply([minus, logistic])])), r.sign(logistic)

    assert walked(Regions(), visit) == [(1, 1, 1)]


def test_all_regions_where_nothing_is_left_out() -> None:
    regions = Regions(consistent=False)
    assert len(walked(regions, lambda r: (r.sign((X - 1) % PRIME), r.sign((X + 1) % PRIME)))) == 4


def test_extrema_and_conditions_follow_the_signs() -> None:
    def visit(r: Regions) -> bool:
        best = r.about(ABOUT).apply(Function.MAX, [X, Y])
        larger = r.compare(Relation.GT, X, Y)
        return best == (X if larger else Y) and r.apply(Function.RELU, [X]) in (0, X)

    found = walked(Regions(), visit)
    assert all(found)
    assert len(found) == 4


def test_a_stated_equation_is_also_looked_at_where_it_holds() -> None:
    assert walked(Regions(), lambda r: r.compare(Relation.EQ, X, Y)) == [False, False, True]


def test_work_is_bounded() -> None:
    regions = Regions(budget=3)
    assert [regions.add([X, Y]) for _ in range(3)] == [(X + Y) % PRIME] * 3
    with pytest.raises(TooMuchWork):
        regions.add([X, Y])

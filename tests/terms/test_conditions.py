"""Conditions in normal form say what they said: against truth tables over small sizes and indices."""

from __future__ import annotations

import random
from itertools import product

import pytest

from symbackprop.terms.build import FALSE, NIL, TRUE, access, compare, logic_and, logic_not, logic_or, poly_value
from symbackprop.terms.poly import Dim, Index, Poly
from symbackprop.terms.term import Compare, Connective, Logic, Relation, Term, Truth

N, n = Poly.of(Dim("N")), Poly.of(Index("n"))
X = compare(Relation.GT, access("x", [n]), NIL)  # of data


def at_least(poly: Poly, least: int) -> Term:
    return compare(Relation.GE, poly_value(poly), poly_value(Poly.of(least)))


def test_of_two_bounds_one_is_left():
    assert logic_and(at_least(N, 3), at_least(N, 5)) is at_least(N, 5)
    assert logic_or(at_least(N, 3), at_least(N, 5)) is at_least(N, 3)
    assert logic_and(at_least(n - N, 1), at_least(n - N, -2)) is at_least(n - N, 1)


def test_bounds_that_leave_nothing_or_everything():
    assert logic_and(at_least(N, 3), logic_not(at_least(N, 3))) is FALSE
    assert logic_and(at_least(N, 4), at_least(-N, -2)) is FALSE
    assert logic_or(at_least(N, 3), at_least(-N, -2)) is TRUE
    assert logic_or(at_least(N, 3), at_least(-N, -5)) is TRUE
    assert logic_or(at_least(N, 4), at_least(-N, -2)) is not TRUE  # 3 is neither
    assert logic_and(at_least(N, 3), at_least(-N, -3)) is not FALSE  # 3 is both


def test_an_equality_beside_a_bound():
    three = compare(Relation.EQ, poly_value(N), poly_value(Poly.of(3)))
    assert logic_or(at_least(N, 2), three) is at_least(N, 2)
    assert logic_or(at_least(-N, -3), three) is at_least(-N, -3)
    assert logic_and(at_least(N, 2), three) is three
    assert logic_and(at_least(-N, -3), three) is three
    assert logic_and(at_least(N, 4), three) is FALSE
    assert logic_or(at_least(N, 4), three).args == logic_or(three, at_least(N, 4)).args


def test_what_the_others_tell_is_left_out():
    c, d, e = at_least(N, 3), at_least(n, 1), at_least(n + N, 7)
    assert logic_or(c, logic_and(logic_not(c), d)) is logic_or(c, d)
    assert logic_or(c, logic_and(c, d)) is c
    assert logic_and(c, logic_or(logic_not(c), d, e)) is logic_and(c, logic_or(d, e))
    assert logic_and(c, logic_or(c, d)) is c


def test_what_data_are_read_behind_stays():
    """x[n] may be there only where n >= 1."""
    c = at_least(n, 1)
    inner = logic_and(c, X)
    assert logic_or(logic_not(c), inner) == Logic(Connective.OR, logic_or(logic_not(c), inner).args)
    assert inner in logic_or(logic_not(c), inner).args


def holds(condition: Term, at: dict[object, int], x: bool) -> bool:
    match condition:
        case Truth(value):
            return value
        case Logic(Connective.AND, args):
            return all(holds(arg, at, x) for arg in args)
        case Logic(Connective.OR, args):
            return any(holds(arg, at, x) for arg in args)
        case Logic(_, (arg,)):
            return not holds(arg, at, x)
        case Compare(relation, left, _) if not condition.tensors:
            value = left.poly.evaluate(at.__getitem__)
            return {Relation.GE: value >= 0, Relation.EQ: value == 0, Relation.NE: value != 0}[relation]
        case _:
            return x


def drawn(rng: random.Random, depth: int) -> tuple[Term, object]:
    """(a condition, how it was put together)."""
    if depth == 0 or rng.random() < 0.2:
        if rng.random() < 0.1:
            return X, X
        poly = rng.choice((N, n, -n, n - N, N - n, -N)) + rng.randint(-3, 3)
        relation = rng.choice((Relation.GE, Relation.GE, Relation.GE, Relation.EQ, Relation.NE))
        leaf = compare(relation, poly_value(poly), NIL)
        return leaf, leaf
    if rng.random() < 0.15:
        made, written = drawn(rng, depth - 1)
        return logic_not(made), ("not", written)
    parts = [drawn(rng, depth - 1) for _ in range(rng.choice((2, 2, 3)))]
    kind = rng.choice(("and", "or"))
    return (logic_and if kind == "and" else logic_or)(*(made for made, _ in parts)), (kind, *(w for _, w in parts))


def said(written: object, at: dict[object, int], x: bool) -> bool:
    match written:
        case ("not", inner):
            return not said(inner, at, x)
        case ("and", *parts):
            return all(said(part, at, x) for part in parts)
        case ("or", *parts):
            return any(said(part, at, x) for part in parts)
        case Term():
            return holds(written, at, x)
    raise TypeError(written)


@pytest.mark.parametrize("seed", range(300))
def test_the_normal_form_says_the_same(seed):
    made, written = drawn(random.Random(seed), 4)
    for size, position, x in product(range(-5, 8), range(-5, 8), (False, True)):
        at: dict[object, int] = {Dim("N"): size, Index("n"): position}
        assert holds(made, at, x) == said(written, at, x), (made, written, at)

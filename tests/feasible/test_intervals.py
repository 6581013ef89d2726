"""Bounds of variables, and rules out of reach: against all values of a grid."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import pytest

from symbackprop.feasible.choices import Rule
from symbackprop.feasible.intervals import Bound, bounds_of, check_reach, of_linear, picked
from symbackprop.feasible.polynomial import evaluated
from symbackprop.feasible.unmet import Unmet
from symbackprop.interpret.number_system import holds
from symbackprop.terms.interval import Interval
from symbackprop.terms.term import Relation

HALVES = [Fraction(k, 2) for k in range(-6, 7)]
ORDERS = (Relation.GE, Relation.GT)


def linear(rng: np.random.Generator, number: int, fact: int) -> Rule:
    slope = int(rng.choice([-2, -1, 1, 2]))
    poly = {(number,): Fraction(slope)}
    constant = Fraction(int(rng.integers(-3, 4)))
    return Rule(poly | ({(): constant} if constant else {}), ORDERS[int(rng.integers(2))], fact)


def true(rule: Rule, values: dict[int, Fraction]) -> bool:
    return holds(rule.relation, evaluated(rule.poly, values).get((), Fraction(0)), 0)


def tried(asked: Callable[[], Any]) -> tuple[Any, Unmet | None]:
    """(what is found, what cannot be met)."""
    try:
        return asked(), None
    except Unmet as failure:
        return None, failure


def test_bounds_are_what_the_rules_say_of_each_value() -> None:
    rng, empty = np.random.default_rng(0), 0
    for _ in range(200):
        rules = [linear(rng, int(rng.integers(2)), fact) for fact in range(int(rng.integers(1, 5)))]
        bounds, failure = tried(lambda rules=rules: bounds_of(rules))
        if failure is not None:
            assert failure.sure
            at_fault = [rules[fact] for fact in failure.facts]
            (number,) = {n for rule in at_fault for monomial in rule.poly for n in monomial}
            assert not any(all(true(rule, {number: v}) for rule in at_fault) for v in HALVES)
            empty += 1
            continue
        for number, value in product(range(2), HALVES):
            mine = [rule for rule in rules if (number,) in rule.poly]
            assert (value in bounds.get(number, Bound()).interval) is all(true(rule, {number: value}) for rule in mine)
            assert bounds.get(number, Bound()).facts == tuple(rule.fact for rule in mine)
    assert 20 < empty < 180


def test_what_no_values_meet_is_out_of_reach_and_nothing_else() -> None:
    """Soundness always; completeness for sums of different variables, whose reach is exact."""
    rng, unmet = np.random.default_rng(1), 0
    for _ in range(200):
        bounds = {
            n: Bound(Interval(Fraction(low), Fraction(low + int(rng.integers(0, 3)))), (n,))
            for n, low in enumerate(map(int, rng.integers(-2, 3, size=2)))
        }
        monomials = [(), (0,), (1,)] if rng.random() < 0.5 else [(), (0, 0), (0, 1), (1, 1, 1)]
        poly = {m: Fraction(int(c)) for m, c in zip(monomials, rng.integers(-2, 3, size=4), strict=False) if c}
        rule = Rule(poly, list(Relation)[int(rng.integers(4))], 9)
        values = [[v for v in HALVES if v in bounds[n].interval] for n in range(2)]
        met = any(true(rule, dict(enumerate(each))) for each in product(*values))
        _, failure = tried(lambda rule=rule, bounds=bounds: check_reach([rule], bounds))
        if failure is not None:
            unmet += 1
            assert failure.sure
            assert failure.facts[-1] == 9
            assert not met
        else:
            exact = rule.relation is not Relation.EQ and all(len(m) < 2 for m in poly)
            assert met or not exact
    assert unmet > 20


def test_open_ends_are_not_reached() -> None:
    above = {n: Bound(Interval(0, open_low=True), (n,)) for n in range(2)}
    total = {(0,): Fraction(1), (1,): Fraction(1)}
    with pytest.raises(Unmet) as failure:
        check_reach([Rule(total, Relation.EQ, 7)], above)
    assert (failure.value.facts, failure.value.sure) == ((0, 1, 7), True)
    check_reach([Rule(total, Relation.EQ, 7)], {0: above[0]})
    check_reach([Rule({(0, 0): Fraction(1), (): Fraction(-1)}, Relation.EQ, 7)], above)
    with pytest.raises(Unmet):
        check_reach([Rule({(0, 0): Fraction(1), (1, 1): Fraction(1), (): Fraction(1)}, Relation.EQ, 7)], {})


def test_numbers_picked_are_inside() -> None:
    rng = np.random.default_rng(2)
    for _ in range(100):
        low = Fraction(int(rng.integers(-3, 4)), 3)
        both, above, below = Interval(low, low + 1, True, True), Interval(low, open_low=True), Interval(high=low)
        assert all(picked(interval, rng) in interval for interval in (both, above, below, Interval()))
    below_half = of_linear({(3,): Fraction(-2), (): Fraction(1)}, Relation.GT)
    assert below_half == Interval(high=Fraction(1, 2), open_high=True)

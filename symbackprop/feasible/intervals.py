"""Inequalities between one element and a number, as the interval that the element may lie in; and what cannot be since
its value, of any elements in their intervals, never is: x >= 1 and Σ x = 1/2, or x² + y² = -1."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import inf

import numpy as np

from symbackprop.feasible.choices import Rule
from symbackprop.feasible.polynomial import Polynomial, degree, variables
from symbackprop.feasible.unmet import Unmet
from symbackprop.terms.interval import ANY, Interval, of_power, of_product, of_sum, only
from symbackprop.terms.term import Relation


@dataclass(frozen=True, slots=True)
class Bound:
    """The interval of a variable, and the facts that say it."""

    interval: Interval = ANY
    facts: tuple[int, ...] = ()


def of_linear(poly: Polynomial, relation: Relation) -> Interval:
    """Where the variable of a linear polynomial lies if that is >= 0, or > 0."""
    (number,), is_open = variables(poly), relation is Relation.GT
    end = Fraction(-poly.get((), Fraction(0)) / poly[(number,)])
    return Interval(end, open_low=is_open) if poly[(number,)] > 0 else Interval(high=end, open_high=is_open)


def bounds_of(rules: Sequence[Rule]) -> dict[int, Bound]:
    """What inequalities between one variable and a number say. Raises `Unmet` where they exclude each other."""
    found: dict[int, Bound] = {}
    for rule in rules:
        scope = variables(rule.poly)
        if rule.relation not in (Relation.GE, Relation.GT) or len(scope) != 1 or degree(rule.poly) != 1:
            continue
        known = found.get(scope[0], Bound())
        interval, facts = known.interval.within(of_linear(rule.poly, rule.relation)), _facts([known], rule)
        if interval.is_empty:
            raise Unmet(facts, True)
        found[scope[0]] = Bound(interval, facts)
    return found


def _facts(bounds: Sequence[Bound], rule: Rule) -> tuple[int, ...]:
    return tuple(dict.fromkeys((*(fact for bound in bounds for fact in bound.facts), rule.fact)))


def picked(interval: Interval, rng: np.random.Generator) -> Fraction:
    """A number well inside."""
    part, low, high = Fraction(int(rng.integers(1, 8)), 8), interval.low, interval.high
    if low > -inf and high < inf:
        return Fraction(low) + part * (Fraction(high) - Fraction(low))
    return Fraction(low) + part if low > -inf else (Fraction(high) if high < inf else 0) - part


def check_reach(rules: Sequence[Rule], bounds: Mapping[int, Bound]) -> None:
    """Raises `Unmet` for a rule that no values of its variables within their bounds meet."""
    for rule in rules:
        value = of_sum([of_product([*_factors(monomial, bounds), only(c)]) for monomial, c in rule.poly.items()])
        never = {
            Relation.EQ: 0 not in value,
            Relation.GE: value.sign == -1,
            Relation.GT: value.high <= 0,
            Relation.NE: value.sign == 0,
        }
        if never[rule.relation]:
            raise Unmet(_facts([bounds.get(number, Bound()) for number in variables(rule.poly)], rule), True)


def _factors(monomial: Sequence[int], bounds: Mapping[int, Bound]) -> Iterator[Interval]:
    for number, times in Counter(monomial).items():
        yield of_power(bounds.get(number, Bound()).interval, Fraction(times))

"""Inequalities between one element and a number, as the interval that the element may lie in; and what cannot be since
its value, of any elements in their intervals, never is: x >= 1 and Σ x = 1/2, or x² + y² = -1."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from symbackprop.feasible.choices import Rule
from symbackprop.feasible.failures import Unmet
from symbackprop.feasible.polynomial import Monomial, degree, variables
from symbackprop.terms.term import Relation


@dataclass(frozen=True, slots=True)
class Interval:
    """Where a variable may lie, None being no bound; `open_`: whether the ends are outside."""

    low: Fraction | None = None
    high: Fraction | None = None
    open_: tuple[bool, bool] = (False, False)
    facts: tuple[int, ...] = ()

    def pick(self, rng: np.random.Generator) -> Fraction:
        """A number well inside."""
        part = Fraction(int(rng.integers(1, 8)), 8)
        if self.low is not None and self.high is not None:
            return self.low + part * (self.high - self.low)
        return self.low + part if self.low is not None else (self.high or Fraction(0)) - part

    def contains(self, value: Fraction) -> bool:
        above = self.low is None or value > self.low or (value == self.low and not self.open_[0])
        return above and (self.high is None or value < self.high or (value == self.high and not self.open_[1]))

    def empty(self) -> bool:
        if self.low is None or self.high is None:
            return False
        return self.low > self.high or (self.low == self.high and any(self.open_))

    def bounded(self, bound: Fraction, below: bool, open_: bool, fact: int) -> Interval:
        """With one more bound, from below or from above."""
        facts = tuple(dict.fromkeys((*self.facts, fact)))
        known = self.low if below else self.high
        if known is not None and (known > bound if below else known < bound):
            return replace(self, facts=facts)
        open_ = open_ or (known == bound and self.open_[not below])
        if below:
            return Interval(bound, self.high, (open_, self.open_[1]), facts)
        return Interval(self.low, bound, (self.open_[0], open_), facts)


def bounds_of(rules: Sequence[Rule]) -> dict[int, Interval]:
    """What inequalities between one variable and a number say. Raises `Unmet` where they exclude each other."""
    found: dict[int, Interval] = {}
    for rule in rules:
        scope = variables(rule.poly)
        if rule.relation not in (Relation.GE, Relation.GT) or len(scope) != 1 or degree(rule.poly) != 1:
            continue
        (number,), slope = scope, rule.poly[(scope[0],)]
        bound = Fraction(-rule.poly.get((), Fraction(0)) / slope)
        interval = found.get(number, Interval()).bounded(bound, slope > 0, rule.relation is Relation.GT, rule.fact)
        if interval.empty():
            raise Unmet(interval.facts, True)
        found[number] = interval
    return found


def check_reach(rules: Sequence[Rule], bounds: Mapping[int, Interval]) -> None:
    """Raises `Unmet` for a rule that no values of its variables within their bounds meet."""
    for rule in rules:
        low, high = Fraction(0), Fraction(0)
        above = below = True  # whether `high` and `low` are bounds
        for monomial, coefficient in rule.poly.items():
            least, most = _span(monomial, bounds)
            if coefficient < 0:
                least, most = most, least
            above, below = above and most is not None, below and least is not None
            low += coefficient * (least or 0)
            high += coefficient * (most or 0)
        never = {
            Relation.EQ: (below and low > 0) or (above and high < 0),
            Relation.GE: above and high < 0,
            Relation.GT: above and high <= 0,
            Relation.NE: above and below and low == high == 0,
        }
        if never[rule.relation]:
            facts = [fact for n in variables(rule.poly) for fact in bounds.get(n, Interval()).facts]
            raise Unmet(tuple(dict.fromkeys((*facts, rule.fact))), True)


def _span(monomial: Monomial, bounds: Mapping[int, Interval]) -> tuple[Fraction | None, Fraction | None]:
    """The least and the largest value of a product, None where there is none."""
    least: Fraction | None = Fraction(1)
    most: Fraction | None = Fraction(1)
    for number in dict.fromkeys(monomial):
        interval, times = bounds.get(number, Interval()), monomial.count(number)
        low, high = interval.low, interval.high
        ends = [end**times for end in (low, high) if end is not None]
        if times % 2 == 0 and not (low is not None and low >= 0) and not (high is not None and high <= 0):
            low, high = Fraction(0), max(ends) if len(ends) == 2 else None
        elif times % 2 == 0 and low is None:
            low, high = min(ends), None
        else:
            low, high = (None if end is None else end**times for end in (low, high))
            if times % 2 == 0 and low is not None and high is not None:
                low, high = min(low, high), max(low, high)
        if least is None or least < 0 or low is None or low < 0:
            only = len(set(monomial)) == 1
            return (low, high) if only else (None, None)
        least, most = least * low, None if most is None or high is None else most * high
    return least, most

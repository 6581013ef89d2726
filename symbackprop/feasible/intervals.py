"""Inequalities between one element and a number, as the interval that the element may lie in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from symbackprop.feasible.choices import Rule
from symbackprop.feasible.failures import Unmet
from symbackprop.feasible.polynomial import degree, variables
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

"""Real numbers that meet constraints: inside their bounds, and by Newton's steps where they are tied together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from symbackprop.feasible.choices import Rule
from symbackprop.feasible.intervals import Bound, bounds_of, picked
from symbackprop.feasible.newton import Duals, Residual, TooMany, newton
from symbackprop.feasible.polynomial import Polynomial, degree, variables
from symbackprop.feasible.system import Constraint, Data, System
from symbackprop.feasible.triangular import inconsistent
from symbackprop.feasible.unmet import Unmet
from symbackprop.interpret import Precise, Tangents
from symbackprop.interpret.compile import Position
from symbackprop.terms.graph import connected
from symbackprop.terms.term import Relation


def to_reals(
    system: System, data: Data, constraints: Sequence[Constraint], rules: Sequence[Rule],
    settled: Mapping[int, Fraction], rng: np.random.Generator,
) -> None:  # fmt: skip
    """Elements inside their bounds; then those that equations or other inequalities tie together, by Newton's steps."""
    bounds, positive, precise = bounds_of(rules), _shares(rules), Precise()
    for number in {n for rule in rules for n in variables(rule.poly)}:
        tensor, index = system.elements[number]
        value = Fraction(data[tensor][index])
        if number in positive:
            value = abs(value) + Fraction(1, 100)
        interval = bounds.get(number, Bound()).interval
        if value not in interval:
            value = -value if -value in interval else picked(interval, rng)
        system.settle(data, {number: value})
    rows = [_Row.of(rule) for rule in rules if rule.relation is not Relation.NE]
    rows += [
        _Row.read(system, data, c) for c in constraints
        if c.above is None and c.relation in (Relation.EQ, Relation.GE, Relation.GT)
    ]  # fmt: skip
    positive |= {number for number, bound in bounds.items() if bound.interval.low == 0}
    for group in connected([row.scope for row in rows]):
        mine = [rows[place] for place in group]
        if any(row.relation is Relation.EQ or len(row.scope) != 1 or row.poly is None for row in mine):
            _tied(system, data, mine, settled, positive, precise, rng)


def _shares(rules: Sequence[Rule]) -> set[int]:
    """The variables of sums of several with positive weights that equal a positive number: probabilities, weights."""
    found: set[int] = set()
    for rule in rules:
        constant, weights = rule.poly.get((), 0), [c for monomial, c in rule.poly.items() if monomial]
        alike = all(c > 0 for c in weights) or all(c < 0 for c in weights)
        linear = rule.relation is Relation.EQ and degree(rule.poly) == 1
        if linear and len(weights) > 1 and alike and constant * weights[0] < 0:
            found |= set(variables(rule.poly))
    return found


@dataclass(frozen=True, slots=True)
class _Row:
    """One equation or inequality between unknowns: a polynomial, or what is read from the assumption itself."""

    scope: tuple[int, ...]
    relation: Relation
    fact: int
    dual: Residual
    poly: Polynomial | None = None

    @staticmethod
    def of(rule: Rule) -> _Row:
        def value(tangents: Tangents, duals: Duals) -> Any:
            return tangents.add([
                tangents.multiply([tangents.number(Fraction(coefficient)), *(duals[number] for number in monomial)])
                for monomial, coefficient in rule.poly.items()
            ])  # fmt: skip

        return _Row(tuple(variables(rule.poly)), rule.relation, rule.fact, value, rule.poly)

    @staticmethod
    def read(system: System, data: Data, constraint: Constraint) -> _Row:
        """By the interpreter, which tells the elements that it reads."""
        seen: dict[int, None] = {}

        def value(tangents: Tangents, duals: Duals) -> Any:
            def element(tensor: str, index: Position) -> Any:
                number = system.number((tensor, index))
                if system.is_integer(number):
                    return tangents.given(int(data[tensor][index]))
                seen[number] = None
                found = duals.get(number)
                return tangents.given(data[tensor][index]) if found is None else found

            part = system.parts(constraint.fact)[constraint.part]
            return system.evaluator(constraint.fact, part, tangents, element)(constraint.indices)

        value(Tangents(Precise()), {})
        assert constraint.relation is not None
        return _Row(tuple(seen), constraint.relation, constraint.fact, value)


def _tied(
    system: System, data: Data, rows: Sequence[_Row], settled: Mapping[int, Fraction], proportional: set[int],
    precise: Precise, rng: np.random.Generator,
) -> None:  # fmt: skip
    numbers = [n for n in dict.fromkeys(n for row in rows for n in row.scope) if n not in settled]
    start = {number: precise.given(system.value(data, number)) for number in numbers}
    equations = [row.dual for row in rows if row.relation is Relation.EQ]
    inequalities = [row.dual for row in rows if row.relation is not Relation.EQ]
    slacks = [precise.given(Fraction(int(rng.integers(2, 12)), 12)) for _ in inequalities]
    facts = tuple(dict.fromkeys(row.fact for row in rows))
    try:
        found = newton(precise, equations, inequalities, start, slacks, proportional)
    except TooMany:
        raise Unmet(facts, False) from None
    if found is None:
        polys = [row.poly for row in rows if row.relation is Relation.EQ and row.poly is not None]
        raise Unmet(facts, not settled and inconsistent(polys))
    system.settle(data, found)

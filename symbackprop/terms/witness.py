"""Small examples: sizes and index values that satisfy integer facts. Bounded enumeration, the smallest first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from symbackprop.terms.build import integer_condition
from symbackprop.terms.graph import connected
from symbackprop.terms.poly import Dim, Floor, Index, Poly
from symbackprop.terms.term import Connective, Logic, Term, Truth

Variable = Dim | Index
_SIZES = (1, 2, 3, 4, 5, 7)
_REACH = 12  # an index without a bound is tried this far on either side of zero
_BUDGET = 20_000


def find_witness(
    nonnegative: Sequence[Poly], distinct: Sequence[Poly], alternatives: Sequence[Sequence[Term]], wanted: Poly
) -> dict[Variable, int] | None:
    """Values at which every fact holds and wanted >= 0; None if none is found among small ones."""
    facts = (wanted, *nonnegative)
    connected, others = _component(wanted, facts)
    order = _ordered(connected) + _ordered(others)
    search = _Search(facts, tuple(distinct), tuple(map(tuple, alternatives)), order)
    return search.values if search.extend(0) else None


def _component(start: Poly, facts: Sequence[Poly]) -> tuple[list[Variable], list[Variable]]:
    """The variables that the facts tie to those of `start`, and the others."""
    waiting = [[atom for atom in fact.atoms() if not isinstance(atom, Floor)] for fact in (start, *facts)]
    near = {atom for place in connected(waiting)[0] for atom in waiting[place]}
    every = dict.fromkeys(atom for atoms in waiting for atom in atoms)
    return [atom for atom in every if atom in near], [atom for atom in every if atom not in near]


def _ordered(variables: list[Variable]) -> list[Variable]:
    """Sizes before indices: bounds of indices are made of sizes."""
    return sorted(variables, key=lambda variable: isinstance(variable, Index))


@dataclass(slots=True)
class _Search:
    """Backtracking over the variables in order; a fact prunes as soon as its last variable is set."""

    facts: tuple[Poly, ...]
    distinct: tuple[Poly, ...]
    alternatives: tuple[tuple[Term, ...], ...]
    order: list[Variable]
    values: dict[Variable, int] = field(default_factory=dict)
    budget: int = _BUDGET
    due: list[list[Poly]] = field(default_factory=list)

    def __post_init__(self) -> None:
        place = {variable: number for number, variable in enumerate(self.order)}
        self.due = [[] for _ in range(len(self.order) + 1)]
        for fact in self.facts:
            last = max((place[a] + 1 for a in fact.atoms() if not isinstance(a, Floor)), default=0)
            self.due[last].append(fact)

    def extend(self, number: int) -> bool:
        if not all(self._value(fact) >= 0 for fact in self.due[number]):
            return False
        if number == len(self.order):
            return all(self._value(poly) != 0 for poly in self.distinct if self._known(poly)) and all(
                any(self._holds(arg) for arg in args) for args in self.alternatives
            )
        variable = self.order[number]
        for value in self._candidates(variable, number):
            self.budget -= 1
            if self.budget < 0:
                return False
            self.values[variable] = value
            if self.extend(number + 1):
                return True
            del self.values[variable]
        return False

    def _candidates(self, variable: Variable, number: int) -> Iterator[int]:
        """Values that the facts due now do not rule out at once, small ones first."""
        if isinstance(variable, Dim):
            yield from _SIZES
            return
        low, high = -_REACH, 2 * _REACH
        for fact in self.due[number + 1]:
            if fact.degree(variable) != 1 or not fact.is_affine:
                continue
            slope = self._value(fact.coefficient(variable))
            self.values[variable] = 0
            rest = self._value(fact)
            del self.values[variable]
            if slope > 0:
                low = max(low, -(rest // slope))
            elif slope < 0:
                high = min(high, rest // -slope)
        yield from sorted(range(low, high + 1), key=lambda value: (abs(value), value < 0))

    def _value(self, poly: Poly) -> int:
        try:
            return poly.evaluate(self.values.__getitem__)
        except ZeroDivisionError:
            return -1  # no example divides by zero

    def _known(self, poly: Poly) -> bool:
        return all(isinstance(atom, Floor) or atom in self.values for atom in poly.atoms())

    def _holds(self, condition: Term) -> bool:
        match condition:
            case Truth(value):
                return value
            case Logic(Connective.AND, args):
                return all(self._holds(arg) for arg in args)
            case Logic(Connective.OR, args):
                return any(self._holds(arg) for arg in args)
        found = integer_condition(condition)
        if found is None or not self._known(found[1]):
            return False
        return bool(found[0].holds(self._value(found[1]), 0))


__all__ = ["Variable", "find_witness"]

"""What an element stands for: the value that the equations of its tensor give at its position.

For T[f(I)] = r over I the value at T[p] is Σ over those I with f(I) = p of r. A subscript f_d that one of the indices
decides is solved for it, with its range as a guard; what is left of I is summed over, with [f_d(I) = p_d] as a guard.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from symbackprop.terms.build import (
    NIL,
    add,
    compare,
    fresh_indices,
    guarded,
    integer_condition,
    poly_value,
    reduce,
    substitute,
)
from symbackprop.terms.poly import ONE, Atom, Index, Poly
from symbackprop.terms.program import Equation, recurrent_tensors
from symbackprop.terms.prove import Facts
from symbackprop.terms.rewrite import Ranges, rewrite
from symbackprop.terms.term import Access, Axis, Reduction, Relation, Subscript, Term

LONGEST = 1000  # elements unfolded in what is told


class TooLong(Exception):
    """What grew too long to be worth its normal form."""


@dataclass(frozen=True, slots=True)
class Unfolding:
    """Elements of the tensors `names` are replaced by what the definitions say; `facts`: conditions between sizes."""

    definitions: Mapping[str, Sequence[Equation]]
    names: AbstractSet[str]
    facts: tuple[Term, ...] = ()

    @staticmethod
    def of(equations: Sequence[Equation], names: AbstractSet[str], facts: tuple[Term, ...] = ()) -> Unfolding:
        """Of those of `names` that have equations and do not depend on themselves by way of each other."""
        definitions: dict[str, list[Equation]] = {}
        for equation in equations:
            if equation.target in names:
                definitions.setdefault(equation.target, []).append(equation)
        own = [equation for each in definitions.values() for equation in each]
        return Unfolding(definitions, definitions.keys() - recurrent_tensors(own), facts)

    def __call__(self, term: Term, ranges: Ranges, most: int | None = None) -> Term:
        """The term with every such element unfolded, and those that come to light. TooLong where these are more than
        `most`: what is deep unfolds to a tree that is far larger."""
        unfolded = 0

        def opened(inner: Term, here: Ranges) -> Term:
            return rewrite(inner, rule, here) if inner.tensors & self.names else inner

        def rule(inner: Term, here: Ranges) -> Term | None:
            nonlocal unfolded
            if not (isinstance(inner, Access) and inner.tensor in self.names):
                return None if inner.tensors & self.names else inner
            unfolded += 1
            if most is not None and unfolded > most:
                raise TooLong
            return opened(self.value(inner, here), here)

        return opened(term, ranges)

    def value(self, element: Access, ranges: Ranges) -> Term:
        """What the equations of the element's tensor give there."""
        return add(*(self._part(equation, element, ranges) for equation in self.definitions[element.tensor]))

    def _part(self, equation: Equation, element: Access, ranges: Ranges) -> Term:
        new = fresh_indices(len(equation.axes), [*ranges, *element.free, *equation.rhs.free])
        names = {axis.index: Poly.of(index) for axis, index in zip(equation.axes, new, strict=True)}
        axes = [Axis(index, axis.low, axis.high) for axis, index in zip(equation.axes, new, strict=True)]
        lefts = [_moved(subscript, names) for subscript in equation.subscripts]
        rhs = substitute(equation.rhs, names)
        guards: list[Term] = []
        for place, position in enumerate(element.subscripts):
            axis, solution = _solution(lefts[place], position, axes)
            if axis is None:
                guards.append(compare(Relation.EQ, _number(lefts[place]), _number(position)))
                continue
            axes.remove(axis)
            mapping = {axis.index: solution}
            lefts = [_moved(left, mapping) for left in lefts]
            rhs = substitute(rhs, mapping)
            guards = [substitute(guard, mapping) for guard in guards]
            for distance in (solution - axis.low, axis.high - solution):
                if not facts_about(distance, ranges, self.facts).proves(distance):
                    guards.append(compare(Relation.GE, poly_value(distance), poly_value(0)))
        if any(self._never(guard, ranges) for guard in guards):
            return NIL
        return reduce(Reduction.SUM, axes, guarded(guards, rhs))

    def _never(self, guard: Term, ranges: Ranges) -> bool:
        """Whether the ranges rule the guard out: `[t = T]` for t below T."""
        integer = integer_condition(guard)
        if integer is None or not all(index in ranges for index in integer[1].indices()):
            return False
        relation, poly = integer
        facts = facts_about(poly, ranges, self.facts)
        return facts.proves(-poly - 1) or (relation is Relation.EQ and facts.proves(poly - 1))


def facts_about(poly: Poly, ranges: Ranges, facts: tuple[Term, ...]) -> Facts:
    """What is known of the indices in the polynomial and of the sizes in it and in their ranges: whatever else there is
    would slow a proof down."""
    axes = [ranges[index] for index in poly.indices() if index in ranges]
    sizes = {dim for each in (poly, *(end for axis in axes for end in (axis.low, axis.high))) for dim in each.dims()}
    related = [fact for fact in facts if (known := integer_condition(fact)) and sizes.issuperset(known[1].dims())]
    return Facts.of(axes, related)


def _solution(left: Subscript, position: Subscript, axes: Sequence[Axis]) -> tuple[Axis | None, Poly]:
    """The axis that left = position decides, and its index then; None where no one does."""
    if isinstance(left, Poly) and isinstance(position, Poly):
        for axis in axes:
            slope = left.coefficient(axis.index)
            rest = left - slope * Poly.of(axis.index)
            if slope in (ONE, -ONE) and axis.index not in rest.indices():
                return axis, (position - rest if slope == ONE else rest - position)
    return None, ONE


def _moved(subscript: Subscript, mapping: Mapping[Index, Poly]) -> Subscript:
    if isinstance(subscript, Poly):
        return subscript.substitute(dict[Atom, Poly](mapping.items()))
    moved = substitute(subscript, mapping)
    assert isinstance(moved, Access)
    return moved


def _number(subscript: Subscript) -> Term:
    return poly_value(subscript) if isinstance(subscript, Poly) else subscript

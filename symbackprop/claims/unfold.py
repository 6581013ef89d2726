"""What an element stands for: the value that the equations of its tensor give at its position.

For T[f(I)] = r over I the value at T[p] is Σ over those I with f(I) = p of r. A subscript f_d that one of the indices
decides is solved for it, with its range as a guard; what is left of I is summed over, with [f_d(I) = p_d] as a guard.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from symbackprop.terms.binders import moved, renamed
from symbackprop.terms.build import (
    NIL,
    add,
    compare,
    fresh_indices,
    guarded,
    reduce,
    substitute,
)
from symbackprop.terms.conditions import at_least_zero
from symbackprop.terms.decided import decided
from symbackprop.terms.equalities import slope_of, solution
from symbackprop.terms.leaves import subscript_value
from symbackprop.terms.poly import ZERO, Poly
from symbackprop.terms.program import Equation, recurrent_tensors
from symbackprop.terms.rewrite import Ranges, rewrite
from symbackprop.terms.term import Access, Reduction, Relation, Term

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
        axes, names = renamed(equation.axes, new)
        lefts = [moved(subscript, names) for subscript in equation.subscripts]
        rhs = substitute(equation.rhs, names)
        guards: list[Term] = []
        for place, position in enumerate(element.subscripts):
            left = lefts[place]
            equal = left - position if isinstance(left, Poly) and isinstance(position, Poly) else ZERO
            axis = next((axis for axis in axes if slope_of(equal, axis.index)), None)
            value = None if axis is None else solution(equal, axis.index)
            if axis is None or value is None:
                guards.append(compare(Relation.EQ, subscript_value(left), subscript_value(position)))
                continue
            axes.remove(axis)
            mapping = {axis.index: value}
            lefts = [moved(left, mapping) for left in lefts]
            rhs = substitute(rhs, mapping)
            guards = [substitute(guard, mapping) for guard in guards]
            inside = [at_least_zero(distance) for distance in (value - axis.low, axis.high - value)]
            guards += [guard for guard in inside if decided(guard, ranges, self.facts) is not True]
        if any(decided(guard, ranges, self.facts) is False for guard in guards):
            return NIL
        return reduce(Reduction.SUM, axes, guarded(guards, rhs))

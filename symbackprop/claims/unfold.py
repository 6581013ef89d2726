"""What an element stands for: the value that the equations of its tensor give at its position.

For T[f(I)] = r over I the value at T[p] is Σ over those I with f(I) = p of r. A subscript f_d that one of the indices
decides is solved for it, with its range as a guard; what is left of I is summed over, with [f_d(I) = p_d] as a guard.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from symbackprop.terms.addend import Addend
from symbackprop.terms.build import NIL, add, compare, fresh_indices
from symbackprop.terms.decided import decided
from symbackprop.terms.leaves import subscript_value
from symbackprop.terms.program import Equation, by_target, recurrent_tensors
from symbackprop.terms.rewrite import Ranges, renamed_equation, rewrite
from symbackprop.terms.term import Access, Relation, Term

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
        own = [equation for equation in equations if equation.target in names]
        definitions = by_target(own)
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
        own = renamed_equation(equation, new)
        pairs = zip(own.subscripts, element.subscripts, strict=True)
        hits = (compare(Relation.EQ, subscript_value(left), subscript_value(at)) for left, at in pairs)
        found = Addend(own.axes, tuple(hits), own.rhs).solved(own.axes)
        truths = {guard: decided(guard, ranges, self.facts) for guard in found.guards}
        if False in truths.values():
            return NIL
        return replace(found, guards=tuple(guard for guard, truth in truths.items() if truth is not True)).term

"""Derived terms as people write them: what an extremum of two is decided by, and then `simplify`.

[u = max(u, v)]·x / ([u = max(u, v)] + [v = max(u, v)])   is   [u > v]·x + [u = v]·x/2
[relu(u) > 0]                                             is   [u > 0]
not u >= v                                                is   v > u          (of real numbers, which these are)
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from symbackprop.claims.simplify import simplified
from symbackprop.claims.unfold import Unfolding
from symbackprop.terms.brackets import collect_all
from symbackprop.terms.build import (
    NIL,
    add,
    apply,
    compare,
    conjuncts,
    indicator,
    integer_condition,
    logic_and,
    mul,
    number,
    power,
    where,
)
from symbackprop.terms.products import factors
from symbackprop.terms.rewrite import Ranges, rewrite
from symbackprop.terms.term import Access, Apply, Compare, Connective, Function, Logic, Relation, Term, Where

_OPPOSITE = {Relation.GE: Relation.GT, Relation.GT: Relation.GE}


@dataclass(frozen=True, slots=True)
class Plain:
    """`extrema`: unfolds tensors that are defined as extrema, `parts` what the derivation named for itself; `facts`:
    conditions between sizes."""

    extrema: Unfolding
    parts: Unfolding
    facts: tuple[Term, ...] = ()

    def __call__(self, term: Term, ranges: Ranges) -> Term:
        """The same values at every position of the ranges."""
        return collect_all(simplified(collect_all(self._ordered(term, ranges)), ranges, self.facts))

    def _ordered(self, term: Term, ranges: Ranges) -> Term:
        return rewrite(term, self._rule, ranges)

    def _rule(self, term: Term, ranges: Ranges) -> Term | None:
        match term:
            case Where(condition, then, otherwise):
                found = self._shared(condition, then, ranges) if otherwise is NIL else None
                if found is not None:
                    return self._ordered(found, ranges)
                condition = self._ordered(condition, ranges)
                behind = self._ordered(_under(condition, then, ranges), ranges)
                return where(condition, behind, self._ordered(otherwise, ranges))
            case Compare(Relation.GT, Apply(Function.RELU, (inner,)), right) if right is NIL:
                return compare(Relation.GT, self._ordered(inner, ranges), NIL)
            case Logic(Connective.NOT, (Compare(relation, left, right),)) if relation in _OPPOSITE:
                return self._ordered(compare(_OPPOSITE[relation], right, left), ranges)
            case _:
                return None

    def _shared(self, condition: Term, then: Term, ranges: Ranges) -> Term | None:
        """[u = m]·x/([u = m] + [v = m]) for an extremum m of u and v, by the order of u and v."""
        parts, shared = conjuncts(condition), factors(then)
        for part in parts:
            sides = self._sides(part, ranges)
            if sides is None:
                continue
            first, second, ties = sides
            share = power(ties, Fraction(-1))
            if share not in shared:
                continue
            rest = mul(*(factor for factor in shared if factor is not share))
            others = logic_and(*(other for other in parts if other is not part))
            above = where(compare(Relation.GT, first, second), rest, NIL)
            half = _under(compare(Relation.EQ, first, second), mul(number(Fraction(1, 2)), rest), ranges)
            tied = where(compare(Relation.EQ, first, second), half, NIL)
            return add(where(others, above, NIL), where(others, tied, NIL))
        return None

    def _sides(self, condition: Term, ranges: Ranges) -> tuple[Term, Term, Term] | None:
        """(u, v, [u = m] + [v = m]) such that the condition is u > v but for ties."""
        if not isinstance(condition, Compare) or condition.relation is not Relation.EQ:
            return None
        for value, extremum in ((condition.left, condition.right), (condition.right, condition.left)):
            known = extremum
            if isinstance(extremum, Access) and extremum.tensor in self.extrema.names:
                known = self.parts(self.extrema.value(extremum, ranges), ranges)
            match known:
                case Apply(Function.MAX | Function.MIN as function, (u, v)) if value in (u, v):
                    other = v if value is u else u
                    ties = add(*(indicator(compare(Relation.EQ, side, extremum)) for side in (u, v)))
                    return (value, other, ties) if function is Function.MAX else (other, value, ties)
        return None


def _under(condition: Term, term: Term, ranges: Ranges) -> Term:
    """The term where the condition holds: an extremum of two values that it orders is one of them."""
    known: dict[Term, Term] = {}
    for part in conjuncts(condition):
        if isinstance(part, Compare) and part.relation is not Relation.NE and integer_condition(part) is None:
            high, low = part.left, part.right
            if part.relation is Relation.EQ and high is NIL:  # the number, if one is
                high, low = low, high
            known[apply(Function.MAX, high, low)] = low if part.relation is Relation.EQ else high
            known[apply(Function.MIN, high, low)] = low
            if low is NIL:
                known[apply(Function.RELU, high)] = low if part.relation is Relation.EQ else high
    return rewrite(term, lambda inner, _: known.get(inner), ranges) if known else term

"""Declared facts: a sum that an assumption gives a value becomes that value."""

from __future__ import annotations

from dataclasses import replace

from symbackprop.derive.differentiate import Derived
from symbackprop.terms.build import substitute
from symbackprop.terms.poly import Index, Poly
from symbackprop.terms.program import Assumption
from symbackprop.terms.prove import Facts
from symbackprop.terms.rewrite import Ranges, rewrite_equation
from symbackprop.terms.term import Axis, Compare, Reduce, Relation, Term
from symbackprop.terms.values import canonical


def apply_assumptions(derived: Derived) -> Derived:
    """Every sum in the backward program that an assumption `Eq(Sum(...), value)` names is replaced."""
    known = [fact for assumption in derived.forward.assumptions if (fact := _fact(assumption)) is not None]
    if not known:
        return derived

    def rule(term: Term, ranges: Ranges) -> Term | None:
        if isinstance(term, Reduce):
            for left, right, axes in known:
                found = _match(term, left, right, axes, ranges)
                if found is not None:
                    return found
        return None

    equations = tuple(rewrite_equation(equation, rule) for equation in derived.backward.equations)
    return replace(derived, backward=derived.backward.with_(equations=equations))


def _fact(assumption: Assumption) -> tuple[Reduce, Term, dict[Index, Axis]] | None:
    match assumption.condition:
        case Compare(Relation.EQ, Reduce() as left, right) | Compare(Relation.EQ, right, Reduce() as left):
            if right.free <= left.free:
                return left, right, {axis.index: axis for axis in assumption.axes}
    return None


def _match(term: Reduce, left: Reduce, right: Term, axes: dict[Index, Axis], ranges: Ranges) -> Term | None:
    if term.blind != left.blind:
        return None
    key, order = canonical(term)
    known, places = canonical(left)
    if key is not known:
        return None
    facts = Facts.of()
    for here, there in zip(order, places, strict=True):
        if here not in ranges or not facts.proves(ranges[here].low - axes[there].low):
            return None
        if not facts.proves(axes[there].high - ranges[here].high):
            return None
    return substitute(right, {there: Poly.of(here) for here, there in zip(order, places, strict=True)})

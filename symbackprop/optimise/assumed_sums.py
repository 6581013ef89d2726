"""Declared facts: a sum that an assumption gives a value becomes that value."""

from __future__ import annotations

from dataclasses import replace

from symbackprop.derive.differentiate import Derived
from symbackprop.optimise.known import KnownSums
from symbackprop.terms.program import Assumption, Equation
from symbackprop.terms.rewrite import Ranges, ranges_of, rewrite_program
from symbackprop.terms.term import Reduce, Term
from symbackprop.terms.walks import visits


def rests_on(equation: Equation, fact: Assumption) -> bool:
    """Whether a sum in the equation is one that the fact gives a value."""
    known = KnownSums.assumed([fact])
    return bool(known) and any(
        isinstance(term, Reduce) and known.find(term, places) is not None
        for term, places in visits(equation.rhs, ranges_of(equation.axes), lambda total: ranges_of(total.axes))
    )


def apply_assumptions(derived: Derived) -> Derived:
    """Every sum in the backward program that an assumption `Eq(Sum(...), value)` names is replaced."""
    known = KnownSums.assumed(derived.forward.assumptions)
    if not known:
        return derived

    def rule(term: Term, ranges: Ranges) -> Term | None:
        return known.find(term, ranges) if isinstance(term, Reduce) else None

    return replace(derived, backward=rewrite_program(derived.backward, rule))

"""Declared facts: a sum that an assumption gives a value becomes that value."""

from __future__ import annotations

from dataclasses import replace

from symbackprop.derive.differentiate import Derived
from symbackprop.optimise.known import KnownSums
from symbackprop.terms.rewrite import Ranges, rewrite_program
from symbackprop.terms.term import Reduce, Term


def apply_assumptions(derived: Derived) -> Derived:
    """Every sum in the backward program that an assumption `Eq(Sum(...), value)` names is replaced."""
    known = KnownSums.assumed(derived.forward.assumptions)
    if not known:
        return derived

    def rule(term: Term, ranges: Ranges) -> Term | None:
        return known.find(term, ranges) if isinstance(term, Reduce) else None

    return replace(derived, backward=rewrite_program(derived.backward, rule))

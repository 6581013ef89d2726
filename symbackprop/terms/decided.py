"""Conditions between sizes and indices that the ranges of the indices decide."""

from __future__ import annotations

from collections.abc import Iterable

from symbackprop.terms.conditions import at_least_zero, compare, integer_condition
from symbackprop.terms.leaves import FALSE, NIL, TRUE, poly_value
from symbackprop.terms.poly import Poly
from symbackprop.terms.prove import Facts
from symbackprop.terms.rewrite import Ranges
from symbackprop.terms.term import Relation, Term

__all__ = ["decided", "facts_about", "sharpened"]


def facts_about(poly: Poly, ranges: Ranges, sizes: Iterable[Term]) -> Facts:
    """What is known of the indices in the polynomial and of the sizes in it and in their ranges: whatever else there is
    would slow a proof down. `sizes`: conditions between sizes."""
    axes = [ranges[index] for index in poly.indices() if index in ranges]
    dims = {dim for each in (poly, *(end for axis in axes for end in (axis.low, axis.high))) for dim in each.dims()}
    related = [fact for fact in sizes if (known := integer_condition(fact)) and dims.issuperset(known[1].dims())]
    return Facts.of(axes, related)


def decided(condition: Term, ranges: Ranges, sizes: Iterable[Term] = ()) -> bool | None:
    """Whether the condition holds at every position of the ranges, or at none; None where neither is shown, and of a
    condition on values.

    >>> from symbackprop.terms.poly import Dim, Index
    >>> from symbackprop.terms.term import Axis
    >>> i, n = Index("i"), Poly.of(Dim("N"))
    >>> ranges = {i: Axis(i, Poly.of(0), n - 1)}
    >>> [decided(at_least_zero(poly), ranges) for poly in (n - Poly.of(i) - 1, Poly.of(i) - n, Poly.of(i) - 1)]
    [True, False, None]
    """
    integer = integer_condition(condition)
    if integer is None:
        return None
    relation, poly = integer
    facts = facts_about(poly, ranges, sizes)
    if relation is Relation.GE:
        return True if facts.proves(poly) else False if facts.proves(-poly - 1) else None
    if facts.proves_nonzero(poly):
        return relation is Relation.NE
    return relation is Relation.EQ if facts.proves_zero(poly) else None


def sharpened(condition: Term, ranges: Ranges, sizes: Iterable[Term] = ()) -> Term:
    """The condition in the one form that it has within the ranges: `t != T` is `t <= T - 1` where t never exceeds T,
    and `t >= T` is then `t = T`; what is decided is true or false."""
    integer, known = integer_condition(condition), decided(condition, ranges, sizes)
    if integer is None or known is not None:
        return condition if known is None else TRUE if known else FALSE
    relation, poly = integer
    facts = facts_about(poly, ranges, sizes)
    for signed in (poly, -poly):
        if relation is Relation.NE and facts.proves(signed):
            return at_least_zero(signed - 1)
    if relation is Relation.GE and facts.proves(-poly):
        relation = Relation.EQ
    return compare(relation, poly_value(poly), NIL)

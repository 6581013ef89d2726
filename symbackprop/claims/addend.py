"""The pieces of one addend, Σ over axes of [guards]·product: its guards, and the one way in which it is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import permutations
from typing import TYPE_CHECKING

from symbackprop.terms.build import (
    NIL,
    compare,
    fresh_index,
    indicator,
    integer_condition,
    mul,
    poly_value,
    reduce,
    split_coefficient,
    substitute,
)
from symbackprop.terms.poly import ONE, Index, Poly
from symbackprop.terms.prove import Facts
from symbackprop.terms.term import Axis, Mul, PolyValue, Reduction, Relation, Term

if TYPE_CHECKING:
    from symbackprop.claims.rules import Assumed

_LOOK_ALIKES = 4  # axes whose order is tried out


def solved(poly: Poly, axes: Mapping[Index, Axis]) -> tuple[Axis, Poly, int] | None:
    """(axis, solution of poly = 0, sign of its slope) for the first of the axes that decides it."""
    for index in poly.indices():
        slope = poly.coefficient(index)
        rest = poly - slope * Poly.of(index)
        if index in axes and slope in (ONE, -ONE) and index not in rest.indices():
            return axes[index], (-rest if slope == ONE else rest), 1 if slope == ONE else -1
    return None


def sharp(relation: Relation, poly: Poly, facts: Facts) -> Term:
    """The condition in the one form that it has within the facts: `t != T` is `t <= T - 1` where t never exceeds T,
    and `t >= T` is then `t = T`."""
    for signed in (poly, -poly):
        if relation is Relation.NE and facts.proves(signed):
            return at_least_zero(signed - 1)
    if relation is Relation.GE and facts.proves(-poly):
        relation = Relation.EQ
    return compare(relation, poly_value(poly), NIL)


def exclude(one: Term, other: Term) -> bool:
    """Whether p >= 0 and q >= 0 exclude each other because p + q is a negative number."""
    first, second = integer_condition(one), integer_condition(other)
    if first is None or second is None or first[0] is not Relation.GE or second[0] is not Relation.GE:
        return False
    total = (first[1] + second[1]).constant
    return total is not None and total < 0


def at_least_zero(poly: Poly) -> Term:
    return compare(Relation.GE, poly_value(poly), NIL)


def behind(guards: Sequence[Term], value: Term) -> Term:
    """The guarded value, whatever the order of the guards: those on indices first, then those on values."""
    return mul(value, *(indicator(guard) for guard in guards))


def with_coefficient(value: Term) -> tuple[Fraction, Term]:
    """(c, rest) with value = c·rest, c a number."""
    if isinstance(value, PolyValue) and len(value.poly.terms) == 1:
        ((monomial, coefficient),) = value.poly.terms
        return Fraction(coefficient), poly_value(Poly({monomial: 1}))
    return split_coefficient(value)


def canonical(
    axes: Sequence[Axis], guards: Sequence[Term], value: Term, assumed: Assumed | None = None
) -> tuple[int, Term]:
    """(sign, the sum as a term); where factors look alike but for their indices, the first of all ways to name these.

    The sign is that of elements whose subscripts change places; it is 0 where the sum is its own negative.
    """
    factors = value.args if isinstance(value, Mul) else (value,)
    oriented = assumed is not None and not value.tensors.isdisjoint(assumed.alike)
    alike = len({factor.blind for factor in (*factors, *guards)}) < len(factors) + len(guards)
    if not oriented and (not alike or not 1 < len(axes) <= _LOOK_ALIKES):
        return 1, reduce(Reduction.SUM, axes, behind(guards, value))
    found: dict[Term, set[int]] = {}
    orders = permutations(range(len(axes))) if len(axes) <= _LOOK_ALIKES else [range(len(axes))]
    for order in orders:
        names = {axis.index: fresh_index(f"~c{place}") for axis, place in zip(axes, order, strict=True)}
        renamed = {old: Poly.of(new) for old, new in names.items()}
        there = substitute(value, renamed)
        sign, there = assumed.oriented(there) if oriented and assumed is not None else (1, there)
        term = reduce(
            Reduction.SUM,
            [Axis(names[axis.index], axis.low, axis.high) for axis in axes],
            behind([substitute(guard, renamed) for guard in guards], there),
        )
        found.setdefault(term, set()).add(sign)
    first = min(found, key=lambda term: term.digest)
    return (0 if len(found[first]) > 1 else found[first].pop()), first

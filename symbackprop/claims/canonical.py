"""The one way in which an addend, Σ over axes of [guards]·value, is written."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import permutations

from symbackprop.claims.assumed_rules import Assumed
from symbackprop.terms.addend import Addend
from symbackprop.terms.build import fresh_index, poly_value, split_coefficient
from symbackprop.terms.poly import Poly
from symbackprop.terms.products import factors
from symbackprop.terms.term import PolyValue, Term

_LOOK_ALIKES = 4  # axes whose order is tried out


def with_coefficient(value: Term) -> tuple[Fraction, Term]:
    """(c, rest) with value = c·rest, c a number."""
    if isinstance(value, PolyValue) and len(value.poly.terms) == 1:
        ((monomial, coefficient),) = value.poly.terms
        return Fraction(coefficient), poly_value(Poly({monomial: 1}))
    return split_coefficient(value)


def canonical(addend: Addend, assumed: Assumed | None = None) -> tuple[int, Term]:
    """(sign, the sum as a term); where factors look alike but for their indices, the first of all ways to name these.

    The sign is that of elements whose subscripts change places; it is 0 where the sum is its own negative.
    """
    parts = (*factors(addend.value), *addend.guards)
    oriented = assumed is not None and not addend.value.tensors.isdisjoint(assumed.alike)
    alike = len({part.blind for part in parts}) < len(parts)
    if not oriented and (not alike or not 1 < len(addend.axes) <= _LOOK_ALIKES):
        return 1, addend.product
    found: dict[Term, set[int]] = {}
    places = range(len(addend.axes))
    for order in permutations(places) if len(addend.axes) <= _LOOK_ALIKES else [places]:
        names = {axis.index: fresh_index(f"~c{place}") for axis, place in zip(addend.axes, order, strict=True)}
        there, sign = addend.renamed(names), 1
        if oriented and assumed is not None:
            sign, value = assumed.oriented(there.value)
            there = replace(there, value=value)
        found.setdefault(there.product, set()).add(sign)
    first = min(found, key=lambda term: term.digest)
    return (0 if len(found[first]) > 1 else found[first].pop()), first

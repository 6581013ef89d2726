"""One addend, Σ over axes of [guards]·value, and the one way in which it is written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import permutations
from typing import TYPE_CHECKING

from symbackprop.terms.build import (
    UNIT,
    fresh_index,
    indicator,
    integer_condition,
    mul,
    open_reduce,
    poly_value,
    reduce,
    split_coefficient,
    split_guards,
    substitute,
)
from symbackprop.terms.poly import Index, Poly
from symbackprop.terms.products import factors
from symbackprop.terms.term import Axis, PolyValue, Reduce, Reduction, Relation, Term

if TYPE_CHECKING:
    from symbackprop.claims.rules import Assumed

_LOOK_ALIKES = 4  # axes whose order is tried out


@dataclass(frozen=True, slots=True)
class Addend:
    """Σ over axes of [guards]·value."""

    axes: tuple[Axis, ...] = ()
    guards: tuple[Term, ...] = ()
    value: Term = UNIT

    @staticmethod
    def of(term: Term, taken: Iterable[Index]) -> Addend:
        """A term taken apart: its guards, and a sum over indices if there is one among its factors, under names that
        are not `taken`."""
        guards, value = split_guards(term)
        total = next((f for f in factors(value) if isinstance(f, Reduce) and f.reduction is Reduction.SUM), None)
        if total is None:
            return Addend((), guards, value)
        axes, body = open_reduce(total, taken=[*taken, *value.free])
        inner, body = split_guards(body)
        outside = [factor for factor in factors(value) if factor is not total]
        return Addend(tuple(axes), (*guards, *inner), mul(body, *outside))

    @property
    def term(self) -> Term:
        """The guards, whatever their order: those on indices first, then those on values."""
        return reduce(Reduction.SUM, self.axes, mul(self.value, *(indicator(guard) for guard in self.guards)))

    @property
    def ranges(self) -> dict[Index, Axis]:
        return {axis.index: axis for axis in self.axes}

    def times(self, other: Addend) -> Addend:
        """Their product; no axis has the name of one of the other's."""
        return Addend(self.axes + other.axes, self.guards + other.guards, mul(self.value, other.value))

    def put(self, index: Index, value: Poly) -> Addend:
        """At one value of an index, whose axis is gone."""
        axes = tuple(axis for axis in self.axes if axis.index != index)
        return replace(self, axes=axes)._substituted({index: value})

    def from_zero(self, axis: Axis) -> Addend:
        """With an axis that begins at 0."""
        moved = Axis(axis.index, axis.low * 0, axis.high - axis.low)
        return self.with_axis(moved)._substituted({axis.index: Poly.of(axis.index) + axis.low})

    def with_axis(self, axis: Axis) -> Addend:
        """With another range for an index."""
        return replace(self, axes=tuple(axis if axis.index == known.index else known for known in self.axes))

    def renamed(self, names: Mapping[Index, Index]) -> Addend:
        axes = tuple(Axis(names[axis.index], axis.low, axis.high) for axis in self.axes)
        return replace(self, axes=axes)._substituted({old: Poly.of(new) for old, new in names.items()})

    def _substituted(self, mapping: Mapping[Index, Poly]) -> Addend:
        guards = tuple(substitute(guard, mapping) for guard in self.guards)
        return Addend(self.axes, guards, substitute(self.value, mapping))


def exclude(one: Term, other: Term) -> bool:
    """Whether p >= 0 and q >= 0 exclude each other because p + q is a negative number."""
    first, second = integer_condition(one), integer_condition(other)
    if first is None or second is None or first[0] is not Relation.GE or second[0] is not Relation.GE:
        return False
    total = (first[1] + second[1]).constant
    return total is not None and total < 0


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
        return 1, addend.term
    found: dict[Term, set[int]] = {}
    places = range(len(addend.axes))
    for order in permutations(places) if len(addend.axes) <= _LOOK_ALIKES else [places]:
        names = {axis.index: fresh_index(f"~c{place}") for axis, place in zip(addend.axes, order, strict=True)}
        there, sign = addend.renamed(names), 1
        if oriented and assumed is not None:
            sign, value = assumed.oriented(there.value)
            there = replace(there, value=value)
        found.setdefault(there.term, set()).add(sign)
    first = min(found, key=lambda term: term.digest)
    return (0 if len(found[first]) > 1 else found[first].pop()), first

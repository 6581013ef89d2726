"""One addend, a sum over axes of what stands behind guards.

addend  ::= Σ over axes of [guards]·value             the axes' indices are free in guards and value
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from symbackprop.terms.binders import renamed
from symbackprop.terms.build import UNIT, guarded, indicator, mul, open_reduce, reduce, split_guards, substitute
from symbackprop.terms.domains import kept_inside
from symbackprop.terms.equalities import equal_to
from symbackprop.terms.poly import Index, Poly
from symbackprop.terms.products import factors, is_sum
from symbackprop.terms.prove import Facts
from symbackprop.terms.rewrite import ranges_of
from symbackprop.terms.term import Axis, Reduction, Term


@dataclass(frozen=True, slots=True)
class Addend:
    """Σ over the axes of [guards]·value."""

    axes: tuple[Axis, ...] = ()
    guards: tuple[Term, ...] = ()
    value: Term = UNIT

    @staticmethod
    def of(axes: Iterable[Axis], value: Term) -> Addend:
        """The sum, the value's own guards taken apart."""
        return Addend(tuple(axes), *split_guards(value))

    @staticmethod
    def of_term(term: Term, taken: Iterable[Index]) -> Addend:
        """A term taken apart: its guards, and a sum over indices if there is one among its factors, under names that
        are not `taken`."""
        guards, value = split_guards(term)
        total = next((f for f in factors(value) if is_sum(f)), None)
        if total is None:
            return Addend((), guards, value)
        axes, body = open_reduce(total, taken=[*taken, *value.free])
        inner, body = split_guards(body)
        outside = [factor for factor in factors(value) if factor is not total]
        return Addend(tuple(axes), (*guards, *inner), mul(body, *outside))

    @property
    def term(self) -> Term:
        """A guard may read what those before it allow."""
        return reduce(Reduction.SUM, self.axes, guarded(self.guards, self.value))

    @property
    def product(self) -> Term:
        """The term whatever the order of the guards: those on indices first, then those on values."""
        return reduce(Reduction.SUM, self.axes, mul(self.value, *(indicator(guard) for guard in self.guards)))

    @property
    def ranges(self) -> dict[Index, Axis]:
        return ranges_of(self.axes)

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
        axes, mapping = renamed(self.axes, (names[axis.index] for axis in self.axes))
        return replace(self, axes=tuple(axes))._substituted(mapping)

    def _substituted(self, mapping: Mapping[Index, Poly]) -> Addend:
        guards = tuple(substitute(guard, mapping) for guard in self.guards)
        return Addend(self.axes, guards, substitute(self.value, mapping))

    def at(self, axis: Axis, position: Poly, around: Iterable[Axis] = ()) -> Addend:
        """The addend at the one position of an axis at which it is not 0, if the axis has it. `around`: the axes of
        what stands in the position besides the other axes."""
        others = tuple(other for other in self.axes if other is not axis)
        inside = kept_inside(position, axis, Facts.of((*around, *others)))
        return replace(self, guards=(*inside, *self.guards)).put(axis.index, position)

    def solved(self, axes: Iterable[Axis], around: Sequence[Axis] = ()) -> Addend:
        """At the position of each of the axes that a guard says, `[j = i]`."""
        found = self
        for axis in axes:
            said = (equal_to(guard, axis.index) for guard in found.guards)
            position = next((position for position in said if position is not None), None)
            if position is not None:
                found = found.at(axis, position, around)
        return found


__all__ = ["Addend"]

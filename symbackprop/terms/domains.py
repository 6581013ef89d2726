"""Domains: the positions of axes at which guards hold.

span    ::= low..high                                 positions along one axis
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from symbackprop.terms.build import at_least_zero, integer_condition
from symbackprop.terms.equalities import slope_of
from symbackprop.terms.poly import ZERO, Index, Poly
from symbackprop.terms.program import Equation, Op, Program, Tensor, highest
from symbackprop.terms.prove import Facts
from symbackprop.terms.rewrite import ranges_of
from symbackprop.terms.term import Access, Axis, Relation, Subscript, Term


@dataclass(frozen=True, slots=True)
class Span:
    """Positions low..high along one axis."""

    low: Poly
    high: Poly

    @staticmethod
    def of(axis: Axis) -> Span:
        return Span(axis.low, axis.high)

    @staticmethod
    def at(position: Poly) -> Span:
        return Span(position, position)

    @property
    def point(self) -> bool:
        return self.low == self.high

    def holds(self, inner: Span, facts: Facts | None = None) -> bool:
        """Whether the other provably lies inside."""
        return all(map((Facts() if facts is None else facts).proves, self.room(inner)))

    def room(self, inner: Span) -> tuple[Poly, Poly]:
        """How far the other is above the lowest and below the highest position: inside where neither is negative."""
        return inner.low - self.low, self.high - inner.high

    def misses(self, other: Span, facts: Facts | None = None) -> bool:
        """Whether they provably have no position in common."""
        known = Facts() if facts is None else facts
        return known.proves(other.low - self.high - 1) or known.proves(self.low - other.high - 1)


def spans_of(tensor: Tensor) -> tuple[Span, ...]:
    """The positions of a tensor, along each of its axes."""
    return _spans(tensor.origin, tensor.shape)


@lru_cache(maxsize=4096)
def _spans(origin: tuple[Poly, ...], shape: tuple[Poly, ...]) -> tuple[Span, ...]:
    return tuple(map(Span, origin, highest(origin, shape)))


def own_axes(tensor: Tensor) -> tuple[Axis, ...]:
    """All positions of a tensor, each index called as its axis is, if that has a name of its own, else i1, i2, …"""
    names: list[str] = []
    for place in range(tensor.rank):
        wanted = tensor.axes[place] if place < len(tensor.axes) else ""
        names.append(wanted if wanted and wanted not in names else f"i{place + 1}")
    return tuple(tensor.axis(place, Index(name)) for place, name in enumerate(names))


def everywhere(tensor: Tensor, value: Term) -> Equation:
    """The equation that gives every element of a tensor the value, which has no index."""
    axes = own_axes(tensor)
    return Equation(tensor.name, tuple(Poly.of(axis.index) for axis in axes), axes, value)


def named_by(subscript: Subscript, table: Mapping[str, Tensor]) -> Span | None:
    """The positions that a subscript may name: of a gather what is declared of its values, None where nothing is."""
    if isinstance(subscript, Poly):
        return Span.at(subscript)
    tensor = table.get(subscript.tensor)
    return None if tensor is None or tensor.high is None else Span(ZERO, tensor.high - 1)


# --- guards and ranges -------------------------------------------------------------------------------------
def tightened(axis: Axis, poly: Poly, facts: Facts) -> Axis | None:
    """The axis where `poly >= 0`, a bound of its index alone; the axis itself where that holds all along it; None where
    the bound is none, or which of two is the tighter is not known."""
    slope = slope_of(poly, axis.index)
    if not slope or len(poly.indices()) != 1:
        return None
    bound = Poly.of(axis.index) - poly * slope
    low, high = (bound, axis.high) if slope == 1 else (axis.low, bound)
    if facts.proves(axis.low - low) and facts.proves(high - axis.high):
        return axis
    if facts.proves(low - axis.low) and facts.proves(axis.high - high):
        return Axis(axis.index, low, high)
    return None


def kept_inside(position: Poly, axis: Axis, facts: Facts) -> tuple[Term, ...]:
    """That the position is one of the axis, as far as the facts do not say so."""
    return tuple(at_least_zero(gap) for gap in Span.of(axis).room(Span.at(position)) if not facts.proves(gap))


def margins(subscripts: Sequence[Subscript], tensor: Tensor) -> Iterator[Poly]:
    """The room of each polynomial subscript in its tensor. What is looked up is left out."""
    for subscript, whole in zip(subscripts, spans_of(tensor), strict=True):
        if isinstance(subscript, Poly):
            yield from whole.room(Span.at(subscript))


def says_inside(condition: Term, inside: Container[Poly]) -> bool:
    """Whether the condition only says that one of these margins is not negative."""
    integers = integer_condition(condition)
    return integers is not None and integers[0] is Relation.GE and integers[1] in inside


# --- left sides ----------------------------------------------------------------------------------------------
def plain_target(equation: Equation, tensor: Tensor) -> tuple[Index, ...] | None:
    """The subscripts of `T[i, j, ...] = rhs` if they are plain, distinct and run over all of T."""
    return plain_subscripts(equation.subscripts, equation.axes, tensor)


def plain_subscripts(subscripts: Sequence[Subscript], axes: Sequence[Axis], tensor: Tensor) -> tuple[Index, ...] | None:
    """The subscripts of T[i, j, ...], over these axes, if they are plain, distinct and run over all of T."""
    ranges = ranges_of(axes)
    indices: list[Index] = []
    for subscript, whole in zip(subscripts, spans_of(tensor), strict=True):
        index = subscript.index if isinstance(subscript, Poly) else None
        axis = ranges.pop(index, None) if index is not None else None
        if axis is None or not (_same(axis.low, whole.low) and _same(axis.high, whole.high)):
            return None
        indices.append(axis.index)
    return None if ranges else tuple(indices)


def is_whole(read: Access, axes: Sequence[Axis], tensors: Mapping[str, Tensor]) -> bool:
    """Whether the read is of every element of its tensor, over these axes."""
    return plain_subscripts(read.subscripts, axes, tensors[read.tensor]) is not None


def whole_definition(program: Program, name: str) -> Equation | None:
    """The one equation that defines all of a tensor; None where no one does."""
    equations = program.definitions.get(name, ())
    if len(equations) != 1 or equations[0].op is not Op.ASSIGN:
        return None
    return None if plain_target(equations[0], program.table[name]) is None else equations[0]


def _same(left: Poly, right: Poly) -> bool:
    """Whether they are provably equal; polynomials without floors are equal as they stand, or not for all sizes."""
    if left == right:
        return True
    difference = left - right
    return bool(difference.atoms()) and Facts().proves_zero(difference)


__all__ = [
    "Span",
    "everywhere",
    "is_whole",
    "kept_inside",
    "margins",
    "named_by",
    "own_axes",
    "plain_subscripts",
    "plain_target",
    "says_inside",
    "spans_of",
    "tightened",
    "whole_definition",
]

"""A log-sum-exp's row of scores, and where a score stands in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from symbackprop.stable.match import position
from symbackprop.terms.build import fresh_indices, substitute
from symbackprop.terms.poly import ZERO, Atom, Poly
from symbackprop.terms.program import Equation, Program
from symbackprop.terms.prove import Facts
from symbackprop.terms.term import Access, Axis, Subscript, Term


@dataclass(frozen=True, slots=True)
class Parts:
    """What a log-sum-exp is computed from: the names of m, s and, if weights are read from it, of e. `masked`: whether
    nothing may be left of a row, so that s = 0; `row`: the one equation of the log-sum-exp with its scores over their
    axes, where one defines all of it."""

    largest: str
    total: str
    masked: bool
    row: tuple[Equation, tuple[Axis, ...], Term] | None = None
    raised: str | None = None


def place_in_row(parts: Parts, score: Term, normal: Access) -> tuple[Subscript, ...] | None:
    """Where along the row's axes the score stands."""
    if parts.row is None or not all(isinstance(subscript, Poly) for subscript in normal.subscripts):
        return None
    equation, axes, scores = parts.row
    fresh = fresh_indices(len(axes), (*score.free, *normal.free, *scores.free))
    along = [replace(axis, index=index) for axis, index in zip(axes, fresh, strict=True)]
    moved = {axis.index: Poly.of(index) for axis, index in zip(axes, fresh, strict=True)}
    for own, here in zip(equation.subscripts, normal.subscripts, strict=True):
        assert isinstance(own, Poly)
        if own.index is not None and isinstance(here, Poly):
            moved[own.index] = here
    return position(along, substitute(scores, moved), score)


def element_of_row(
    parts: Parts, score: Term, normal: Access, around: Sequence[Axis], program: Program
) -> tuple[Subscript, ...] | None:
    """Where along the row's axes the score stands, if that is inside them for all positions of the axes around: a row
    need not be all of its tensor."""
    place = place_in_row(parts, score, normal)
    if place is None or parts.row is None:
        return None
    equation, axes, _ = parts.row
    own: dict[Atom, Poly] = {
        there.index: here
        for there, here in zip(equation.subscripts, normal.subscripts, strict=True)
        if isinstance(there, Poly) and there.index is not None and isinstance(here, Poly)
    }
    facts = Facts.of(around, [fact.condition for fact in program.assumptions if not fact.axes])
    for axis, here in zip(axes, place, strict=True):
        least, most = _bounds(here, program)
        low, high = axis.low.substitute(own), axis.high.substitute(own)
        if most is None or not (facts.proves(least - low) and facts.proves(high - most)):
            return None
    return place


def _bounds(subscript: Subscript, program: Program) -> tuple[Poly, Poly | None]:
    """The least and the largest position that a subscript may be, the second if that is known."""
    if isinstance(subscript, Poly):
        return subscript, subscript
    tensor = program.table.get(subscript.tensor)
    return ZERO, None if tensor is None or tensor.high is None else tensor.high - 1


__all__ = ["Parts", "element_of_row", "place_in_row"]

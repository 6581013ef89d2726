"""A log-sum-exp's row of scores, and where a score stands in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from symbackprop.stable.matching import position
from symbackprop.terms.binders import renamed
from symbackprop.terms.build import UNIT, access, apply, fresh_indices, substitute
from symbackprop.terms.domains import Span, named_by
from symbackprop.terms.match import placed
from symbackprop.terms.poly import Atom, Index, Poly
from symbackprop.terms.program import Equation, Program
from symbackprop.terms.prove import Facts
from symbackprop.terms.term import Access, Axis, Function, Subscript, Term


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

    def largest_at(self, position: Sequence[Subscript]) -> Access:
        """m of the log-sum-exp at the position."""
        return access(self.largest, position)

    def total_at(self, position: Sequence[Subscript]) -> Term:
        """s of it, at least 1 where nothing may be left of the row."""
        total = access(self.total, position)
        return apply(Function.MAX, UNIT, total) if self.masked else total


def place_in_row(parts: Parts, score: Term, normal: Access) -> tuple[Subscript, ...] | None:
    """Where along the row's axes the score stands."""
    own = _own_indices(parts, normal)
    if parts.row is None or own is None:
        return None
    _, axes, scores = parts.row
    fresh = fresh_indices(len(axes), (*score.free, *normal.free, *scores.free))
    along, moved = renamed(axes, fresh)
    return position(along, substitute(scores, {**moved, **own}), score)


def _own_indices(parts: Parts, normal: Access) -> dict[Index, Poly] | None:
    """Where the indices of the log-sum-exp's equation are for the element; None where that is looked up."""
    if parts.row is None:
        return None
    plain = [own.index if isinstance(own, Poly) else None for own in parts.row[0].subscripts]
    return placed(plain, normal.subscripts)


def element_of_row(
    parts: Parts, score: Term, normal: Access, around: Sequence[Axis], program: Program
) -> tuple[Subscript, ...] | None:
    """Where along the row's axes the score stands, if that is inside them for all positions of the axes around: a row
    need not be all of its tensor."""
    place, indices = place_in_row(parts, score, normal), _own_indices(parts, normal)
    if place is None or parts.row is None or indices is None:
        return None
    axes, own = parts.row[1], dict[Atom, Poly](indices.items())
    facts = Facts.of(around, [fact.condition for fact in program.assumptions if not fact.axes])
    for axis, here in zip(axes, place, strict=True):
        named = named_by(here, program.table)
        row = Span(axis.low.substitute(own), axis.high.substitute(own))
        if named is None or not row.holds(named, facts):
            return None
    return place


__all__ = ["Parts", "element_of_row", "place_in_row"]

"""When one read makes an element live, told by the tensor's own indices; and several reads together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from symbackprop.derive.reverse import Contribution
from symbackprop.derive.tidy import solved_form
from symbackprop.terms.build import (
    FALSE,
    NIL,
    TRUE,
    compare,
    integer_condition,
    poly_value,
    split_guards,
    substitute,
)
from symbackprop.terms.conditions import either
from symbackprop.terms.domains import Span, kept_inside, named_by, says_inside, spans_of
from symbackprop.terms.poly import Index, Poly
from symbackprop.terms.program import Tensor
from symbackprop.terms.prove import Facts
from symbackprop.terms.radix import digits_of, reach_of
from symbackprop.terms.readings import nonempty
from symbackprop.terms.rewrite import ranges_of
from symbackprop.terms.term import Axis, Relation, Term, accesses

_MOST = 6  # cases of a disjunction; more are counted


@dataclass(frozen=True, slots=True)
class Case:
    """The positions in the `box` at which the `guards` hold. Not `possible`: none."""

    box: tuple[Span, ...]
    guards: tuple[Term, ...]
    possible: bool = True


def case_of(c: Contribution, tensor: Tensor, spots: Sequence[Index]) -> Case | None:
    """The elements that a contribution goes to, in their own indices `spots`; None where these do not tell.

    Its value is a guarded 1. An index that no subscript has is one that some position must be found for.
    """
    c = solved_form(c, tensor)
    if c.value is NIL:
        return Case((), (), possible=False)
    guards = list(split_guards(c.value)[0])
    ranges = ranges_of(c.axes)
    box: list[Span] = []
    own: dict[Index, Poly] = {}
    used: set[Index] = set()
    for place, (subscript, spot) in enumerate(zip(c.subscripts, spots, strict=True)):
        if not isinstance(subscript, Poly) or used & set(subscript.indices()):
            return None
        used |= set(subscript.indices())
        if subscript.index is not None:
            own[subscript.index] = Poly.of(spot)
            box.append(Span.of(ranges[subscript.index]))
            continue
        span = _contiguous(subscript, ranges)
        if span is None:
            return None
        box.append(span)
        inside = spans_of(tensor)[place].room(Span.at(subscript))
        guards = [guard for guard in guards if not says_inside(guard, inside)]
    for axis in c.axes:
        if axis.index not in used:
            found = _somewhere(axis, guards, [other for other in c.axes if other is not axis])
            if found is None:
                return None
            guards = found
    if any(not guard.free <= own.keys() for guard in guards):
        return None
    return Case(tuple(box), tuple(substitute(guard, own) for guard in guards))


def _contiguous(subscript: Poly, ranges: Mapping[Index, Axis]) -> Span | None:
    """The positions that an affine subscript runs through, if it leaves none out."""
    facts, indices = Facts.of(), subscript.indices()
    if subscript != sum((subscript.coefficient(i) * Poly.of(i) for i in indices), subscript.without_indices()):
        return None  # an index stands inside a floor
    low, digits = digits_of(subscript, [ranges[index] for index in indices], facts)
    reach = reach_of(digits, lambda weight, reach, _: facts.proves(weight - 1) and facts.proves(reach + 1 - weight))
    if reach is None or not all(facts.proves(count - 1) for _, count in digits):
        return None
    return Span(low, low + reach)


def _somewhere(axis: Axis, guards: Sequence[Term], others: Sequence[Axis]) -> list[Term] | None:
    """The guards that are left once a position along the axis is chosen for which the others hold."""
    mine = [guard for guard in guards if axis.index in guard.free]
    rest = [guard for guard in guards if guard not in mine]
    facts = Facts.of(others)
    rest += nonempty([axis], facts)
    if not mine:
        return rest
    for end in (axis.low, axis.high):
        if all(_proved(substitute(guard, {axis.index: end}), facts) for guard in mine):
            return rest
    return None


def _proved(condition: Term, facts: Facts) -> bool:
    integer = integer_condition(condition)
    return condition is TRUE or (integer is not None and integer[0] is Relation.GE and facts.proves(integer[1]))


# --- several reads ---------------------------------------------------------------------------------------
def merged(cases: Sequence[Case]) -> list[Case]:
    """Cases of one box as one, where one of their conditions always holds: a branch, and the other branch."""
    groups: dict[tuple[Span, ...], list[Case]] = {}
    for case in cases:
        groups.setdefault(case.box, []).append(case)
    out: list[Case] = []
    for box, group in groups.items():
        shared, rest = either([case.guards for case in group])
        out += [Case(box, shared)] if rest is TRUE else group
    return out


def covers(cases: Sequence[Case], tensor: Tensor) -> bool:
    """Whether cases without guards hold every position together; they may differ along one axis."""
    facts = Facts()
    boxes = [case.box for case in cases if not case.guards]
    whole = spans_of(tensor)
    if not whole:
        return bool(boxes)
    for place, needed in enumerate(whole):
        others = [other for other in range(len(whole)) if other != place]
        spans = [box[place] for box in boxes if all(box[other].holds(whole[other]) for other in others)]
        reached = needed.low
        while not facts.proves(reached - needed.high - 1):
            following = next((span for span in spans if facts.proves(reached - span.low)), None)
            if following is None:
                break
            spans.remove(following)
            reached = following.high + 1
        else:
            return True
    return False


def united(
    cases: Sequence[Case], tensor: Tensor, spots: Sequence[Index], table: Mapping[str, Tensor]
) -> tuple[Term, ...] | None:
    """Guards that hold exactly at the positions of the cases, which are not all; None where they must be counted."""
    facts = Facts.of([tensor.axis(place, spot) for place, spot in enumerate(spots)])
    rows = [_conditions(case, tensor, spots, facts) for case in cases]
    rows = [row for row in rows if not any(set(other) < set(row) for other in rows)]
    rows = list({frozenset(row): row for row in rows}.values())
    if not rows:
        return (FALSE,)
    if len(rows) == 1:
        return rows[0]
    if len(rows) > _MOST or not all(_in_range(guard, facts, table) for row in rows for guard in row):
        return None
    shared, rest = either(rows)
    return (*shared, *(() if rest is TRUE else (rest,)))


def _conditions(case: Case, tensor: Tensor, spots: Sequence[Index], facts: Facts) -> tuple[Term, ...]:
    """The case as guards: on the indices first, which the others may need."""
    limits: list[Term] = []
    for place, (span, spot) in enumerate(zip(case.box, spots, strict=True)):
        here = Poly.of(spot)
        if span.low == span.high and tensor.origin[place] != tensor.highest[place]:
            limits.append(compare(Relation.EQ, poly_value(here), poly_value(span.low)))
            continue
        limits += kept_inside(here, Axis(spot, span.low, span.high), facts)
    return tuple(dict.fromkeys([*limits, *(guard for guard in case.guards if not _proved(guard, facts))]))


def _in_range(guard: Term, facts: Facts, table: Mapping[str, Tensor]) -> bool:
    """Whether what the guard reads is there whatever the other guards say."""
    return all(
        (named := named_by(subscript, table)) is not None and whole.holds(named, facts)
        for read in accesses(guard)
        for subscript, whole in zip(read.subscripts, spans_of(table[read.tensor]), strict=True)
    )


__all__ = ["Case", "case_of", "covers", "merged", "united"]

"""The places of a term: each term inside it, and the whole with another in its stead."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from symbackprop.terms.build import map_children, open_reduce, reduce
from symbackprop.terms.rewrite import Ranges, ranges_of
from symbackprop.terms.term import Axis, Reduce, Term
from symbackprop.terms.walks import values_of

Opened = Callable[[Reduce, Ranges], tuple[list[Axis], Term]]


@dataclass(frozen=True, slots=True)
class Place:
    """`ranges`: the axes in sight; `whole`: what the term that it is a place of becomes with another term here."""

    term: Term
    ranges: Ranges
    whole: Callable[[Term], Term]


def open_at(term: Reduce, ranges: Ranges) -> tuple[list[Axis], Term]:
    """(axes, body) under names that nothing in sight has."""
    return open_reduce(term, taken=ranges)


def places(
    term: Term, ranges: Ranges, opened: Opened = open_at, into: Callable[[Term], Sequence[Term]] = values_of
) -> Iterator[Place]:
    """The term's places, outermost first: itself, and those of the terms `into` it. Reductions are `opened`."""
    yield Place(term, ranges, lambda new: new)
    if isinstance(term, Reduce):
        axes, body = opened(term, ranges)
        inside = {**ranges, **ranges_of(axes)}
        for place in places(body, inside, opened, into):
            yield Place(place.term, place.ranges, _under(term, axes, place))
        return
    for child in dict.fromkeys(into(term)):
        for place in places(child, ranges, opened, into):
            yield Place(place.term, place.ranges, _within(term, child, place))


def _under(term: Reduce, axes: Sequence[Axis], place: Place) -> Callable[[Term], Term]:
    return lambda new: reduce(term.reduction, axes, place.whole(new))


def _within(term: Term, child: Term, place: Place) -> Callable[[Term], Term]:
    def whole(new: Term) -> Term:
        changed = place.whole(new)
        return map_children(term, lambda inner: changed if inner is child else inner)

    return whole

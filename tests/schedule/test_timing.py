"""Times against all pairs of instances: nothing is read before it is written; what the loop does not order is left."""

from __future__ import annotations

import pytest

from symbackprop.schedule.timing import Timing, timings
from symbackprop.terms.build import access, compare, poly_value, where
from symbackprop.terms.build import number as number_term
from symbackprop.terms.poly import Index
from symbackprop.terms.program import Equation
from symbackprop.terms.term import Relation
from tests.schedule.recurrences import (
    RECURRENCES,
    SIZES,
    Position,
    along,
    at_least,
    behind,
    dependences,
    number,
    pairs,
    t,
)
from tests.schedule.test_dependence import said


def found(equations: list[Equation]) -> list[Timing]:
    members = range(len(equations))
    free = {member: [axis.index for axis in equations[member].axes] for member in members}
    return list(timings(members, equations, free, dependences(equations)))


def time(timing: Timing, member: int, sizes: dict[str, int], at: Position) -> int:
    own = timing.times[member]
    return number(own.offset, sizes, {}) + (0 if own.axis is None else own.sign * at[own.axis])


@pytest.mark.parametrize("name", RECURRENCES)
def test_all_pairs(name: str) -> None:
    equations = RECURRENCES[name]
    loops = found(equations)
    assert loops
    for timing in loops:
        assert set(timing.times) == set(range(len(equations)))
        for sizes in SIZES:
            for writer, at, reader, there in pairs(equations, sizes):
                distance = time(timing, reader, sizes, there) - time(timing, writer, sizes, at)
                assert distance >= 0
                left = [d for d in timing.left if (d.writer, d.reader) == (writer, reader)]
                if not distance:
                    assert any(said(each, sizes, at, there) for each in left)


@pytest.mark.parametrize("name", RECURRENCES)
def test_the_first_leaves_no_cycle(name: str) -> None:
    """But for the recurrence along two axes, of which one is left for a loop inside."""
    (first, *_) = found(RECURRENCES[name])
    inside = [each for each in first.left if each.writer == each.reader]
    assert bool(inside) == (name == "two axes")


def test_directions() -> None:
    assert {timing.times[0].sign for timing in found(RECURRENCES["forwards"])} == {1}
    assert {timing.times[0].sign for timing in found(RECURRENCES["backwards"])} == {-1}
    (first, *_) = found(RECURRENCES["turned"])
    assert first.times[0].sign == -first.times[1].sign
    (first, *_) = found(RECURRENCES["once"])
    assert (first.times[0].axis, first.times[1].axis) == (Index("t"), None)


def test_no_loop() -> None:
    """Each of two neighbours needs the other, or an element itself."""
    for rhs in (behind(at_least(t, 0), "h", t), behind(at_least(t, 0), "h", 3 - t)):
        assert found([along("h", rhs)]) == []


def test_what_is_looked_up() -> None:
    """An element before is a loop; one before or the same is none."""
    parent = access("parent", [t])
    for relation, loops in ((Relation.GT, 1), (Relation.GE, 0)):
        guard = compare(relation, poly_value(t), parent)
        assert len(found([along("h", where(guard, access("h", [parent]), number_term(0)))])) == loops

"""A loop's turns, one by one: each instance of each equation runs in one of them, and after what it reads."""

from __future__ import annotations

import pytest

from symbackprop.errors import CyclicEquations
from symbackprop.schedule.loop_shape import LoopShape
from symbackprop.schedule.simulate import holds
from symbackprop.schedule.timing import Time, Timing
from symbackprop.terms.build import TRUE
from symbackprop.terms.poly import ZERO, Dim, Index, Poly
from symbackprop.terms.prove import Facts
from tests.schedule.recurrences import RECURRENCES, SIZES, S, T, axis, equation, number, pairs, positions, t
from tests.schedule.test_timing import found


def turns(shape: LoopShape, sizes: dict[str, int]) -> list[int]:
    low, high = number(shape.low, sizes, {}), number(shape.high, sizes, {})
    return list(reversed(range(low, high + 1)) if shape.descending else range(low, high + 1))


@pytest.mark.parametrize("name", RECURRENCES)
@pytest.mark.parametrize("order", [1, -1])
def test_each_instance_in_one_turn(name: str, order: int) -> None:
    equations = RECURRENCES[name]
    members = list(range(len(equations)))[::order]
    for timing in found(equations):
        shape = LoopShape(members, equations, timing, Facts(), {"t", "i", "j"})
        assert shape.variable not in {Index("t"), Index("i"), Index("j")}
        for sizes in SIZES:
            when: dict[tuple[int, int | None], list[int]] = {}
            for place, turn in enumerate(turns(shape, sizes)):
                here = {shape.variable: turn}
                for member in members:
                    pins, condition = shape.place(member)
                    if holds(condition, {**here, **{Dim(name): size for name, size in sizes.items()}}, {}):
                        value = number(pins[0][1], sizes, here) if pins else None
                        when.setdefault((member, value), []).append(place)
            for member in members:
                own = timing.times[member].axis
                ranged = [each for each in equations[member].axes if each.index == own]
                values = {at[own] if own is not None else None for at in positions(ranged, sizes)}
                assert {value for which, value in when if which == member} == values
            assert all(len(places) == 1 for places in when.values())
            for writer, at, reader, there in pairs(equations, sizes):
                first, second = (
                    when[which, None if (own := timing.times[which].axis) is None else position[own]]
                    for which, position in ((writer, at), (reader, there))
                )
                assert first <= second


@pytest.mark.parametrize("name", ["forwards", "backwards", "in turn", "from 1", "turned"])
def test_no_guards_where_all_take_as_many_turns(name: str) -> None:
    equations = RECURRENCES[name]
    members = range(len(equations))
    shape = LoopShape(members, equations, found(equations)[0], Facts(), set())
    assert [shape.place(member)[1] for member in members] == [TRUE] * len(equations)


def test_ends_that_cannot_be_compared() -> None:
    """Of T and of S turns: a bound beyond both where there is one, else a word of what to assume."""
    (first,) = RECURRENCES["forwards"]
    timing = Timing(dict.fromkeys(range(2), Time(Index("t"), 1, ZERO)), ())

    def both(end: Poly, known: Facts) -> LoopShape:
        return LoopShape([0, 1], [first, equation("g", [t], [axis(t, 0, end)], first.rhs)], timing, known, set())

    for sizes in SIZES:
        assert number(both(S - 1, Facts()).high, sizes, {}) >= max(sizes.values()) - 1
    assert both(S - 1, Facts((S - T,))).high == S - 1
    assert both(S - 1, Facts((T - S,))).high == T - 1
    with pytest.raises(CyclicEquations, match=r"net\.assume"):
        both(S // 2, Facts())

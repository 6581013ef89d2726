"""The simulation tells an order that works from one that does not, and conditions as integers have them."""

from __future__ import annotations

from itertools import product

import pytest

from symbackprop.schedule import Compute, Loop
from symbackprop.schedule.simulate import Simulation, element, holds, reads
from symbackprop.terms.build import access, add, compare, logic_and, logic_not, logic_or, number, poly_value, where
from symbackprop.terms.check_program import MalformedProgram
from symbackprop.terms.poly import ZERO, Dim, Index, Poly
from symbackprop.terms.program import Equation
from symbackprop.terms.term import Axis, Relation

T, t, s = Poly.of(Dim("T")), Index("t"), Index("s")
TURN = Poly.of(t)
FIRST = compare(Relation.GE, poly_value(TURN), number(1))
RECURS = Equation("h", (TURN,), (Axis(t, ZERO, T - 1),), where(FIRST, access("h", [TURN - 1]), access("x", [TURN])))
STEP = Compute(RECURS, ((t, Poly.of(s)),))


def run(*steps: Compute | Loop) -> None:
    Simulation([RECURS], {"T": 5}).run(steps)


def test_orders() -> None:
    run(Loop(s, ZERO, T - 1, False, (STEP,)))
    for wrong in (Loop(s, ZERO, T - 1, True, (STEP,)), Compute(RECURS)):
        with pytest.raises(MalformedProgram, match="reads of what is computed"):
            run(wrong)
    with pytest.raises(MalformedProgram, match="computed once"):
        run(Loop(s, ZERO, T - 1, False, (STEP, STEP)))
    with pytest.raises(MalformedProgram):
        run(Loop(s, ZERO, T - 2, False, (STEP,)))


def test_conditions() -> None:
    label, data = access("label", [TURN]), access("x", [TURN])
    above = compare(Relation.GT, label, poly_value(TURN))
    conditions = {
        above: lambda turn, value: value > turn,
        logic_and(above, FIRST): lambda turn, value: value > turn >= 1,
        logic_or(logic_not(above), FIRST): lambda turn, value: value <= turn or turn >= 1,
        compare(Relation.EQ, add(label, number(2)), poly_value(2 * TURN)): lambda turn, value: value + 2 == 2 * turn,
    }
    for turn, value in product(range(4), range(4)):
        for condition, meaning in conditions.items():
            gathers = {"label": {(turn,): value}}
            assert holds(condition, {t: turn}, gathers) == meaning(turn, value)
    unknown = compare(Relation.GT, data, number(0))
    assert holds(unknown, {t: 2}, {}) is None
    assert holds(logic_and(unknown, FIRST), {t: 0}, {}) is False
    assert holds(logic_or(unknown, FIRST), {t: 1}, {}) is True


def test_elements() -> None:
    gathers = {"label": {(3,): 7}}
    gathered = access("h", [access("label", [TURN]), TURN + 1])
    assert element(gathered, {t: 3}, gathers) == ("h", (7, 4))
    assert list(reads(gathered, {t: 3}, gathers, frozenset({"h", "label"}))) == [("h", (7, 4)), ("label", (3,))]

"""Steps: the axes that are left, the order of equations, and the same steps of other equations."""

from __future__ import annotations

from symbackprop.schedule.steps import Compute, Loop, equations_of, with_equations
from symbackprop.terms.poly import ZERO, Index
from symbackprop.terms.term import Axis
from tests.schedule.recurrences import RECURRENCES, S, T, i

(GRID,), (A, B), (H,) = (RECURRENCES[name] for name in ("two axes", "in turn", "forwards"))
TURN = Index("s")


def test_axes() -> None:
    assert Compute(GRID).axes == GRID.axes
    assert Compute(GRID, ((Index("i"), i + 1),)).axes == GRID.axes[1:]
    assert Compute(GRID, ((Index("j"), i), (Index("i"), i))).axes == ()
    assert Loop(TURN, ZERO, T - 1, True, ()).axis == Axis(TURN, ZERO, T - 1)


def test_equations_in_order() -> None:
    inner = Loop(TURN, ZERO, S - 1, False, (Compute(B), Compute(H)))
    steps = (Compute(A), Loop(TURN, ZERO, T - 1, True, (Compute(H), inner, Compute(A))), Compute(GRID))
    assert list(equations_of(steps)) == [A, H, B, H, A, GRID]
    other = with_equations(steps, lambda each: B if each is H else each)
    assert list(equations_of(other)) == [A, B, B, B, A, GRID]
    assert with_equations(steps, lambda each: each) == steps
    assert other[1].axis == steps[1].axis  # type: ignore[union-attr]

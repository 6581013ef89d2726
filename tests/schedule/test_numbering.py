"""Numbers are places in the order; a copy of an equation has its number, another equation none."""

from __future__ import annotations

from dataclasses import replace

from symbackprop.schedule.numbering import by_label, labelled
from symbackprop.terms.build import access
from symbackprop.terms.program import Equation, EquationNumber, Program, Way


def equation(name: str, number: int | None = None) -> Equation:
    return Equation(
        name, (), (), access("x", []), number=None if number is None else EquationNumber(Way.FORWARD, number)
    )


def test_labels_are_taken_over() -> None:
    like = Program("p", (), (), (equation("a", 1), equation("b", 2)))
    found = labelled(Program("q", (), (), (equation("b"), equation("c"), equation("a"))), like)
    assert [each.label for each in found.equations] == ["F2", "", "F1"]


def test_by_label() -> None:
    """What has no number stays in front of the equation that it precedes."""
    a, b, c = equation("a", 1), equation("b", 2), equation("c", 3)
    hoisted, last = equation("hoisted"), equation("last")
    assert by_label([c, hoisted, b, a, last]) == (a, hoisted, b, c, last)
    assert by_label([a, b, c]) == (a, b, c)
    assert by_label([replace(a, number=None)]) == (replace(a, number=None),)

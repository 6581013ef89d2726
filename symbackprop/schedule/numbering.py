"""The numbers of equations: F1, F2, … forward and B1, B2, … backward, in the order in which they are computed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from symbackprop.derive.differentiate import Derived
from symbackprop.schedule.scheduled import Scheduled
from symbackprop.terms.program import Equation, EquationNumber, Program, Way

__all__ = ["ScheduledDerivation", "by_label", "labelled", "numbered"]


@dataclass(frozen=True)
class ScheduledDerivation:
    """A derivation with the order of both its programs; its equations have their numbers."""

    derived: Derived
    forward: Scheduled
    backward: Scheduled


def numbered(derived: Derived) -> ScheduledDerivation:
    """The derivation in order, its equations with the labels that documents and the comments of generated code cite."""
    forward = Scheduled.of(derived.forward, derived.forward.computed).numbered(Way.FORWARD)
    backward = Scheduled.of(derived.backward).numbered(Way.BACKWARD)
    return ScheduledDerivation(replace(derived, forward=forward.program, backward=backward.program), forward, backward)


def labelled(program: Program, like: Program) -> Program:
    """The program with the numbers that the same equations have in `like`; an equation not among them has none."""
    numbers: Mapping[Equation, EquationNumber | None] = {equation: equation.number for equation in like.equations}
    return program.with_(equations=tuple(replace(e, number=numbers.get(e)) for e in program.equations))


def by_label(equations: Sequence[Equation]) -> tuple[Equation, ...]:
    """The equations in the order of their numbers, which is that of computing them; one without a number, such as a
    part hoisted out of a loop, stays in front of the equation that it precedes."""
    keys: list[int] = []
    following = len(equations) + 1
    for equation in reversed(equations):
        following = equation.number.place if equation.number is not None else following
        keys.append(following)
    places = sorted(range(len(equations)), key=keys[::-1].__getitem__)
    return tuple(equations[place] for place in places)

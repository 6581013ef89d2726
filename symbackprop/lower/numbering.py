"""The numbers of equations: F1, F2, … forward and B1, B2, … backward, in the order in which they are computed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from symbackprop.derive.differentiate import Derived
from symbackprop.lower.schedule import Compute, Step, schedule
from symbackprop.terms.program import Equation, Program

__all__ = ["by_label", "in_order", "labelled", "numbered"]


def numbered(derived: Derived) -> Derived:
    """The same equations with their labels, which documents and the comments of generated code cite."""
    return replace(derived, forward=_number(derived.forward, "F"), backward=_number(derived.backward, "B"))


def labelled(program: Program, like: Program) -> Program:
    """The program with the labels that the same equations have in `like`; an equation not among them has none."""
    labels: Mapping[Equation, str] = {equation: equation.label for equation in like.equations}
    return program.with_(equations=tuple(replace(e, label=labels.get(e, "")) for e in program.equations))


def _number(program: Program, letter: str) -> Program:
    computed = program.computed
    labels = {e: f"{letter}{place}" for place, e in enumerate(in_order(schedule(program, computed)), 1)}
    return program.with_(equations=tuple(replace(e, label=labels.get(e, "")) for e in program.equations))


def by_label(equations: Sequence[Equation]) -> tuple[Equation, ...]:
    """The equations in the order of their numbers, which is that of computing them; one without a number, such as a
    part hoisted out of a loop, stays in front of the equation that it precedes."""
    keys: list[int] = []
    following = len(equations) + 1
    for equation in reversed(equations):
        following = int(equation.label[1:]) if equation.label else following
        keys.append(following)
    places = sorted(range(len(equations)), key=keys[::-1].__getitem__)
    return tuple(equations[place] for place in places)


def in_order(steps: tuple[Step, ...]) -> tuple[Equation, ...]:
    """The equations of a schedule, those of a loop in the order of its body."""
    out: dict[Equation, None] = {}
    for step in steps:
        for equation in (step.equation,) if isinstance(step, Compute) else in_order(step.body):
            out[equation] = None
    return tuple(out)

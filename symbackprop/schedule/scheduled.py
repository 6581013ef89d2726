"""A program with its order, computed once and carried from stage to stage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from symbackprop.schedule.order import schedule
from symbackprop.schedule.steps import Step, equations_of, with_equations
from symbackprop.terms.program import Equation, Program

__all__ = ["Scheduled"]


@dataclass(frozen=True)
class Scheduled:
    """A program and the steps that compute its equations, or those of them that are wanted."""

    program: Program
    steps: tuple[Step, ...]

    @staticmethod
    def of(program: Program, equations: Sequence[Equation] | None = None) -> Scheduled:
        """The program with the order of its equations, or of some. `CyclicEquations` where no order exists."""
        return Scheduled(program, schedule(program, equations))

    @cached_property
    def equations(self) -> tuple[Equation, ...]:
        """What the steps compute, in their order."""
        return tuple(equations_of(self.steps))

    def numbered(self, letter: str) -> Scheduled:
        """The same with labels: the letter and the place in the order, from 1; none for what no step computes."""
        labels = {equation: f"{letter}{place}" for place, equation in enumerate(dict.fromkeys(self.equations), 1)}

        def labelled(equation: Equation) -> Equation:
            return replace(equation, label=labels.get(equation, ""))

        equations = tuple(map(labelled, self.program.equations))
        return Scheduled(self.program.with_(equations=equations), with_equations(self.steps, labelled))

"""A program with its order, computed once and carried from stage to stage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from symbackprop.schedule.order import schedule
from symbackprop.schedule.steps import Step, equations_of, with_equations
from symbackprop.terms.program import Equation, EquationNumber, Program, Way

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

    def numbered(self, way: Way) -> Scheduled:
        """The same, the number of each equation being its place in the order: none for what no step computes."""
        numbers = {e: EquationNumber(way, place) for place, e in enumerate(dict.fromkeys(self.equations), 1)}

        def numbered(equation: Equation) -> Equation:
            return replace(equation, number=numbers.get(equation))

        equations = tuple(map(numbered, self.program.equations))
        return Scheduled(self.program.with_(equations=equations), with_equations(self.steps, numbered))

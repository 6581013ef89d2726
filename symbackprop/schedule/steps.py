"""What a schedule is made of.

Grammar::

    step    ::= Compute(equation, pins, only_when)           the equation, for all positions of its axes but the pinned
              | Loop(variable, low, high, descending, body)  the body for each value in turn, bounds inclusive
    pins    ::= (axis's index, poly of loop variables and sizes), ...
    only_when ::= an integer condition on loop variables and sizes
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Generic, TypeAlias, TypeVar

from symbackprop.terms.build import TRUE
from symbackprop.terms.poly import Index, Poly
from symbackprop.terms.program import Equation
from symbackprop.terms.term import Axis, Term


@dataclass(frozen=True, slots=True)
class Compute:
    """The equation for every position of the axes that are not pinned, and for one value of each that is.

    Outside loops there are no pins and `only_when` is true. Inside, `only_when` says when the pinned values lie in
    their axes' ranges (and which iteration it is, for an equation that has no axis along the loop).
    """

    equation: Equation
    pins: tuple[tuple[Index, Poly], ...] = ()
    only_when: Term = TRUE

    @property
    def axes(self) -> tuple[Axis, ...]:
        """The axes that are not pinned."""
        pinned = {index for index, _ in self.pins}
        return tuple(axis for axis in self.equation.axes if axis.index not in pinned)


S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class Loop(Generic[S]):
    """The body for variable = low, ..., high, or from high down to low. It may run no iteration (high < low). What
    the body is made of is the language's: steps here, of values and of arrays further on."""

    variable: Index
    low: Poly
    high: Poly
    descending: bool
    body: tuple[S, ...]

    @property
    def axis(self) -> Axis:
        return Axis(self.variable, self.low, self.high)


Step: TypeAlias = "Compute | Loop[Step]"


def equations_of(steps: Iterable[Step]) -> Iterator[Equation]:
    """The equations in the order of the steps, those of a loop in the order of its body."""
    for step in steps:
        if isinstance(step, Compute):
            yield step.equation
        else:
            yield from equations_of(step.body)


def with_equations(steps: Iterable[Step], change: Callable[[Equation], Equation]) -> tuple[Step, ...]:
    """The same steps of other equations."""
    return tuple(
        replace(step, equation=change(step.equation))
        if isinstance(step, Compute)
        else replace(step, body=with_equations(step.body, change))
        for step in steps
    )


__all__ = ["Compute", "Loop", "Step", "equations_of", "with_equations"]

"""Bodies inside bodies, and what is known inside each: for those who build steps, or a target's statements."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

from symbackprop.lower.values import If, Loop
from symbackprop.terms.poly import Index, Poly
from symbackprop.terms.prove import Facts
from symbackprop.terms.term import Axis, Term

S = TypeVar("S")


class Nesting(Generic[S]):
    """`facts`: what is known where the next step goes; `bodies`: those around it, the outermost first; `loops`: the
    ranges of the variables around it, and of those that were; `depth`: of how many loops it is inside."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.bodies: list[list[S]] = [[]]
        self.loops: dict[Index, Axis] = {}
        self.depth = 0

    def emit(self, step: S) -> None:
        self.bodies[-1].append(step)

    @contextmanager
    def body(self) -> Iterator[list[S]]:
        """Steps emitted inside go to the list, which the caller puts where it belongs."""
        steps: list[S] = []
        self.bodies.append(steps)
        try:
            yield steps
        finally:
            self.bodies.pop()

    @contextmanager
    def knowing(self, facts: Facts) -> Iterator[None]:
        outer, self.facts = self.facts, facts
        try:
            yield
        finally:
            self.facts = outer

    @contextmanager
    def assuming(self, condition: Term) -> Iterator[None]:
        """Facts inside hold where the condition does."""
        with self.knowing(self.facts.assume(condition)):
            yield

    @contextmanager
    def when(self, condition: Term) -> Iterator[None]:
        """Steps emitted inside run only where the condition holds."""
        with self.assuming(condition), self.body() as steps:
            yield
        chosen: Any = If(condition, tuple(steps))  # which every such language has, as it has loops
        self.emit(chosen)

    @contextmanager
    def loop(self, variable: Index, low: Poly, high: Poly, descending: bool = False) -> Iterator[None]:
        """Steps emitted inside run for each value of the variable."""
        axis = self.loops[variable] = Axis(variable, low, high)
        self.depth += 1
        try:
            with self.knowing(self.facts.with_axes([axis])), self.body() as steps:
                yield
        finally:
            self.depth -= 1
        run: Any = Loop(variable, low, high, descending, tuple(steps))
        self.emit(run)

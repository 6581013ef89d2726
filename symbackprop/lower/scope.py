"""What is known while a function is lowered, and the steps so far."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from symbackprop.lower.values import If, Loop, Step
from symbackprop.terms.poly import Index, Poly
from symbackprop.terms.program import Program
from symbackprop.terms.prove import Facts
from symbackprop.terms.term import Term
from symbackprop.terms.wild import Known


class Scope:
    """The state of one function's lowering.

    `known`: which tensors may hold infinities where they are defined, and those that the loop around has not finished,
    which may hold anything elsewhere. `quiet`: whether floating-point errors of the equation at hand mean nothing.
    """

    def __init__(self, program: Program, facts: Facts, known: Known) -> None:
        self.program, self.facts, self.known = program, facts, known
        self.table = program.table
        self.bodies: list[list[Step]] = [[]]
        self.quiet = False

    def emit(self, step: Step) -> None:
        self.bodies[-1].append(step)

    @contextmanager
    def body(self) -> Iterator[list[Step]]:
        """Steps emitted inside go to the list, which the caller puts where it belongs."""
        steps: list[Step] = []
        self.bodies.append(steps)
        try:
            yield steps
        finally:
            self.bodies.pop()

    @contextmanager
    def assuming(self, condition: Term) -> Iterator[None]:
        """Facts inside hold where the condition does."""
        outer = self.facts
        self.facts = outer.assume(condition)
        try:
            yield
        finally:
            self.facts = outer

    @contextmanager
    def when(self, condition: Term) -> Iterator[None]:
        """Steps emitted inside run only where the condition holds."""
        with self.assuming(condition), self.body() as steps:
            yield
        self.emit(If(condition, tuple(steps)))

    @contextmanager
    def loop(self, variable: Index, low: Poly, high: Poly, descending: bool = False) -> Iterator[None]:
        """Steps emitted inside run for each value of the variable."""
        outer, loop = self.facts, Loop(variable, low, high, descending, ())
        self.facts = outer.with_axes([loop.axis])
        try:
            with self.body() as steps:
                yield
        finally:
            self.facts = outer
        self.emit(Loop(variable, low, high, descending, tuple(steps)))

"""What is known while a function is lowered, and the steps so far."""

from __future__ import annotations

from collections.abc import Iterable

from symbackprop.lower.nesting import Nesting
from symbackprop.lower.values import Step
from symbackprop.terms.program import DType, Op, Program
from symbackprop.terms.size_facts import size_facts
from symbackprop.terms.wild import Known


class Context(Nesting[Step]):
    """The state of one function's lowering.

    `known`: which tensors may hold infinities where they are defined, and those that the loop around has not finished,
    which may hold anything elsewhere. `begun`: the tensors that are given, or of which a step has defined something;
    `sums`: those that are added to, and 0 before.
    `quiet`: whether floating-point errors of the equation at hand mean nothing.
    """

    def __init__(self, program: Program, given: Iterable[str], known: Known) -> None:
        super().__init__(size_facts(program))
        self.table, self.known, self.begun = program.table, known, set(given)
        self.sums = frozenset(equation.target for equation in program.equations if equation.op is Op.ACCUMULATE)
        self.integers = frozenset(tensor.name for tensor in program.tensors if tensor.dtype is DType.INT)
        self.quiet = False

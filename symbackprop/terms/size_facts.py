"""What a program says of its sizes."""

from __future__ import annotations

from symbackprop.terms.conditions import integer_condition
from symbackprop.terms.program import Program, TensorKind
from symbackprop.terms.prove import Facts
from symbackprop.terms.term import Term

__all__ = ["size_conditions", "size_facts"]


def size_facts(program: Program) -> Facts:
    """What holds of the sizes: the relations declared between them, and that no given tensor is empty."""
    given = program.of_kind(TensorKind.INPUT, TensorKind.PARAMETER, TensorKind.RANDOM, TensorKind.BUFFER)
    facts = Facts().nonnegative_too(extent - 1 for tensor in given for extent in tensor.shape)
    for assumption in program.assumptions:
        if not assumption.axes:
            facts = facts.assume(assumption.condition)
    return facts


def size_conditions(program: Program) -> tuple[Term, ...]:
    """The relations declared between the sizes, as conditions."""
    declared = (assumption.condition for assumption in program.assumptions if not assumption.axes)
    return tuple(condition for condition in declared if integer_condition(condition) is not None)

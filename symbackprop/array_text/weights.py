"""Softmax without the guard that only a masked row needs.

    exp_normalized(u, m) = exp(u - m)

holds wherever m = max u is finite: where the row has an element, and is not masked everywhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from symbackprop.lower.value_walks import (
    rebuilt,
    rewritten,
)
from symbackprop.lower.values import (
    Define,
    Kind,
    Map,
    MapOp,
    Read,
    Step,
    Value,
    with_children,
)
from symbackprop.optimise.masked import may_be_masked
from symbackprop.terms.program import Equation, Program
from symbackprop.terms.prove import Facts
from symbackprop.terms.term import Reduce, Reduction
from symbackprop.terms.wild import Known, known_of


def without_guards(body: Iterable[Step], programs: Iterable[Program], facts: Facts) -> tuple[Step, ...]:
    """The steps of these programs, with the exponentials of rows that cannot be masked as a person writes them."""
    programs = tuple(programs)
    known = known_of(*programs)
    finite = {
        name for program in programs for name, equations in program.definitions.items()
        if all(_is_finite(equation, program, known) for equation in equations)
    }  # fmt: skip

    def changed(value: Value, children: tuple[Value, ...]) -> Value:
        match with_children(value, children):
            case Map(MapOp.EXP_NORMALIZED, (u, Read(name) as m), kind, quiet) if name in finite:
                return Map(MapOp.EXP, (Map(MapOp.SUBTRACT, (u, m), Kind.FLOAT, quiet),), kind, quiet)
            case same:
                return same

    def step_of(step: Step, _: Facts) -> list[Step]:
        return [replace(step, value=rebuilt(step.value, changed)) if isinstance(step, Define) else step]

    return rewritten(body, step_of, facts)


def _is_finite(equation: Equation, program: Program, known: Known) -> bool:
    """Whether it is the largest of a row that has an element, and is not masked everywhere."""
    match equation.rhs:
        case Reduce(Reduction.MAX, axes, scores):
            return not known.wild.get(equation.target) and not may_be_masked(axes, scores, program, known)
        case _:
            return False


__all__ = ["without_guards"]

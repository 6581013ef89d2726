"""Softmax without the guards that only a masked row needs.

    exp_normalized(u, m) = exp(u - m)     max(1, s) = s     where s = Σ exp(u - m), m = max u

hold wherever m is finite and the row has an element. A row masked everywhere has m = -oo and s = 0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from symbackprop.lower.values import (
    Contract,
    Define,
    Fold,
    If,
    Kind,
    Loop,
    Map,
    MapOp,
    Read,
    Scalar,
    Step,
    Value,
    children_of,
    steps_in,
    with_children,
)
from symbackprop.terms.build import UNIT
from symbackprop.terms.poly import Index
from symbackprop.terms.prove import Facts
from symbackprop.terms.term import Reduction
from symbackprop.terms.wild import Known


def without_guards(body: tuple[Step, ...], known: Known, facts: Facts) -> tuple[Step, ...]:
    """The steps with the exponentials and sums of rows that cannot be masked as a person writes them."""
    defines = [step for step in steps_in(body) if isinstance(step, Define)]

    def always(holds: Callable[[Define], bool]) -> set[str]:
        """The tensors all of whose definitions are such."""
        return {step.tensor for step in defines if holds(step)} - {step.tensor for step in defines if not holds(step)}

    def in_full(step: Define, bound: Iterable[Index]) -> bool:
        extents = {axis.index: axis.extent for axis in step.axes}
        return all(facts.proves(extents[index] - 1) for index in bound)

    def is_finite(step: Define) -> bool:
        match step.value:
            case Fold(Reduction.MAX, _, bound):
                return in_full(step, bound) and not known.wild.get(step.tensor)
            case _:
                return False

    def is_exponential(value: Value) -> bool:
        match value:
            case Map(MapOp.EXP_NORMALIZED, (_, Read(name))):
                return name in finite
            case _:
                return False

    def is_sum(step: Define) -> bool:
        match step.value:
            case Contract((factor,), bound) if in_full(step, bound):
                return factor.tensor in weights if isinstance(factor, Read) else is_exponential(factor)
            case _:
                return False

    finite = always(is_finite)
    weights = always(lambda step: is_exponential(step.value))
    sums = always(is_sum)

    def rewritten(value: Value) -> Value:
        match value:
            case Map(MapOp.EXP_NORMALIZED, (u, m), kind, quiet) if is_exponential(value):
                return Map(MapOp.EXP, (Map(MapOp.SUBTRACT, (u, m), Kind.FLOAT, quiet),), kind, quiet)
            case Map(MapOp.MAXIMUM, (Read(name) as read, Scalar(one))) if one is UNIT and name in sums:
                return read
            case _:
                return value

    return _steps(body, rewritten)


def _steps(body: Iterable[Step], rewritten: Callable[[Value], Value]) -> tuple[Step, ...]:
    out: list[Step] = []
    for step in body:
        match step:
            case Define():
                out.append(replace(step, value=_everywhere(step.value, rewritten)))
            case Loop() | If():
                out.append(replace(step, body=_steps(step.body, rewritten)))
            case _:
                out.append(step)
    return tuple(out)


def _everywhere(top: Value, rewritten: Callable[[Value], Value]) -> Value:
    """The value with each part rewritten, the innermost first."""
    made: dict[Value, Value] = {}
    stack = [top]
    while stack:
        missing = [child for child in children_of(stack[-1]) if child not in made]
        if missing:
            stack += missing
            continue
        value = stack.pop()
        made[value] = rewritten(with_children(value, tuple(made[child] for child in children_of(value))))
    return made[top]


__all__ = ["without_guards"]

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
from symbackprop.terms.prove import Facts
from symbackprop.terms.wild import Known


def without_guards(body: tuple[Step, ...], known: Known, facts: Facts) -> tuple[Step, ...]:
    """The steps with the exponentials and sums of rows that cannot be masked as a person writes them."""
    defines = [step for step in steps_in(body) if isinstance(step, Define)]
    weights = {step.tensor for step in defines if _is_exponential(step.value, known)}
    weights -= {step.tensor for step in defines if not _is_exponential(step.value, known)}
    sums = {step.tensor for step in defines if _is_sum(step, weights, known, facts)}
    sums -= {step.tensor for step in defines if not _is_sum(step, weights, known, facts)}

    def rewritten(value: Value) -> Value:
        match value:
            case Map(MapOp.EXP_NORMALIZED, (u, m), kind, quiet) if _is_exponential(value, known):
                return Map(MapOp.EXP, (Map(MapOp.SUBTRACT, (u, m), Kind.FLOAT, quiet),), kind, quiet)
            case Map(MapOp.MAXIMUM, (Read(name) as read, Scalar(one))) if one is UNIT and name in sums:
                return read
            case _:
                return value

    return _steps(body, rewritten)


def _is_exponential(value: Value, known: Known) -> bool:
    """Whether it is exp_normalized(u, m) with an m that is finite."""
    match value:
        case Map(MapOp.EXP_NORMALIZED, (_, Read(name))):
            return not known.wild.get(name)
        case _:
            return False


def _is_sum(step: Define, weights: set[str], known: Known, facts: Facts) -> bool:
    """Whether it is the sum of such exponentials over a row that is not empty."""
    extents = {axis.index: axis.extent for axis in step.axes}
    match step.value:
        case Contract((factor,), bound) if all(facts.proves(extents[axis] - 1) for axis in bound):
            return factor.tensor in weights if isinstance(factor, Read) else _is_exponential(factor, known)
        case _:
            return False


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

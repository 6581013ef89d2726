"""Softmax without the guards that only a masked row needs.

    exp_normalized(u, m) = exp(u - m)     max(1, s) = s     where s = Σ exp(u - m), m = max u

hold wherever m is finite. A row masked everywhere has m = -oo and s = 0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from symbackprop.lower.values import (
    Choose,
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
    inside,
    steps_in,
)
from symbackprop.terms.build import UNIT
from symbackprop.terms.wild import Known


def without_guards(body: tuple[Step, ...], known: Known) -> tuple[Step, ...]:
    """The steps with the exponentials and sums of rows that cannot be masked as a person writes them."""
    defines = [step for step in steps_in(body) if isinstance(step, Define)]
    weights = {step.tensor for step in defines if _is_exponential(step.value, known)}
    sums = {step.tensor for step in defines if _is_sum(step.value, weights, known)}
    for step in defines:  # all of the definitions are such
        weights -= {step.tensor} if not _is_exponential(step.value, known) else set()
    for step in defines:
        sums -= {step.tensor} if not _is_sum(step.value, weights, known) else set()

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


def _is_sum(value: Value, weights: set[str], known: Known) -> bool:
    match value:
        case Contract((Read(name),)):
            return name in weights
        case Contract((factor,)):
            return _is_exponential(factor, known)
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
    for value in reversed(list(inside(top))):
        stack = [value]
        while stack:
            part = stack[-1]
            missing = [child for child in children_of(part) if child not in made]
            if missing:
                stack += missing
                continue
            made[stack.pop()] = rewritten(_with_children(part, made))
    return made[top]


def _with_children(value: Value, made: dict[Value, Value]) -> Value:
    match value:
        case Map(op, args, kind, quiet):
            return Map(op, tuple(made[arg] for arg in args), kind, quiet)
        case Contract(factors, bound, quiet):
            return Contract(tuple(made[factor] for factor in factors), bound, quiet)
        case Fold(reduction, source, bound, quiet):
            return Fold(reduction, made[source], bound, quiet)
        case Choose(condition, then, otherwise, quiet):
            return Choose(condition, made[then], made[otherwise], quiet)
        case _:
            return value  # a subscript holds no exponential


__all__ = ["without_guards"]

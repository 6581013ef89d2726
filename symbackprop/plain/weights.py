"""Softmax without the guard that only a masked row needs.

    exp_normalized(u, m) = exp(u - m)

holds wherever m = max u is finite: where the row has an element, and is not masked everywhere. Where it may be masked,
its sum s is read as max(1, s) (`optimise.by_parts` says where).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from symbackprop.lower.value_walks import rebuilt
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
    inside,
    steps_in,
    with_children,
)
from symbackprop.terms.build import UNIT
from symbackprop.terms.prove import Facts
from symbackprop.terms.term import Reduction
from symbackprop.terms.wild import Known


def without_guards(body: tuple[Step, ...], known: Known, facts: Facts) -> tuple[Step, ...]:
    """The steps with the exponentials of rows that cannot be masked as a person writes them."""
    defines = [step for step in steps_in(body) if isinstance(step, Define)]
    masked = _masked(defines)
    if masked is None:
        return body

    def is_finite(step: Define) -> bool:
        extents = {axis.index: axis.extent for axis in step.axes}
        match step.value:
            case Fold(Reduction.MAX, _, bound):
                return all(facts.proves(extents[index] - 1) for index in bound) and not known.wild.get(step.tensor)
            case _:
                return False

    finite = {step.tensor for step in defines if is_finite(step)} - masked
    finite -= {step.tensor for step in defines if not is_finite(step)}

    def rewritten(value: Value) -> Value:
        match value:
            case Map(MapOp.EXP_NORMALIZED, (u, Read(name) as m), kind, quiet) if name in finite:
                return Map(MapOp.EXP, (Map(MapOp.SUBTRACT, (u, m), Kind.FLOAT, quiet),), kind, quiet)
            case _:
                return value

    return _steps(body, rewritten)


def _masked(defines: Iterable[Define]) -> set[str] | None:
    """The maxima of rows that may be masked; None where it is not seen which these are."""
    weights: dict[str, str] = {}
    sums: dict[str, str] = {}
    guarded: set[str] = set()
    for step in defines:
        match step.value:
            case Map(MapOp.EXP_NORMALIZED, (_, Read(largest))):
                weights[step.tensor] = largest
            case Contract((Map(MapOp.EXP_NORMALIZED, (_, Read(largest))),)):
                sums[step.tensor] = largest
            case Contract((Read(name),)) if name in weights:
                sums[step.tensor] = weights[name]
        for part in inside(step.value):
            match part:
                case Map(MapOp.MAXIMUM, (Read(name), Scalar(one))) if one is UNIT:
                    guarded.add(name)
    return {sums[name] for name in guarded} if guarded <= sums.keys() else None


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
    return rebuilt(top, lambda value, children: rewritten(with_children(value, children)))


__all__ = ["without_guards"]

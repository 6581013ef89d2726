"""Walks through values that need no deep stack, sums of thousands of terms being values too; and through steps."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import replace
from typing import TypeAlias

from symbackprop.lower.values import (
    Bind,
    Choose,
    Define,
    If,
    Kind,
    Loop,
    Map,
    MapOp,
    Scalar,
    Step,
    Value,
    children_of,
)
from symbackprop.terms.build import MINUS
from symbackprop.terms.prove import Facts

__all__ = [
    "always_computed",
    "computed_in",
    "parts_first",
    "rebuilt",
    "rewritten",
    "signed_summands",
    "steps_in",
]

Parts: TypeAlias = Callable[[Value], tuple[Value, ...]]


def always_computed(value: Value) -> tuple[Value, ...]:
    """The values directly inside, but for the branches of a choice."""
    return () if isinstance(value, Choose) else children_of(value)


def parts_first(top: Value, done: Container[Value], parts: Parts = children_of) -> Iterator[Value]:
    """The value and its parts that are not done, each after its own parts; it is to be done before the next one."""
    stack = [top]
    while stack:
        if stack[-1] in done:
            stack.pop()
            continue
        missing = [part for part in parts(stack[-1]) if part not in done]
        if missing:
            stack += missing[::-1]
        else:
            yield stack.pop()


def rebuilt(top: Value, change: Callable[[Value, tuple[Value, ...]], Value], parts: Parts = children_of) -> Value:
    """The value with each part changed, given that and what its own parts have become."""
    made: dict[Value, Value] = {}
    for value in parts_first(top, made, parts):
        made[value] = change(value, tuple(made[part] for part in parts(value)))
    return made[top]


def signed_summands(value: Value) -> list[tuple[int, Value]]:
    """(sign, summand) of a sum; one of any other value."""
    stack, out = [(1, value)], list[tuple[int, Value]]()
    while stack:
        sign, top = stack.pop()
        match top:
            case Map(MapOp.ADD, (left, right), Kind.FLOAT):
                stack += [(sign, right), (sign, left)]
            case Map(MapOp.SUBTRACT, (left, right), Kind.FLOAT):
                stack += [(-sign, right), (sign, left)]
            case Map(MapOp.MULTIPLY, (inner, Scalar(term)), Kind.FLOAT) if term is MINUS:
                stack.append((-sign, inner))
            case _:
                out.append((sign, top))
    return out


# --- steps ---------------------------------------------------------------------------------------------
def steps_in(body: Iterable[Step]) -> Iterator[Step]:
    """The steps and those inside them, in order."""
    for step in body:
        yield step
        if isinstance(step, Loop | If):
            yield from steps_in(step.body)


def rewritten(body: Iterable[Step], change: Callable[[Step, Facts], Iterable[Step]], facts: Facts) -> tuple[Step, ...]:
    """The steps that `change` puts in the place of each that holds no others, given what is known where it stands."""
    out: list[Step] = []
    for step in body:
        match step:
            case Loop():
                out.append(replace(step, body=rewritten(step.body, change, facts.with_axes([step.axis]))))
            case If(condition, inner):
                out.append(replace(step, body=rewritten(inner, change, facts.assume(condition))))
            case _:
                out += change(step, facts)
    return tuple(out)


def computed_in(step: Step) -> tuple[Value, ...]:
    """The values that a step computes which holds no others: what it defines, and where that is looked up."""
    match step:
        case Define(_, subscripts, _, value):
            return value, *(subscript for subscript in subscripts if isinstance(subscript, Value))
        case Bind():
            return (step.value,)
        case _:
            return ()

"""Dead values: what is bound and never read is not computed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from symbackprop.lower.values import Bind, Define, Function, If, Loop, Read, Step, Value, inside, steps_in


def drop_dead_values(function: Function) -> Function:
    """The function without the bindings that nothing reads, directly or through others."""
    reads = {step.name: set(_reads(step)) for step in steps_in(function.body) if isinstance(step, Bind)}
    live = {name for step in steps_in(function.body) if isinstance(step, Define) for name in _reads(step)}
    waiting = list(live)
    while waiting:
        new = reads.get(waiting.pop(), set()) - live
        live |= new
        waiting += new
    if reads.keys() <= live:
        return function
    return replace(function, body=tuple(_kept(function.body, live)))


def _reads(step: Bind | Define) -> Iterator[str]:
    values = [step.value]
    if isinstance(step, Define):
        values += [subscript for subscript in step.subscripts if isinstance(subscript, Value)]
    return (part.tensor for value in values for part in inside(value) if isinstance(part, Read))


def _kept(steps: Iterable[Step], live: set[str]) -> Iterator[Step]:
    for step in steps:
        if isinstance(step, Loop | If):
            yield replace(step, body=tuple(_kept(step.body, live)))
        elif not isinstance(step, Bind) or step.name in live:
            yield step

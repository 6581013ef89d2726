"""Dead values: what is bound and never read is not computed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from symbackprop.lower.value_walks import (
    computed_in,
    rewritten,
    steps_in,
)
from symbackprop.lower.values import (
    Bind,
    Define,
    Function,
    Read,
    Step,
    inside,
)
from symbackprop.terms.graph import reached
from symbackprop.terms.prove import Facts


def drop_dead_values(function: Function) -> Function:
    """The function without the bindings that nothing reads, directly or through others."""
    reads = {step.name: set(_reads(step)) for step in steps_in(function.body) if isinstance(step, Bind)}
    wanted = {name for step in steps_in(function.body) if isinstance(step, Define) for name in _reads(step)}
    live = reached(wanted, lambda name: reads.get(name, ()))
    if reads.keys() <= live:
        return function

    def kept(step: Step, _: Facts) -> list[Step]:
        return [step] if not isinstance(step, Bind) or step.name in live else []

    return replace(function, body=rewritten(function.body, kept, function.facts))


def _reads(step: Step) -> Iterator[str]:
    return (part.tensor for value in computed_in(step) for part in inside(value) if isinstance(part, Read))

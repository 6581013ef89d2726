"""The check of orders: it accepts the scheduler's, and tells every kind of wrong one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

import symbackprop
from symbackprop import zoo
from symbackprop.schedule import Compute, Loop, Scheduled, Step
from symbackprop.schedule.check_scheduled import check_numbered, check_scheduled
from symbackprop.terms.check_program import MalformedProgram
from symbackprop.terms.program import Way

Change = Callable[[tuple[Step, ...]], tuple[Step, ...]]


def turned(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """Every loop in the other direction."""
    return tuple(replace(s, descending=not s.descending) if isinstance(s, Loop) else s for s in steps)


def looped(change: Callable[[Loop], Loop]) -> Change:
    return lambda steps: tuple(change(step) if isinstance(step, Loop) else step for step in steps)


def moved(step: Compute, by: int) -> Compute:
    return replace(step, pins=tuple((index, poly + by) for index, poly in step.pins))


WRONG: dict[str, Change] = {
    "a loop the other way": turned,
    "a loop that ends too early": looped(lambda loop: replace(loop, high=loop.high - 1)),
    "a loop that begins too early": looped(lambda loop: replace(loop, low=loop.low - 1)),
    "the body backwards": looped(lambda loop: replace(loop, body=loop.body[::-1])),
    "all at once": lambda steps: tuple(
        inner for step in steps for inner in (step.body if isinstance(step, Loop) else (step,))
    ),
    "a position off": looped(
        lambda loop: replace(loop, body=tuple(moved(s, 1) if isinstance(s, Compute) else s for s in loop.body))
    ),
    "the steps backwards": lambda steps: steps[::-1],
    "the last step first": lambda steps: (steps[-1], *steps[:-1]),
    "the first step missing": lambda steps: steps[1:],
    "a step twice": lambda steps: (*steps, steps[-1]),
}


@pytest.mark.parametrize("name", ["lstm", "gru_seq2seq", "crf"])
@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_order_is_told(name: str, wrong: str) -> None:
    scheduled = symbackprop.derive(zoo.load(name)).scheduled
    for way, given in ((scheduled.forward, ()), (scheduled.backward, scheduled.derived.forward.table)):
        check_scheduled(way, given)
        changed = WRONG[wrong](way.steps)
        if changed != way.steps:
            with pytest.raises(MalformedProgram):
                check_scheduled(Scheduled(way.program, changed), given)


@pytest.mark.parametrize("name", zoo.names())
def test_the_zoo_is_in_order(name: str) -> None:
    scheduled = symbackprop.derive(zoo.load(name)).scheduled
    check_scheduled(scheduled.forward)
    check_scheduled(scheduled.backward, scheduled.derived.forward.table)
    check_numbered(scheduled.forward, scheduled.backward)


def test_wrong_numbers_are_told() -> None:
    scheduled = symbackprop.derive(zoo.load("mlp")).scheduled
    forward, backward = scheduled.forward, scheduled.backward
    for wrong in (forward.numbered(Way.BACKWARD), replace(forward, steps=forward.steps[::-1])):
        with pytest.raises(MalformedProgram, match="the number F"):
            check_numbered(wrong, backward)
    plain = forward.program.with_(equations=tuple(replace(e, number=None) for e in forward.program.equations))
    with pytest.raises(MalformedProgram, match="the number F1"):
        check_numbered(Scheduled.of(plain), backward)

"""What a self-check expects of an optimiser's steps is where recurrences written by hand lead."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from symbackprop.c.module_text import kit
from symbackprop.c.self_check_data import STEPS, Stream, weighted
from symbackprop.c.self_check_step import clipped, step_check
from symbackprop.sources import c_update, c_values, program_of
from symbackprop.terms.fixed_sizes import fixed_sizes
from tests.optimizers import test_optimizers as by_hand

SHAPES = {"W": (5, 3), "b": (7,), "s": ()}


@pytest.mark.parametrize("name", by_hand.OPTIMIZERS)
def test_what_is_expected(name: str) -> None:
    optimizer, (rule, options) = by_hand.OPTIMIZERS[name], by_hand.BY_HAND[name]
    program = fixed_sizes(program_of(by_hand.network()), {})
    update = c_update(program, program.by_default, optimizer)
    made = kit(c_values(program), update)
    assert update is not None
    assert made.optimizer is not None
    rng = np.random.default_rng(1)
    begun = {key: np.asarray(rng.standard_normal(shape)) for key, shape in SHAPES.items()}
    places = {key: f"at.params.{key}" for key in SHAPES} | {f"grad {key}": f"at.grads.{key}" for key in SHAPES}
    check = step_check(update, made.optimizer, places, begun)
    stream, memory, found = Stream(STEPS), {key: dict[str, Any]() for key in SHAPES}, dict(begun)
    for t in range(1, check.count + 1):
        drawn = [2 * stream.uniform(array.size).reshape(array.shape) - 1 for array in begun.values()]
        scaled = clipped(drawn)
        norm = np.sqrt(sum(np.square(g).sum() for g in scaled))
        assert norm == pytest.approx(min(1.0, np.sqrt(sum(np.square(g).sum() for g in drawn))), rel=1e-6)
        found = {key: rule(found[key], g, memory[key], check.rate, t, **options)
                 for key, g in zip(SHAPES, scaled, strict=True)}  # fmt: skip
    rows = {what: (place, count, float(total)) for what, place, count, total, _ in check.compared}
    for key, array in found.items():
        place, count, total = rows[f"{check.name}: {key}"]
        assert (place, count) == (f"at.params.{key}", array.size)
        assert total == pytest.approx(weighted(array)[0], rel=1e-12)
        for state in optimizer.states:
            assert rows[f"{check.name}: {state} of {key}"][0] == f"kept.{state}.{key}"
    assert check.keeps == bool(optimizer.states)
    assert list(check.drawn) == [(f"at.grads.{key}", int(np.prod(shape))) for key, shape in SHAPES.items()]

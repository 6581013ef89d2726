"""An optimiser's two functions as text: what their lines compute is what its equations say, several steps long."""

from __future__ import annotations

import textwrap
from typing import Any

import numpy as np
import pytest

from symbackprop import optimizers
from symbackprop.lower import lower_update
from symbackprop.numpy.optimizer import optimizer_text
from symbackprop.numpy.stored import store_update
from symbackprop.stages import training_form
from tests.lower.test_update import MADE


def by_hand(name: str, w: Any, g: Any, state: dict[str, Any], lr: float, t: int) -> Any:
    match name:
        case "sgd":
            return w - lr * (g + 0.1 * w)
        case "nesterov":
            state["b"] = g if t == 1 else 0.9 * state["b"] + g
            return w - lr * (g + 0.9 * state["b"])
        case "adam":
            g = g + 0.1 * w
            state["m"], state["v"] = 0.9 * state["m"] + 0.1 * g, 0.999 * state["v"] + 0.001 * g * g
            return w - lr * state["m"] / (1 - 0.9**t) / (np.sqrt(state["v"] / (1 - 0.999**t)) + 1e-8)
        case _:
            state["v"] = 0.99 * state["v"] + 0.01 * g * g
            state["b"] = 0.5 * state["b"] + g / (np.sqrt(state["v"]) + 1e-8)
            return w - lr * state["b"]


@pytest.mark.parametrize("name", MADE)
def test_the_lines_compute_the_steps(name: str) -> None:
    optimizer = MADE[name]
    update = lower_update(
        optimizer.title, training_form(optimizer.network.to_program(needs_loss=False)), optimizer.states
    )
    text = optimizer_text(store_update(update))
    assert text.title == optimizer.title
    assert text.states == tuple(optimizer.states)
    rng = np.random.default_rng(1)
    w = rng.normal(size=5)
    known: dict[str, Any] = {"np": np, "dtype": np.dtype(float), "take": lambda _, shape, dtype: np.full(shape, np.nan)}
    known |= {"w": w.copy(), **{each: np.zeros(5) for each in text.states}, text.size: 5}
    state: dict[str, Any] = {"m": 0.0, "v": 0.0, "b": 0.0}
    for t in (1, 2, 3):
        g = rng.normal(size=5)
        known |= {"g": g.copy(), "lr": 0.1, "t": t}
        held = {each: known[each] for each in ("w", *text.states)}
        exec(textwrap.dedent("\n".join(text.scalar_lines)), known)
        exec(textwrap.dedent("\n".join(text.element_lines)), known)
        w = by_hand(name, w, g, state, 0.1, t)
        np.testing.assert_allclose(known["w"], w, rtol=1e-12)
        assert all(known[each] is array for each, array in held.items())  # written over
        for each in text.states:
            mine = next(value for key, value in state.items() if key == each or np.allclose(value, known[each]))
            np.testing.assert_allclose(known[each], mine, rtol=1e-12)


def test_what_the_text_says() -> None:
    optimizer = optimizers.adam()
    update = lower_update(
        optimizer.title, training_form(optimizer.network.to_program(needs_loss=False)), optimizer.states
    )
    text = optimizer_text(store_update(update))
    assert text.scalars
    assert set(text.given) == {"lr", "t"}
    assert len(text.equations) == len(update.program.equations)
    assert set(text.plain) <= set(update.arguments) - {"w", "g", *text.states}

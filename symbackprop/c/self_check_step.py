"""What a self-check in C says of an optimiser: where steps lead whose gradients are drawn and scaled."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from symbackprop.c.optimizer_text import UpdateText
from symbackprop.c.self_check_data import STEPS, Array, Stream, weighted
from symbackprop.lower.evaluate_values import evaluate
from symbackprop.lower.update import UpdateIR
from symbackprop.lower.values import Function

COUNT, RATE, NORM = 3, 0.01, 1.0

Row = tuple[str, str, int, str, str]


@dataclass(frozen=True, slots=True)
class StepCheck:
    """`drawn`: the gradients, (place, elements); `compared`: (what, place, elements, the weighted sum expected, the
    norm of its terms) in the end."""

    name: str
    keeps: bool
    count: int
    rate: float
    norm: float
    drawn: tuple[tuple[str, int], ...]
    compared: tuple[Row, ...]


def step_check(
    update: UpdateIR[Function], text: UpdateText, places: Mapping[str, str], begun: Mapping[str, Array]
) -> StepCheck:
    """`places`: of parameters by name, of their gradients as `grad NAME`; `begun`: the parameters by name, in order."""
    drawn = tuple((places[f"grad {name}"], max(array.size, 1)) for name, array in begun.items())
    compared = tuple(_rows(update, text, places, begun))
    return StepCheck(text.name, text.keeps, COUNT, RATE, NORM, drawn, compared)


def _rows(
    update: UpdateIR[Function], text: UpdateText, places: Mapping[str, str], begun: Mapping[str, Array]
) -> Iterator[Row]:
    kept = [
        {"w": array.ravel(), **{state: np.zeros(array.size) for state in update.states}} for array in begun.values()
    ]
    stream, gradients = Stream(STEPS), list[Array]()
    for t in range(1, COUNT + 1):
        gradients = clipped([2 * stream.uniform(max(a.size, 1))[: a.size] - 1 for a in begun.values()])
        kept = [_next(update, each, g, t) for each, g in zip(kept, gradients, strict=True)]
    for name, each, gradient in zip(begun, kept, gradients, strict=True):
        place = places[name]
        field = place.rpartition(".")[2]
        yield _row(f"clip: the gradient by {name}", places[f"grad {name}"], gradient)
        yield _row(f"{text.name}: {name}", place, each["w"])
        for state, variable in zip(update.states, text.states, strict=True):
            yield _row(f"{text.name}: {state} of {name}", f"kept.{variable}.{field}", each[state])


def _next(update: UpdateIR[Function], kept: dict[str, Array], g: Array, t: int) -> dict[str, Array]:
    data = {**kept, "g": g, "lr": np.array(RATE), "t": np.array(t)}
    sizes = {update.program.dims[0]: g.size}
    data |= evaluate(update.scalars, sizes, data)
    found = evaluate(update.elements, sizes, data)
    return {name: found[f"next_{name}"] for name in kept}


def clipped(gradients: Iterable[Array]) -> list[Array]:
    """Scaled, all together, where their norm is above the one that they may have."""
    gradients = list(gradients)
    norm = float(np.sqrt(sum(float(np.square(g).sum()) for g in gradients)))
    return [g * min(1.0, NORM / (norm + 1e-6)) for g in gradients]


def _row(what: str, place: str, array: Array) -> Row:
    total, size = weighted(array)
    return what, place, array.size, repr(total), repr(max(size, 1e-30))


__all__ = ["StepCheck", "clipped", "step_check"]

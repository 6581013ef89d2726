"""The gradient of a program's loss by forward mode: the truth that derived programs are compared with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from symbackprop.interpret.interpreter import Interpreter
from symbackprop.interpret.tangents import Tangents

Array = np.ndarray[Any, Any]


def forward_gradients(
    program: Interpreter, wrt: Sequence[str], directions: Mapping[str, Array] | None = None
) -> tuple[Any, dict[str, Array]]:
    """(loss, gradient by each tensor of `wrt`), entry by entry, at the data and in the arithmetic of `program`.

    With `directions` (an array of numbers of that arithmetic for each tensor) the gradients are not returned but
    their inner product with the directions, as `{"": the sum over all tensors}`: one pass with one tangent.
    """
    tangents = Tangents(program.arithmetic)
    seeds: dict[str, dict[tuple[int, ...], tuple[int, Any]]] = {}
    places: list[tuple[str, tuple[int, ...]]] = []
    shapes: dict[str, tuple[int, ...]] = {}
    for name in wrt:
        origin, shape = program.box(program.program.table[name])
        shapes[name] = shape
        chosen = seeds.setdefault(name, {})
        for index in np.ndindex(*shape):
            position = tuple(o + i for o, i in zip(origin, index, strict=True))
            chosen[position] = (0, directions[name][index]) if directions else (len(places), tangents.one)
            places.append((name, index))
    dual = Interpreter(program.program, program.sizes, program.values, tangents, seeds=seeds)
    loss, tangent = dual.loss()
    if directions:
        return loss, {"": np.array(tangent.get(0, tangents.zero), dtype=object)}
    gradients: dict[str, Array] = {name: np.full(shape, tangents.zero, dtype=object) for name, shape in shapes.items()}
    for seed, value in tangent.items():
        name, index = places[seed]
        gradients[name][index] = value
    return loss, gradients

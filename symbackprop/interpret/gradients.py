"""The gradient of a program's loss by forward mode: the truth that derived programs are compared with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from symbackprop.interpret.compile import Position
from symbackprop.interpret.interpreter import Interpreter, Seeds
from symbackprop.interpret.tangents import Tangents

Array = np.ndarray[Any, Any]


def forward_gradients(program: Interpreter, wrt: Sequence[str]) -> tuple[Any, dict[str, Array]]:
    """(loss, gradient by each tensor of `wrt`), entry by entry, at the data and in the arithmetic of `program`."""
    zero, one = (program.arithmetic.number(Fraction(value)) for value in (0, 1))
    places = [(name, *place) for name in wrt for place in program.places(name)]
    seeds: dict[str, dict[Position, tuple[int, Any]]] = {name: {} for name in wrt}
    for seed, (name, _, position) in enumerate(places):
        seeds[name][position] = seed, one
    loss, tangent = _seeded(program, seeds).loss()
    shapes = {name: program.box(program.program.table[name])[1] for name in wrt}
    gradients = {name: np.full(shape, zero, dtype=object) for name, shape in shapes.items()}
    for seed, value in tangent.items():
        name, index, _ = places[seed]
        gradients[name][index] = value
    return loss, gradients


def along(program: Interpreter, directions: Mapping[str, Array]) -> Interpreter:
    """The program with tangents: seed k moves the k-th tensor of `directions` in its direction."""
    return _seeded(program, {
        name: {position: (seed, direction[index]) for index, position in program.places(name)}
        for seed, (name, direction) in enumerate(directions.items())
    })  # fmt: skip


def _seeded(program: Interpreter, seeds: Seeds) -> Interpreter:
    return Interpreter(program.program, program.sizes, program.values, Tangents(program.arithmetic), seeds=seeds)

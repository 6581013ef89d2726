"""Data for a program: small, seeded, and such that everything it assumes holds.

Declared assumptions about values (rows that add to one, symmetric matrices, labels) are brought about by `feasible`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from math import prod
from typing import Any

import numpy as np

from symbackprop.feasible import UnmetAssumption, World, meet
from symbackprop.interpret import PRIME, Float, Interpreter
from symbackprop.interpret.compile import Compiler
from symbackprop.terms.program import GIVEN, Distribution, DType, Program, Tensor, TensorKind
from symbackprop.terms.term import Term

__all__ = ["Data", "Style", "UnmetAssumption", "as_floats", "draw", "finite_data", "noise_means"]

Array = np.ndarray[Any, Any]
Data = dict[str, Array]


class Style(Enum):
    """How floats are drawn: around zero; around zero and small; positive; small integers, so that values tie, vanish
    and meet the corners of functions."""

    SIGNED = "signed"
    SMALL = "small"
    POSITIVE = "positive"
    TIED = "tied"


# --- data ----------------------------------------------------------------------------------------------
def draw(
    program: Program,
    sizes: Mapping[str, int],
    seed: int = 0,
    style: Style = Style.SIGNED,
    exact: bool = False,
    digits: bool = False,
) -> Data:
    """An array for every input, parameter, random tensor, buffer and cotangent that the program has.

    Floats are float64; with `digits` what assumptions speak of has sixty; with `exact` they are random residues
    (objects), or small rationals in `Style.TIED`. Integer inputs are int64 below their bound. Raises
    `UnmetAssumption` where the declared assumptions could not be met.
    """
    reader = Interpreter(program, sizes, {})

    def base(rng: np.random.Generator) -> Data:
        return {t.name: _draw_tensor(reader, t, rng, style, exact) for t in program.of_kind(*GIVEN)}

    world = World.REAL if not exact else World.RATIONAL if style is Style.TIED else World.RESIDUES
    data = meet(program, sizes, base, seed, world)
    return data if exact or digits else as_floats(data)


def as_floats(data: Data) -> Data:
    """The data rounded to what a module takes."""
    return {name: array.astype(np.float64) if array.dtype == object else array for name, array in data.items()}


def _draw_tensor(reader: Interpreter, tensor: Tensor, rng: np.random.Generator, style: Style, exact: bool) -> Array:
    _, shape = reader.box(tensor)
    if tensor.dtype is DType.INT:
        high = reader.size(tensor.high) if tensor.high is not None else 5
        return rng.integers(0, max(1, high), size=shape)
    noise = tensor.noise
    if noise is not None and noise.distribution is Distribution.BERNOULLI:
        kept = (rng.random(shape) < _number(reader, noise.arguments[0])).astype(np.int64)
        return kept if exact else kept.astype(np.float64)
    if style is Style.TIED and noise is None:
        tied = rng.integers(-1, 3, size=shape)
        return tied.astype(object) if exact else tied.astype(np.float64)
    if exact:
        return np.array([int(value) for value in rng.integers(2, PRIME, size=prod(shape))], dtype=object).reshape(shape)
    if noise is not None:
        first, second = (_number(reader, argument) for argument in noise.arguments)
        normal = noise.distribution is Distribution.NORMAL
        return rng.normal(first, second, shape) if normal else rng.uniform(first, second, shape)
    if tensor.kind is TensorKind.BUFFER or style is Style.POSITIVE:
        return rng.uniform(0.2, 1.2, shape)
    return rng.uniform(-1, 1, shape) * (0.2 if style is Style.SMALL else 1.0)


def noise_means(program: Program, sizes: Mapping[str, int]) -> Data:
    """An array of its mean for every random tensor: what stands for it in `predict`."""
    reader = Interpreter(program, sizes, {})
    means: Data = {}
    for tensor in program.of_kind(TensorKind.RANDOM):
        if tensor.noise is not None:
            arguments = [_number(reader, argument) for argument in tensor.noise.arguments]
            uniform = tensor.noise.distribution is Distribution.UNIFORM
            means[tensor.name] = np.full(reader.box(tensor)[1], sum(arguments) / 2 if uniform else arguments[0])
    return means


def _number(reader: Interpreter, term: Term) -> float:
    """The value of a term in sizes."""
    return float(Compiler(reader.sizes, Float(), reader).term(term)([]))


def finite_data(
    program: Program,
    sizes: Mapping[str, int],
    seed: int = 0,
    loss: Callable[[Data], float] | None = None,
    digits: bool = False,
) -> Data | None:
    """Data at which the loss is a finite float, in several styles and draws; None if none was found.

    `loss` computes it, where the interpreter would take too long. `digits`: as `draw` has it.
    """
    for attempt in range(4):
        for style in (Style.SIGNED, Style.SMALL, Style.POSITIVE):
            data = draw(program, sizes, seed + 1000 * attempt, style, digits=digits)
            if np.isfinite(loss(data) if loss is not None else Interpreter(program, sizes, data).loss()):
                return data
    return None

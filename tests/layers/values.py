"""A layer at given arrays, interpreted equation by equation, for tests that work out the same in NumPy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from symbackprop import Network, Sum
from symbackprop.interpret import Interpreter
from symbackprop.language.symbols import TensorSymbol
from symbackprop.layers.naming import indices_of
from symbackprop.terms.program import TensorKind

Arrays = dict[str, np.ndarray]


@dataclass(frozen=True)
class Run:
    """`value`: of the layer, or of a loss; `given`: parameters and the like, by their names."""

    value: Any
    given: Arrays
    net: Network


def run(layer: Callable[..., Any], training: bool = True, noise: Arrays | None = None, **arrays: np.ndarray) -> Run:
    """The layer of inputs at these arrays, whose sizes are numbers. Parameters and buffers are drawn, random tensors
    are `noise`."""
    net, rng = Network("run"), np.random.default_rng(11)
    inputs = [net.input(name, array.shape, **_integers(array)) for name, array in arrays.items()]
    result = layer(*inputs)
    is_tensor = isinstance(result, TensorSymbol)
    at = indices_of(result) if is_tensor else ()
    net.loss = Sum(result[at] ** 2, *at) if at else result
    if is_tensor:
        net.output(result)
    program = net.to_program()
    drawn = (*program.of_kind(TensorKind.PARAMETER), *program.of_kind(TensorKind.BUFFER))
    given = {t.name: rng.uniform(0.5, 1.5, [int(str(size)) for size in t.shape]) for t in drawn} | (noise or {})
    found = Interpreter(program, {}, {**arrays, **given}, training=training)
    return Run(found.array(result.name).astype(float) if is_tensor else float(found.loss()), given, net)


def _integers(array: np.ndarray) -> dict[str, Any]:
    return {"dtype": "int", "high": int(array.max()) + 1} if array.dtype.kind == "i" else {}


def normal(*shape: int, seed: int = 3) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape)


def softmax(scores: np.ndarray, axis: int = -1) -> np.ndarray:
    weights = np.exp(scores - scores.max(axis, keepdims=True))
    return weights / weights.sum(axis, keepdims=True)

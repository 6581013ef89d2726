"""What a self-check in C is given, as it draws it, and what it compares with.

Numbers come from splitmix64 (Steele, Lea and Flood, 2014), whose n-th number is a function of the seed and n alone.

>>> Stream(1).uniform(3).round(4).tolist()
[0.5666, 0.7458, 0.971]
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from symbackprop.feasible import UnmetAssumption, World, meet
from symbackprop.lower.evaluate_values import evaluate, term_value
from symbackprop.lower.module_values import ModuleIR
from symbackprop.lower.values import Function
from symbackprop.python_text.initial_values import Drawn, start_of
from symbackprop.terms.program import Distribution, DType, Program, Tensor, TensorKind

Array = np.ndarray[Any, Any]
Data = dict[str, Array]
INIT, WEIGHTS, DRAWN = 1, 2, 3  # seeds: of the beginnings, of the weights of sums, the first of what is drawn
STEPS = 4  # of the gradients that an optimiser is given
_ATTEMPTS = 8
_STEP, _FIRST, _SECOND = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB
DRAWN_KINDS = (TensorKind.PARAMETER, TensorKind.BUFFER, TensorKind.INPUT, TensorKind.COTANGENT)


class Stream:
    """As templates/c has it: `state` grows by the same amount with every number."""

    def __init__(self, seed: int) -> None:
        self.state = seed

    def uniform(self, count: int) -> Array:
        """In [0, 1), each of 24 bits."""
        z = np.uint64(self.state) + np.uint64(_STEP) * np.arange(1, count + 1, dtype=np.uint64)
        self.state = (self.state + count * _STEP) % 2**64
        z = (z ^ (z >> np.uint64(30))) * np.uint64(_FIRST)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(_SECOND)
        return ((z ^ (z >> np.uint64(31))) >> np.uint64(40)).astype(np.float64) / 2.0**24

    def normal(self, count: int) -> Array:
        pairs = self.uniform(2 * count).reshape(count, 2)
        found: Array = np.sqrt(-2 * np.log(1 - pairs[:, 0])) * np.cos(6.283185307179586 * pairs[:, 1])
        return found


@dataclass(frozen=True, slots=True)
class Style:
    """How floats are drawn: an element becomes keep·(as it begins) + low + width·u. `bent`: those of parameters, which
    are moved away from where they begin, since gradients are 0 there more often than elsewhere."""

    low: float
    width: float
    bent: tuple[float, float, float]

    def of(self, kind: TensorKind) -> tuple[float, float, float]:
        """(keep, low, width)"""
        match kind:
            case TensorKind.PARAMETER:
                return self.bent
            case TensorKind.BUFFER:
                return 1.0, 0.0, 0.125
            case _:
                return 0.0, self.low, self.width


STYLES = (
    Style(-1.0, 2.0, (1.0, -0.125, 0.25)),
    Style(-0.125, 0.25, (0.5, -0.125, 0.25)),
    Style(0.25, 1.0, (0.0, 0.25, 1.0)),
)


@dataclass(frozen=True, slots=True)
class Drawing:
    """Data, and what of them the assumptions wanted otherwise than it was drawn."""

    style: Style
    seed: int
    data: Data
    moved: frozenset[str]
    values: Mapping[str, Array]  # of forward and backward
    predicted: Mapping[str, Array]


def shape_of(tensor: Tensor) -> tuple[int, ...]:
    return tuple(max(size.constant or 0, 0) for size in tensor.shape)


def drawing(module: ModuleIR[Function]) -> Drawing | None:
    """The first that meet the assumptions and at which all is finite; None if there are none."""
    results = [*module.results, *(adjoint for _, adjoint in module.gradients)]
    results += [new for _, new in module.program.updates]
    for seed, style in product(range(DRAWN, DRAWN + _ATTEMPTS), STYLES):
        drawn = draws(module.program, style, seed)
        try:
            data = meet(module.program, {}, lambda _, drawn=drawn: _copied(drawn), 0, World.REAL)  # type: ignore[misc]
        except UnmetAssumption:
            continue
        data = {name: np.asarray(array, drawn[name].dtype) for name, array in data.items()}
        moved = frozenset(name for name in data if not np.array_equal(data[name], drawn[name]))
        values = differentiated(module, data)
        predicted = {} if module.predict is None else evaluate(module.predict, {}, values)
        outputs = [] if module.predict_program is None else module.predict_program.outputs
        finite = all(np.all(np.isfinite(values[name])) for name in results)
        if finite and all(np.all(np.isfinite(predicted[name])) for name in outputs):
            return Drawing(style, seed, data, moved, values, predicted)
    return None


def differentiated(module: ModuleIR[Function], data: Data, backward: bool = True) -> dict[str, Array]:
    """All tensors of forward and backward."""
    values = dict(data)
    for function in module.differentiating[: None if backward else -1]:
        values |= evaluate(function, {}, values)
    return values


def _copied(data: Data) -> Data:
    return {name: array.copy() for name, array in data.items()}


def draws(program: Program, style: Style, seed: int = DRAWN) -> Data:
    """As the self-check draws them one after the other."""
    begun = Stream(INIT)
    data = {t.name: _begun(t, begun) for t in program.of_kind(TensorKind.PARAMETER, TensorKind.BUFFER)}
    stream = Stream(seed)
    for tensor in ordered(program):
        shape = shape_of(tensor)
        count = max(int(np.prod(shape)), 1)
        if tensor.dtype is DType.INT:
            numbers = np.floor(stream.uniform(count) * high_of(tensor)).astype(np.int64)
        else:
            keep, low, width = style.of(tensor.kind)
            begins = data[tensor.name].ravel() if tensor.name in data and data[tensor.name].size else np.zeros(count)
            numbers = keep * begins + (low + width * stream.uniform(count))
        data[tensor.name] = numbers[: int(np.prod(shape))].reshape(shape)
    for tensor in program.of_kind(TensorKind.RANDOM):
        data[tensor.name] = _noise(tensor, stream)
    return data


def ordered(program: Program) -> list[Tensor]:
    """What is drawn, in order; noise follows, by the network's own functions."""
    return [tensor for kind in DRAWN_KINDS for tensor in program.of_kind(kind)]


def high_of(tensor: Tensor) -> int:
    """Below which integers are."""
    return max((tensor.high.constant or 1) if tensor.high is not None else 2, 1)


def _begun(tensor: Tensor, stream: Stream) -> Array:
    start, shape = start_of(tensor), shape_of(tensor)
    scale, count = float(term_value(start.scale, {})), max(int(np.prod(shape)), 1)
    match start.drawn:
        case Drawn.NORMAL:
            numbers = scale * stream.normal(count)
        case Drawn.UNIFORM:
            numbers = scale * (2 * stream.uniform(count) - 1)
        case _:
            numbers = np.full(count, scale)
    return numbers[: int(np.prod(shape))].reshape(shape)


def _noise(tensor: Tensor, stream: Stream) -> Array:
    assert tensor.noise is not None
    shape = shape_of(tensor)
    count = int(np.prod(shape))
    first, *more = (float(term_value(argument, {})) for argument in tensor.noise.arguments)
    match tensor.noise.distribution:
        case Distribution.BERNOULLI:
            numbers = (stream.uniform(count) < first).astype(np.float64)
        case Distribution.NORMAL:
            numbers = first + more[0] * stream.normal(count)
        case _:
            numbers = first + (more[0] - first) * stream.uniform(count)
    return numbers.reshape(shape)


def weights(count: int) -> Array:
    """By position, in [-1, 1), so that elements in each other's places are seen."""
    return 2 * Stream(WEIGHTS).uniform(count) - 1


def weighted(array: Array) -> tuple[float, float]:
    """The weighted sum, and the Euclidean norm of its terms, which rounding errors of it are measured by."""
    terms = np.asarray(array, np.float64).ravel() * weights(array.size)
    return float(terms.sum()), float(np.sqrt(np.square(terms).sum()))


__all__ = ["INIT", "STEPS", "STYLES", "WEIGHTS", "Drawing", "Stream", "Style", "differentiated", "drawing", "draws",
           "high_of", "ordered", "shape_of", "weighted", "weights"]  # fmt: skip

"""Real data at which a claim may fail: at several scales, around the numbers that the network and the claim compare.

What differs in floats is confirmed in sixty digits; where values meet on purpose, they are compared exactly. There a
difference counts against a claim only if nothing ties: no order decides between equal values.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

import numpy as np

from symbackprop.claims.bench import FAILURES, Bench
from symbackprop.claims.ground import Ground
from symbackprop.feasible import meets
from symbackprop.interpret import Float
from symbackprop.interpret.compile import Position
from symbackprop.interpret.watched import Watched
from symbackprop.terms.program import GIVEN, DType, Equation, TensorKind
from symbackprop.terms.term import accesses
from symbackprop.verify.data import Data, Style, UnmetAssumption, draw
from symbackprop.verify.drawn import choices_of, numbers_compared
from symbackprop.verify.integer_data import TooManyCases
from symbackprop.verify.work import work

_SCALES = (1.0, 3.0, 0.3, 10.0, 0.03, 100.0, 1e-3, 1e3)
_SLACK = 1e-6  # of floats, relative
_FEW, _WORK = 8, 20_000_000  # draws at least; work of more of them together
_PART, _AROUND = 0.4, 0.3  # of the values drawn around a number compared; relative width of that


@dataclass(frozen=True, slots=True)
class Probe:
    """Data, and a bench of floats of them; `coarse` where values often are equal to each other or to a number compared.
    (Where they are not coarse, those that tie do so wherever the same conditions hold, as one function, which has one
    gradient.)"""

    data: Data
    bench: Bench
    coarse: bool


def probes(ground: Ground, equation: Equation, sizes: Mapping[str, int], seed: int, most: int) -> Iterator[Probe]:
    """Data at which the loss is finite, `most` of them at best, and which meet what is assumed; of large networks, slow
    to interpret, fewer."""
    program = ground.program
    each_work = work(program, sizes) + work(ground.backward, sizes)
    most = min(most, max(_FEW, _WORK // max(1, each_work)))
    terms = [*(each.rhs for each in program.equations), equation.rhs]
    numbers = sorted({sign * float(value) for value in numbers_compared(terms) for sign in (1, -1) if value})
    assumed = {read.tensor for fact in program.assumptions for read in accesses(fact.condition)}
    try:
        few = choices_of(program, sizes, [equation.rhs])
    except TooManyCases:
        few = {}
    for attempt in range(most):
        rng = np.random.default_rng([seed, attempt, 0xF1D])
        style = (Style.SIGNED, Style.POSITIVE, Style.SIGNED, Style.SMALL)[attempt % 4]
        try:
            data = draw(program, sizes, seed + 1000 * attempt, style)
        except UnmetAssumption:
            continue
        common, coarse = float(_SCALES[attempt % len(_SCALES)]), attempt % 5 == 4
        for tensor in program.of_kind(*GIVEN):
            name = tensor.name
            if name in few:
                data[name] = _chosen(rng, data[name], few[name])
            elif tensor.dtype is DType.FLOAT and name not in assumed and tensor.kind is not TensorKind.RANDOM:
                scale = common if rng.random() < 0.6 else float(rng.choice(_SCALES))
                data[name] = _coarse(rng, data[name], numbers) if coarse else _near(rng, data[name] * scale, numbers)
        if meets(program, sizes, data):
            bench = Bench(ground, sizes, data, Float())
            if has_loss(bench):
                yield Probe(data, bench, coarse)


def has_loss(bench: Bench) -> bool:
    """Whether the loss is finite in floats."""
    loss = bench.ground.program.loss
    try:
        return loss is None or isfinite(bench.backward.element(loss))
    except FAILURES:
        return False


def _chosen(rng: np.random.Generator, values: Any, options: Sequence[int]) -> Any:
    """Of few values, so that several often are the same; now and then of all."""
    some = options if rng.random() < 0.3 else rng.choice(options, size=min(len(options), int(rng.integers(1, 4))))
    return rng.choice(some, size=np.shape(values)).astype(np.asarray(values).dtype)


def _near(rng: np.random.Generator, values: Any, numbers: Sequence[float]) -> Any:
    """Some of them around the numbers compared."""
    if not numbers:
        return values
    around = rng.choice(numbers, size=np.shape(values)) * (1 + _AROUND * rng.uniform(-1, 1, np.shape(values)))
    return np.where(rng.random(np.shape(values)) < _PART, around, values)


def _coarse(rng: np.random.Generator, values: Any, numbers: Sequence[float]) -> Any:
    """Numbers compared, and small multiples of a half: values meet exactly."""
    steps = rng.integers(-6, 7, size=np.shape(values)) / 2
    return np.where(rng.random(np.shape(values)) < _PART, rng.choice([0.0, *numbers], size=np.shape(values)), steps)


def differs(bench: Bench, equation: Equation) -> bool:
    """Whether floats see a difference somewhere."""
    try:
        positions = bench.positions(equation.axes)
        claimed = bench.values(equation.rhs, equation.axes, positions)
        truth = bench.truth(equation, positions)
    except FAILURES:
        return False
    return any(
        isfinite(right) and not (isfinite(left) and abs(left - right) <= _SLACK * max(abs(left), abs(right)))
        for left, right in zip(claimed, truth, strict=True)
    )


def ties_at(ground: Ground, equation: Equation, sizes: Mapping[str, int], data: Data, position: Position) -> bool:
    """Whether equal values were ordered on the way to the δ there, in the network or its derivation."""
    integers = frozenset(tensor.name for tensor in ground.program.tensors if tensor.dtype is DType.INT)
    watched = Watched(integers)
    Bench(ground, sizes, data, watched).truth(equation, [position])
    return watched.tied

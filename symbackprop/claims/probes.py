"""Real data at which a claim may fail: at several scales, around the numbers that the network and the claim compare.

What differs in floats is confirmed in sixty digits. A difference counts against a claim only where nothing ties: no
order decides between equal values, and no extremum is reached twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import isfinite
from typing import Any

import numpy as np

from symbackprop.claims.bench import FAILURES, Bench
from symbackprop.claims.ground import Ground
from symbackprop.interpret import Float, Interpreter, Precise
from symbackprop.interpret.arithmetic import Deciding
from symbackprop.interpret.compile import Position
from symbackprop.terms.program import DType, Equation, TensorKind
from symbackprop.terms.term import Compare, Function, Relation, Term, accesses
from symbackprop.verify.data import GIVEN, Data, Style, UnmetAssumption, draw
from symbackprop.verify.drawn import choices_of, numbers_compared

_SCALES = (1.0, 3.0, 0.3, 10.0, 0.03, 100.0, 1e-3, 1e3)
_SLACK = 1e-6  # of floats, relative
_NEAR = 0.3  # part of the values that are drawn around a number compared


class Watched(Precise):
    """Sixty digits; `tied` once an order was asked for between equal values (other than of `integers`, and than whether
    a relu that is off is above 0: its derivation asks that)."""

    def __init__(self, integers: frozenset[str] = frozenset()) -> None:
        super().__init__()
        self.integers, self.tied = integers, False
        self.off = +self.zero

    def about(self, term: Term) -> Deciding:
        exact = isinstance(term, Compare) and term.tensors and term.tensors <= self.integers
        return Precise() if exact else self

    def apply(self, function: Function, values: Sequence[Any]) -> Any:
        match function:
            case Function.MAX | Function.MIN:
                best = max(values) if function is Function.MAX else min(values)
                self.tied |= sum(value == best for value in values) > 1 and self.context.isfinite(best)
            case Function.RELU | Function.ABS | Function.SIGN:
                self.tied |= values[0] == 0
                if function is Function.RELU and values[0] < 0:
                    return self.off
        return super().apply(function, values)

    def compare(self, relation: Relation, left: Any, right: Any) -> bool:
        ordered = relation in (Relation.GT, Relation.GE) and left is not self.off and right is not self.off
        self.tied |= ordered and left == right and self.context.isfinite(left)
        return super().compare(relation, left, right)


def probes(ground: Ground, equation: Equation, sizes: Mapping[str, int], seed: int, most: int) -> Iterator[Data]:
    """Data at which the loss is finite, `most` of them at best, and which meet what is assumed."""
    program = ground.program
    terms = [*(each.rhs for each in program.equations), equation.rhs]
    numbers = [float(value) for value in numbers_compared(terms)]
    assumed = {read.tensor for fact in program.assumptions for read in accesses(fact.condition)}
    for attempt in range(most):
        rng = np.random.default_rng([seed, attempt, 0xF1D])
        style = (Style.SIGNED, Style.POSITIVE, Style.SIGNED, Style.SMALL)[attempt % 4]
        try:
            data = draw(program, sizes, seed + 1000 * attempt, style)
        except UnmetAssumption:
            continue
        few = choices_of(program, sizes, [equation.rhs], data)
        common = float(_SCALES[attempt % len(_SCALES)])
        for tensor in program.of_kind(*GIVEN):
            name = tensor.name
            if name in few:
                data[name] = _chosen(rng, data[name], few[name])
            elif tensor.dtype is DType.FLOAT and name not in assumed and tensor.kind is not TensorKind.RANDOM:
                scale = common if rng.random() < 0.6 else float(rng.choice(_SCALES))
                data[name] = _moved(rng, data[name] * scale, numbers if style is not Style.POSITIVE else [])
        if isfinite(loss_at(ground, sizes, data)):
            yield data


def loss_at(ground: Ground, sizes: Mapping[str, int], data: Data) -> float:
    """The loss in floats, NaN where there is none."""
    if ground.program.loss is None:
        return 0.0
    try:
        return float(Interpreter(ground.program, sizes, data).loss())
    except FAILURES:
        return float("nan")


def _chosen(rng: np.random.Generator, values: Any, options: Sequence[int]) -> Any:
    """Of few values, so that several often are the same; now and then of all."""
    some = options if rng.random() < 0.3 else rng.choice(options, size=min(len(options), int(rng.integers(1, 4))))
    return rng.choice(some, size=np.shape(values)).astype(np.asarray(values).dtype)


def _moved(rng: np.random.Generator, values: Any, numbers: Sequence[float]) -> Any:
    if not numbers:
        return values
    around = rng.choice(numbers, size=np.shape(values)) * (1 + 0.3 * rng.uniform(-1, 1, np.shape(values)))
    return np.where(rng.random(np.shape(values)) < _NEAR, around, values)


def differs(ground: Ground, equation: Equation, sizes: Mapping[str, int], data: Data) -> bool:
    """Whether floats see a difference somewhere."""
    bench = Bench(ground, sizes, data, Float())
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

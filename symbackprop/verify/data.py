"""Sizes and data for a program: small, seeded, and such that everything it assumes holds.

Sizes are distinct primes where they can be, so that no transposition hides. Declared assumptions about values (rows
that add to one) are brought about by moving the data they read; what moving cannot bring about is drawn again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from fractions import Fraction
from math import prod
from typing import Any

import numpy as np

from symbackprop.errors import SymbackpropError
from symbackprop.interpret import PRIME, Arithmetic, Float, Interpreter, Residues, Tangents
from symbackprop.interpret.compile import Compiler
from symbackprop.terms.build import sub
from symbackprop.terms.poly import Poly
from symbackprop.terms.program import (
    Assumption,
    Distribution,
    DType,
    Equation,
    Program,
    Tensor,
    TensorKind,
    fresh_name,
)
from symbackprop.terms.term import Compare, Connective, Logic, Relation, Term, accesses

Array = np.ndarray[Any, Any]
Data = dict[str, Array]
GIVEN = (TensorKind.INPUT, TensorKind.PARAMETER, TensorKind.RANDOM, TensorKind.BUFFER)
_TRIES = 100


class UnmetAssumption(SymbackpropError):
    """No data were found for which a declared assumption holds."""


class Style(Enum):
    """How floats are drawn: around zero; around zero and small; positive; small integers, so that values tie, vanish
    and meet the corners of functions."""

    SIGNED = "signed"
    SMALL = "small"
    POSITIVE = "positive"
    TIED = "tied"


# --- data ----------------------------------------------------------------------------------------------
def draw(
    program: Program, sizes: Mapping[str, int], seed: int = 0, style: Style = Style.SIGNED, exact: bool = False
) -> Data:
    """An array for every input, parameter, random tensor and buffer that the program has.

    Floats are float64; with `exact` they are random residues (objects). Integer inputs are int64 below their bound.
    Raises `UnmetAssumption` where the declared assumptions could not be met.
    """
    rng = np.random.default_rng([seed, 0x5EED])
    facts = [fact for fact in program.assumptions if fact.axes or fact.condition.tensors]
    reader = Interpreter(program, sizes, {})
    failing: Assumption | None = None
    for _ in range(_TRIES):
        data = {t.name: _draw_tensor(reader, t, rng, style, exact) for t in program.of_kind(*GIVEN)}
        for fact in facts:
            _bring_about(program, sizes, data, fact, Residues(seed) if exact else Float(), style)
        failing = next((fact for fact in facts if not holds(program, sizes, data, fact, exact)), None)
        if failing is None:
            return data
    subject = f"assumption {failing.condition!r}" if failing is not None else "assumptions"
    raise UnmetAssumption(
        subject, found=f"no data in {_TRIES} draws for which it holds",
        remedy="state a weaker one, or give verify the sizes at which it can hold",
    )  # fmt: skip


def _draw_tensor(
    reader: Interpreter, tensor: Tensor, rng: np.random.Generator, style: Style, exact: bool
) -> Array:
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
        return np.array(
            [int(value) for value in rng.integers(2, PRIME, size=prod(shape))], dtype=object
        ).reshape(shape)
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


# --- assumptions ---------------------------------------------------------------------------------------
def holds(program: Program, sizes: Mapping[str, int], data: Data, fact: Assumption, exact: bool = False) -> bool:
    """Whether an assumption holds at every position of its axes: equations up to rounding; with `exact` modulo p, and
    order then means nothing, so that only equations are looked at."""
    return all(_holds(program, sizes, data, fact, part, exact) for part in _conjuncts(fact.condition))


def _holds(
    program: Program, sizes: Mapping[str, int], data: Data, fact: Assumption, condition: Term, exact: bool
) -> bool:
    if isinstance(condition, Compare) and condition.relation is Relation.EQ:
        residuals = _residuals(program, sizes, data, fact, condition, Residues() if exact else Float())
        return all(abs(value) <= (0 if exact else 1e-9) for value in residuals.values())
    if exact:
        return True
    reader = Interpreter(program, sizes, data)
    compiler = Compiler(sizes, Float(), reader)
    slots = [compiler.slot(axis.index) for axis in fact.axes]
    check = compiler.condition(condition)
    lows = [reader.size(axis.low) for axis in fact.axes]
    extents = [max(0, reader.size(axis.extent)) for axis in fact.axes]
    for index in np.ndindex(*extents):
        env = [0] * len(compiler.slots)
        for slot, low, i in zip(slots, lows, index, strict=True):
            env[slot] = low + i
        if not check(env):
            return False
    return True


def _conjuncts(condition: Term) -> tuple[Term, ...]:
    match condition:
        case Logic(Connective.AND, args):
            return args
        case _:
            return (condition,)


def _bring_about(
    program: Program, sizes: Mapping[str, int], data: Data, fact: Assumption, arithmetic: Arithmetic, style: Style
) -> None:
    """Moves the floats that an equation reads, each in proportion to itself, until it holds (Newton's steps)."""
    for condition in _conjuncts(fact.condition):
        if not (isinstance(condition, Compare) and condition.relation is Relation.EQ):
            continue
        movable = [
            name
            for name in dict.fromkeys(read.tensor for read in accesses(condition))
            if program.table[name].dtype is DType.FLOAT
        ]
        for name in movable:
            if style is Style.TIED:
                data[name] = np.where(data[name] > 0, data[name], data[name] + 2)
            elif isinstance(arithmetic, Float):
                data[name] = np.abs(data[name]) + 0.01
        for _ in range(10 if isinstance(arithmetic, Float) else 1):
            _newton_step(program, sizes, data, fact, condition, arithmetic, movable)


def _newton_step(
    program: Program,
    sizes: Mapping[str, int],
    data: Data,
    fact: Assumption,
    condition: Compare,
    arithmetic: Arithmetic,
    movable: list[str],
) -> None:
    """x_k -= r·s_k·x_k / Σ_j s_j²·x_j for a residual r with slopes s: for a sum of x_k this divides by the sum."""
    tangents = Tangents(arithmetic)
    places = [(name, index) for name in movable for index in np.ndindex(*data[name].shape)]
    seeds: dict[str, dict[tuple[int, ...], tuple[int, Any]]] = {}
    for seed, (name, index) in enumerate(places):
        seeds.setdefault(name, {})[index] = (seed, tangents.one)
    residuals = _residuals(program, sizes, data, fact, condition, tangents, seeds)
    times, power = arithmetic.multiply, arithmetic.power
    for residual, slopes in residuals.values():
        if residual == tangents.zero:
            continue
        values = {seed: arithmetic.given(_plain(data[places[seed][0]][places[seed][1]])) for seed in slopes}
        below = arithmetic.add([times((slope, slope, values[seed])) for seed, slope in slopes.items()])
        if below == tangents.zero:
            continue
        share = times((tangents.minus_one, residual, power(below, Fraction(-1))))
        for seed, slope in slopes.items():
            name, index = places[seed]
            data[name][index] = arithmetic.add((values[seed], times((share, slope, values[seed]))))


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def _residuals(
    program: Program,
    sizes: Mapping[str, int],
    data: Data,
    fact: Assumption,
    condition: Compare,
    arithmetic: Arithmetic,
    seeds: Any = None,
) -> dict[tuple[int, ...], Any]:
    """left - right of an equation at each position of its axes."""
    name = fresh_name("residual", set(program.table))
    target = Tensor(
        name, TensorKind.INTERMEDIATE, tuple(axis.extent for axis in fact.axes), tuple(axis.low for axis in fact.axes)
    )
    subscripts = tuple(Poly.of(axis.index) for axis in fact.axes)
    equation = Equation(name, subscripts, fact.axes, sub(condition.left, condition.right))
    extended = program.with_(tensors=(*program.tensors, target), equations=(equation,))
    values = Interpreter(extended, sizes, data, arithmetic, seeds=seeds).array(name)
    return {index: values[index] for index in np.ndindex(*values.shape)}


def finite_data(
    program: Program, sizes: Mapping[str, int], seed: int = 0, loss: Callable[[Data], float] | None = None
) -> Data | None:
    """Data at which the loss is a finite float, in several styles and draws; None if none was found.

    `loss` computes it, where the interpreter would take too long.
    """
    for attempt in range(4):
        for style in (Style.SIGNED, Style.SMALL, Style.POSITIVE):
            data = draw(program, sizes, seed + 1000 * attempt, style)
            if np.isfinite(loss(data) if loss is not None else Interpreter(program, sizes, data).loss()):
                return data
    return None


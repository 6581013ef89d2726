"""Mutants of a derived program, each with one plausible mistake: the proof that verification would notice it.

`fates` tells what became of each. Source: R. DeMillo, R. Lipton, F. Sayward, Hints on test data selection, IEEE
Computer 11 (1978).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from itertools import combinations
from typing import Any

import numpy as np

from symbackprop.terms.build import (
    NIL,
    add,
    integer_condition,
    logic_not,
    mul,
    neg,
    poly_value,
    power,
    reduce,
    substitute,
    where,
)
from symbackprop.terms.poly import Index, Poly
from symbackprop.terms.program import Equation, Op, Program, Tensor
from symbackprop.terms.show import show
from symbackprop.terms.term import (
    Access,
    Add,
    Apply,
    Axis,
    Compare,
    Mul,
    Number,
    PolyValue,
    Power,
    Reduce,
    Reduction,
    Term,
    Where,
)
from symbackprop.verify.exact import DerivedPrograms


class Mistake(Enum):
    SIGN = "sign flipped"
    FACTOR = "factor dropped"
    SCALE = "size or constant dropped"
    TRANSPOSED = "subscripts transposed"
    SUM = "sum dropped, its index fixed"
    OVERWRITTEN = "fan-out overwritten"
    CONTRIBUTION = "contribution dropped"
    SHIFT = "shifted by one"
    SWAPPED = "another tensor read"
    GUARD = "guard wrong"
    RANGE = "range cut by one"
    POWER = "exponent off by one"


@dataclass(frozen=True, slots=True)
class Mutant:
    """A backward program with one mistake. `place`: the equation it was made in, as text."""

    mistake: Mistake
    place: str
    forward: Program
    backward: Program


Variant = tuple[Mistake, Term]


def mutants(derived: DerivedPrograms) -> Iterator[Mutant]:
    """Every mutant of the backward program, in order of its equations."""
    backward = derived.backward
    equations = backward.equations
    for place, equation in enumerate(equations):
        for mistake, changed in _equation_variants(equation, backward):
            parts = (*equations[:place], *changed, *equations[place + 1 :])
            yield Mutant(mistake, show(equation), derived.forward, backward.with_(equations=parts))
    for name, parts in backward.definitions.items():
        if len(parts) > 1 and all(part.op is Op.ACCUMULATE for part in parts):
            kept = tuple(e for e in equations if e.target != name or e is parts[-1])
            yield Mutant(Mistake.OVERWRITTEN, show(parts[-1]), derived.forward, backward.with_(equations=kept))


def choose_mutants(derived: DerivedPrograms, most: int, seed: int = 0) -> list[Mutant]:
    """At most `most` of them, every kind of mistake in its share."""
    groups: dict[Mistake, list[Mutant]] = {}
    for mutant in mutants(derived):
        groups.setdefault(mutant.mistake, []).append(mutant)
    rng = np.random.default_rng([seed, 0xB06])
    for group in groups.values():
        rng.shuffle(group)
    chosen: list[Mutant] = []
    while len(chosen) < most and any(groups.values()):
        for group in groups.values():
            if group and len(chosen) < most:
                chosen.append(group.pop())
    return chosen


# --- one equation --------------------------------------------------------------------------------------
def _equation_variants(equation: Equation, program: Program) -> Iterator[tuple[Mistake, tuple[Equation, ...]]]:
    """(mistake, the equations that stand in its place)."""
    if equation.rhs is NIL:
        return
    alone = len(program.definitions[equation.target]) == 1
    if not alone and equation.op is Op.ACCUMULATE:
        yield Mistake.CONTRIBUTION, ()
    if isinstance(equation.rhs, Add):
        yield Mistake.OVERWRITTEN, (replace(equation, rhs=equation.rhs.args[-1]),)
    yield Mistake.SIGN, (replace(equation, rhs=neg(equation.rhs)),)
    for mistake, rhs in _variants(equation.rhs, program.table):
        if rhs is not equation.rhs:
            yield mistake, (replace(equation, rhs=rhs),)
    if equation.op is Op.ACCUMULATE:
        for place, axis in enumerate(equation.axes):
            shorter = Axis(axis.index, axis.low, axis.high - 1)
            axes = (*equation.axes[:place], shorter, *equation.axes[place + 1 :])
            yield Mistake.RANGE, (replace(equation, axes=axes),)
        for subscripts in _shifted(equation.subscripts):
            yield Mistake.SHIFT, (replace(equation, subscripts=subscripts),)


def _variants(term: Term, table: Mapping[str, Tensor]) -> Iterator[Variant]:
    """The term with one mistake made anywhere in it."""
    yield from _local(term, table)
    match term:
        case Add(args):
            yield from _in_arguments(args, table, lambda new: add(*new))
        case Mul(args):
            yield from _in_arguments(args, table, lambda new: mul(*new))
        case Apply(function, args):
            yield from _in_arguments(args, table, lambda new: Apply(function, tuple(new)))
        case Power(base, exponent):
            yield from ((mistake, power(inner, exponent)) for mistake, inner in _variants(base, table))
        case Where(condition, then, otherwise):
            yield from ((mistake, where(condition, inner, otherwise)) for mistake, inner in _variants(then, table))
            yield from ((mistake, where(condition, then, inner)) for mistake, inner in _variants(otherwise, table))
        case Reduce(reduction, axes, body):
            opened, inside = _open(axes, body)
            for mistake, inner in _variants(inside, table):
                yield mistake, reduce(reduction, opened, inner)


def _in_arguments(args: Sequence[Term], table: Mapping[str, Tensor], build: Any) -> Iterator[Variant]:
    for place, arg in enumerate(args):
        for mistake, inner in _variants(arg, table):
            yield mistake, build([*args[:place], inner, *args[place + 1 :]])


def _open(axes: Sequence[Axis], body: Term) -> tuple[list[Axis], Term]:
    """The bound indices under fresh names of their own (levels make them distinct in nested reductions)."""
    free = [Index(f"_{axis.index.level}") for axis in axes]
    mapping = {axis.index: Poly.of(index) for axis, index in zip(axes, free, strict=True)}
    opened = [Axis(index, axis.low, axis.high) for index, axis in zip(free, axes, strict=True)]
    return opened, substitute(body, mapping)


def _local(term: Term, table: Mapping[str, Tensor]) -> Iterator[Variant]:
    """Mistakes at the head of the term."""
    match term:
        case Mul(args):
            for place, arg in enumerate(args):
                plain = arg.base if isinstance(arg, Power) else arg
                scale = isinstance(plain, Number | PolyValue)
                rest = mul(*args[:place], *args[place + 1 :])
                yield (Mistake.SCALE if scale else Mistake.FACTOR), rest
        case Add(args):
            for place, arg in enumerate(args):
                yield Mistake.CONTRIBUTION, add(*args[:place], *args[place + 1 :])
                yield Mistake.SIGN, add(*args[:place], neg(arg), *args[place + 1 :])
        case Power(base, exponent):
            yield Mistake.POWER, power(base, exponent + 1)
        case Where(condition, then, otherwise):
            yield Mistake.GUARD, then
            yield Mistake.GUARD, where(logic_not(condition), then, otherwise)
            integers = integer_condition(condition)
            if integers is not None:
                relation, poly = integers
                yield Mistake.GUARD, where(Compare(relation, poly_value(poly + 1), NIL), then, otherwise)
        case Reduce(Reduction.SUM, axes, body):
            for place, axis in enumerate(axes):
                opened, inside = _open(axes, body)
                fixed = substitute(inside, {opened[place].index: axis.low})
                yield Mistake.SUM, reduce(Reduction.SUM, opened[:place] + opened[place + 1 :], fixed)
        case Access(tensor, subscripts):
            yield from _access_variants(tensor, subscripts, table)


def _access_variants(tensor: str, subscripts: tuple[Any, ...], table: Mapping[str, Tensor]) -> Iterator[Variant]:
    for one, other in combinations(range(len(subscripts)), 2):
        if subscripts[one] != subscripts[other]:
            swapped = list(subscripts)
            swapped[one], swapped[other] = swapped[other], swapped[one]
            yield Mistake.TRANSPOSED, Access(tensor, tuple(swapped))
    for shifted in _shifted(subscripts):
        yield Mistake.SHIFT, Access(tensor, shifted)
    declared = table[tensor]
    alike = (
        other.name
        for other in table.values()
        if other.name != tensor and other.shape == declared.shape and other.origin == declared.origin
        and other.dtype is declared.dtype and other.rank > 0
    )  # fmt: skip
    for name in list(alike)[:3]:
        yield Mistake.SWAPPED, Access(name, subscripts)


def _shifted(subscripts: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    for place, subscript in enumerate(subscripts):
        if isinstance(subscript, Poly) and subscript.indices():
            for step in (1, -1):
                yield (*subscripts[:place], subscript + step, *subscripts[place + 1 :])

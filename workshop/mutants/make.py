"""Mutants of a derived program, each with one plausible mistake: the proof that verification would notice it.

A mistake is an edit anywhere in the right-hand side of an equation (`symbackprop.edits`), or of an equation as a whole.
`fates` tells what became of each. Source: R. DeMillo, R. Lipton, F. Sayward, Hints on test data selection, IEEE
Computer 11 (1978).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum

import numpy as np

from symbackprop.edits import Edits, Kind, places
from symbackprop.edits.read_edits import shifted_subscripts
from symbackprop.terms.build import NIL, neg
from symbackprop.terms.program import Equation, Op, Program
from symbackprop.terms.show import show
from symbackprop.terms.term import Add, Axis
from symbackprop.verify.exact import DerivedPrograms


class Whole(Enum):
    """What is done to an equation as a whole."""

    NEGATED = "equation negated"
    DROPPED = "contribution dropped"
    OVERWRITTEN = "fan-out overwritten"
    RANGE = "range cut by one"
    SHIFTED = "written one further"


@dataclass(frozen=True, slots=True)
class Mutant:
    """A backward program with one mistake. `place`: the equation it was made in, as text."""

    mistake: Kind | Whole
    place: str
    forward: Program
    backward: Program


def mutants(derived: DerivedPrograms) -> Iterator[Mutant]:
    """Every mutant of the backward program, in order of its equations."""
    backward = derived.backward
    equations = backward.equations
    for place, equation in enumerate(equations):
        for mistake, changed in _variants(equation, backward):
            parts = (*equations[:place], *changed, *equations[place + 1 :])
            yield Mutant(mistake, show(equation), derived.forward, backward.with_(equations=parts))
    for name, parts in backward.definitions.items():
        if len(parts) > 1 and all(part.op is Op.ACCUMULATE for part in parts):
            kept = tuple(e for e in equations if e.target != name or e is parts[-1])
            yield Mutant(Whole.OVERWRITTEN, show(parts[-1]), derived.forward, backward.with_(equations=kept))


def choose_mutants(derived: DerivedPrograms, most: int, seed: int = 0) -> list[Mutant]:
    """At most `most` of them, every kind of mistake in its share."""
    groups: dict[Kind | Whole, list[Mutant]] = {}
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


def _variants(equation: Equation, program: Program) -> Iterator[tuple[Kind | Whole, tuple[Equation, ...]]]:
    """(mistake, the equations that stand in its place)."""
    if equation.rhs is NIL:
        return
    yield from _of_the_whole(equation, alone=len(program.definitions[equation.target]) == 1)
    edits = Edits(program.table, tuple(program.table), program.dims)
    for place in places(equation.rhs, {axis.index: axis for axis in equation.axes}):
        for edit in edits(place):
            rhs = place.whole(edit.term)
            if rhs is not equation.rhs:
                yield edit.kind, (replace(equation, rhs=rhs),)


def _of_the_whole(equation: Equation, alone: bool) -> Iterator[tuple[Whole, tuple[Equation, ...]]]:
    """`alone`: no other equation defines the tensor."""
    yield Whole.NEGATED, (replace(equation, rhs=neg(equation.rhs)),)
    if isinstance(equation.rhs, Add):
        yield Whole.OVERWRITTEN, (replace(equation, rhs=equation.rhs.args[-1]),)
    if equation.op is not Op.ACCUMULATE:
        return
    if not alone:
        yield Whole.DROPPED, ()
    for place, axis in enumerate(equation.axes):
        shorter = Axis(axis.index, axis.low, axis.high - 1)
        axes = (*equation.axes[:place], shorter, *equation.axes[place + 1 :])
        yield Whole.RANGE, (replace(equation, axes=axes),)
    for place in range(len(equation.subscripts)):
        for subscripts in shifted_subscripts(equation.subscripts, place):
            yield Whole.SHIFTED, (replace(equation, subscripts=subscripts),)

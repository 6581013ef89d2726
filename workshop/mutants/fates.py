"""What became of a mutant: equivalent, or wrong and then caught by the exact check, by central differences, or missed.

A mutant is equivalent where its gradients equal the original's at several sizes and data (a factor that is one, a
guard that never acts): as residues, or in sixty digits where residues and the exact check disagree (an identity that
residues lack, a tie that they seldom meet). Those sizes and data are not the ones at which the checks then look at it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from symbackprop.interpret import Interpreter, Precise, Residues
from symbackprop.interpret.failures import Degenerate, InterpretationError
from symbackprop.terms.program import Program, TensorKind
from symbackprop.verify.data import Data, Style, draw, finite_data
from symbackprop.verify.exact import DerivedPrograms, Difference, Place, check_everywhere, places
from symbackprop.verify.numeric import check_numeric
from symbackprop.verify.prime_sizes import choose_sizes
from symbackprop.verify.verification import Row, Verdict
from workshop.mutants.interpreted import InterpretedEvaluator
from workshop.mutants.make import Mutant

_BUDGET = 20_000  # of work at all places: there are many mutants
_DRAWS = 8  # of data at the places where values tie
_ENTRIES = 120  # that central differences look at


@dataclass(frozen=True, slots=True)
class Fate:
    """`located`: what the exact check says of it, none where it noticed nothing. `numeric`: the rows that central
    differences refuse; None where they were not asked, or have no data."""

    mutant: Mutant
    equivalent: bool
    located: tuple[Difference, ...]
    numeric: tuple[Row, ...] | None

    @property
    def caught(self) -> bool:
        return bool(self.located)


def fates(
    program: Program, derived: DerivedPrograms, made: Iterable[Mutant], seed: int = 0, numeric: bool = True
) -> Iterator[Fate]:
    """Each mutant classified and checked."""
    # Twice as many places as the check's: some mistakes show only where an extremum is tied.
    elsewhere = [place for away in (100, 200) for place in places(program, None, seed + away, _BUDGET)]
    tied = [place for place in elsewhere if place.style is Style.TIED]
    ties = [replace(place, seed=place.seed + 1000 * number) for place in tied for number in range(1, _DRAWS)]
    sizes = choose_sizes(program, seed, budget=_BUDGET // 5)
    differences = _Differences(program, derived, sizes, seed) if numeric else None
    for mutant in made:
        equivalent = all(_same_gradients(program, derived, mutant, place) for place in elsewhere)
        located = check_everywhere(program, mutant, seed=seed, budget=_BUDGET)[-1].differences
        if equivalent == bool(located):  # residues may differ where numbers do not, and seldom tie
            equivalent = all(_same_in_digits(program, derived, mutant, place) for place in (*elsewhere, *ties))
        yield Fate(mutant, equivalent, located, differences.refused(mutant) if differences else None)


def _same_gradients(program: Program, derived: DerivedPrograms, mutant: Mutant, place: Place) -> bool:
    residues = Residues(place.seed)
    data = draw(program, place.sizes, place.seed, place.style, exact=True)
    forward = Interpreter(derived.forward, place.sizes, data, residues)
    right = Interpreter(derived.backward, place.sizes, data, residues, outer=forward)
    wrong = Interpreter(mutant.backward, place.sizes, data, residues, outer=forward)
    try:
        expected = [right.array(name) for _, name in derived.backward.wrt]
    except Degenerate:  # the original has no gradient here: nothing to compare
        return True
    try:
        found = [wrong.array(name) for _, name in derived.backward.wrt]
    except (InterpretationError, Degenerate):
        return False
    return all(map(_equal, expected, found))


def _same_in_digits(program: Program, derived: DerivedPrograms, mutant: Mutant, place: Place) -> bool:
    if place.style is Style.TIED:
        data: Data | None = draw(program, place.sizes, place.seed, place.style, exact=True)
    else:
        data = finite_data(program, place.sizes, place.seed, digits=True)
    if data is None:
        return False
    forward = Interpreter(derived.forward, place.sizes, data, Precise())
    right = Interpreter(derived.backward, place.sizes, data, forward.arithmetic, outer=forward)
    wrong = Interpreter(mutant.backward, place.sizes, data, forward.arithmetic, outer=forward)
    for _, name in derived.backward.wrt:
        try:
            expected = right.array(name)
        except (InterpretationError, Degenerate):  # the original has no gradient here: nothing to compare
            continue
        try:
            found = wrong.array(name)
        except (InterpretationError, Degenerate):
            return False
        for a, b in zip(expected.flat, found.flat, strict=True):
            if a != b and not abs(a - b) <= 1e-30 * (1 + abs(a)):
                return False
    return True


def _equal(left: np.ndarray[Any, Any], right: np.ndarray[Any, Any]) -> bool:
    return all(a == b or (a != a and b != b) for a, b in zip(left.flat, right.flat, strict=True))


class _Differences:
    """Central differences of one network, the losses kept from mutant to mutant."""

    def __init__(self, program: Program, derived: DerivedPrograms, sizes: Mapping[str, int], seed: int) -> None:
        self.program, self.sizes, self.seed = program, sizes, seed
        self.data = finite_data(program, sizes, seed)
        self.names = [n for n, _ in derived.backward.wrt if program.table[n].kind is not TensorKind.INTERMEDIATE]
        self.original = InterpretedEvaluator(program, derived, sizes)
        self.known: dict[tuple[bytes, ...], float] = {}

    def refused(self, mutant: Mutant) -> tuple[Row, ...] | None:
        if self.data is None:
            return None
        try:
            gradients = InterpretedEvaluator(self.program, mutant, self.sizes).gradients(self.data)
        except InterpretationError as error:
            return (Row("", "numeric", Verdict.FAIL, note=str(error)),)
        rows = check_numeric(_Kept(self, gradients), self.data, self.names, self.seed, _ENTRIES)
        return tuple(row for row in rows if row.verdict is Verdict.FAIL)


class _Kept:
    """An evaluator whose gradients are given and whose losses are remembered."""

    def __init__(self, network: _Differences, gradients: dict[str, np.ndarray[Any, Any]]) -> None:
        self.network, self.given = network, gradients

    def loss(self, data: Data) -> float:
        key = tuple(data[name].tobytes() for name in self.network.names)
        found = self.network.known.get(key)
        if found is None:
            found = self.network.known[key] = self.network.original.loss(data)
        return found

    def gradients(self, data: Data) -> dict[str, np.ndarray[Any, Any]]:
        return self.given


def tally(results: Sequence[Fate]) -> dict[str, int]:
    """Counts by name, for tables."""
    wrong = [fate for fate in results if not fate.equivalent]
    asked = [fate for fate in wrong if fate.numeric is not None]
    return {
        "made": len(results),
        "equivalent": len(results) - len(wrong),
        "wrong": len(wrong),
        "caught exactly": sum(fate.caught for fate in wrong),
        "caught by differences": sum(bool(fate.numeric) for fate in asked),
        "false alarms": sum(fate.caught for fate in results if fate.equivalent),
    }

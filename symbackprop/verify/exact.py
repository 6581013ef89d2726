"""The exact check: a derived backward program against forward-mode tangents of the original, modulo a prime.

For every tensor w to differentiate by, and random residues v of its shape,

    Σ_i  δw[i]·v[i]  =  the tangent of the loss in the direction v

where δw comes from interpreting the derived programs and the right side from forward mode over the program as it was
written. Both are computed exactly, so that one wrong entry of δw breaks the equation except with probability 1/p
(Freivalds, "Probabilistic machines can use less running time", IFIP 1977). Where it breaks, the entries are
compared one by one to locate it. The values of the original tensors are compared with those of the derived forward
program in the same way, each element.

A difference between residues may come from an identity that residues do not obey (see `interpret.residues`); it is an
error only if high precision confirms it on real data.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import prod
from typing import Any, Protocol

import mpmath
import numpy as np

from symbackprop.errors import InvalidSize
from symbackprop.interpret import Arithmetic, Interpreter, Precise, Residues, along, forward_gradients
from symbackprop.interpret.failures import Degenerate, InterpretationError
from symbackprop.optimise.specialise import in_training
from symbackprop.stages import training_form
from symbackprop.terms.program import Program
from symbackprop.verify.data import Data, Style, UnmetAssumption, draw, finite_data
from symbackprop.verify.feasible_sizes import feasible_sizes
from symbackprop.verify.prime_sizes import beyond_conditions
from symbackprop.verify.work import work

_ATTEMPTS = 8
_BUDGET = 150_000  # work of all the places together
_FURTHER = 3  # times that, at a place that alone reaches a branch
# (sizes of one allowed, data): what one place does not show, a branch not taken or a tie, another may
_PLACES = (
    (False, Style.SIGNED), (False, Style.SIGNED), (True, Style.SIGNED), (False, Style.TIED), (False, Style.SIGNED),
    (False, Style.TIED), (True, Style.TIED), (False, Style.SIGNED),
)  # fmt: skip
_TOLERANCE = 1e-30  # relative; high precision carries 60 digits


class DerivedPrograms(Protocol):
    """What `derive.differentiate` returns."""

    @property
    def forward(self) -> Program: ...

    @property
    def backward(self) -> Program: ...


@dataclass(frozen=True, slots=True)
class Difference:
    """Where a derived program differs from the truth. `tensor` is of the original program; with `gradient` it is the
    gradient by that tensor that is wrong, else its value. `failure` is the interpreter's message where the derived
    program has no value at all."""

    tensor: str
    gradient: bool
    index: tuple[int, ...] = ()
    derived: float = float("nan")
    truth: float = float("nan")
    failure: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Sizes, and what data are drawn from."""

    sizes: Mapping[str, int]
    seed: int
    style: Style


@dataclass(frozen=True, slots=True)
class ExactResult:
    """Of one check at given sizes: how many `entries` of each gradient were compared. `method` is "exact", or
    "precise" where residues could not decide."""

    sizes: Mapping[str, int]
    seed: int
    method: str
    differences: tuple[Difference, ...]
    entries: Mapping[str, int]

    @property
    def passed(self) -> bool:
        return not self.differences


def check_everywhere(
    program: Program,
    derived: DerivedPrograms,
    sizes: Mapping[str, int] | None = None,
    seed: int = 0,
    budget: int = _BUDGET,
) -> list[ExactResult]:
    """`check_exact` at several sizes and data, the more the smaller the program; stops at the first difference.

    Distinct primes, sizes of one among them, and data with ties; or `sizes` alone, with data of each kind.
    """
    results: list[ExactResult] = []
    for place in places(program, sizes, seed, budget):
        results.append(check_exact(program, derived, place.sizes, place.seed, place.style))
        if results[-1].differences:
            break
    return results


def places(program: Program, sizes: Mapping[str, int] | None, seed: int, budget: int = _BUDGET) -> Iterator[Place]:
    """Where to look at a program, as far as the budget (of `sizes.work`) goes."""
    spent = 0
    for number, (ones, style) in enumerate(_PLACES):
        here = dict(sizes) if sizes is not None else feasible_sizes(program, seed + number, ones, budget // 3)
        cost = work(program, here)
        if not number or spent + cost <= budget:
            spent += cost
            yield Place(here, seed + number, style)
        if not number and sizes is None:
            yield from _beyond(program, here, seed, budget)


def _beyond(program: Program, here: Mapping[str, int], seed: int, budget: int) -> Iterator[Place]:
    """A place where conditions hold that hold nowhere at the sizes `here`, if it is not too much work."""
    needed = {name: size for name, size in beyond_conditions(program).items() if size > here[name]}
    if any(here[name] <= size - 2 for name, size in needed.items()):
        try:
            sizes = feasible_sizes(program, seed, budget=budget // 3, given=needed)
        except (InvalidSize, UnmetAssumption):
            return
        if work(program, sizes) <= _FURTHER * budget:
            yield Place(sizes, seed, Style.SIGNED)


def check_exact(
    program: Program, derived: DerivedPrograms, sizes: Mapping[str, int], seed: int = 0, style: Style = Style.SIGNED
) -> ExactResult:
    """Compares values and gradients at `sizes`, on random residues or (`Style.TIED`) on small integers.

    The truth is the program as it was written, in training; where that has no value on any draw (0/0 in a row that is
    masked everywhere, which counts as 0), its stable form.

    Never raises for a wrong derived program; an original program that has no value at these sizes raises
    `InterpretationError`. Where every draw hits a pole and no real data serve, nothing is compared: no `entries`.
    """
    program = in_training(program)  # two minima that are one there share their ties as one does
    result = _checked(program, derived, sizes, seed, style)
    if result.entries or result.differences:
        return result
    stable = training_form(program)
    return result if stable == program else _checked(stable, derived, sizes, seed, style)


def _checked(
    program: Program, derived: DerivedPrograms, sizes: Mapping[str, int], seed: int, style: Style
) -> ExactResult:
    reader = Interpreter(program, sizes, {})
    entries = {name: prod(reader.box(program.table[name])[1]) for name, _ in derived.backward.wrt}
    suspects: tuple[Difference, ...] | None = None
    for attempt in range(_ATTEMPTS):
        residues = Residues(seed + 7919 * attempt)
        try:
            data = draw(program, sizes, seed + 7919 * attempt, style, exact=True)
            suspects = compare(program, derived, sizes, data, residues)
        except (Degenerate, ZeroDivisionError):
            continue
        except UnmetAssumption:  # not by residues or small numbers: an equation need have no root there
            break
        if not suspects:
            return ExactResult(sizes, seed, "exact", (), entries)
        if not residues.formal_roots or style is Style.TIED:
            break
    if suspects is None and style is Style.TIED:
        return ExactResult(sizes, seed, "exact", (), {})
    confirmed = _confirm(program, derived, sizes, seed, data if style is Style.TIED else None)
    if confirmed is None:  # no real data: the residues have the last word
        return ExactResult(sizes, seed, "exact", suspects or (), entries if suspects is not None else {})
    return ExactResult(sizes, seed, "precise", confirmed, entries)


def _confirm(
    program: Program, derived: DerivedPrograms, sizes: Mapping[str, int], seed: int, tied: Data | None
) -> tuple[Difference, ...] | None:
    """The same comparison on real data in high precision, on several draws, since conditions may choose otherwise
    there; None where no data give a finite loss."""
    found: tuple[Difference, ...] | None = None
    stable = training_form(program)
    for attempt in range(1 if tied is not None else 4):
        data = tied if tied is not None else finite_data(stable, sizes, seed + 31 * attempt, digits=True)
        if data is None:
            continue
        for truth in (program, stable):
            try:
                found = compare(truth, derived, sizes, data, Precise())
                break
            except Degenerate:  # right wherever it has a value as it was written, which the loss has not
                continue
        if found:
            break
    return found


def compare(
    program: Program,
    derived: DerivedPrograms,
    sizes: Mapping[str, int],
    data: Data,
    arithmetic: Residues | Precise,
) -> tuple[Difference, ...]:
    """Every difference found: the first wrong element of each tensor's value, the first of each gradient."""
    original = Interpreter(program, sizes, data, arithmetic)
    directions = _directions(original, derived, arithmetic)
    truth = along(original, directions)
    forward = Interpreter(derived.forward, sizes, data, arithmetic)
    backward = Interpreter(derived.backward, sizes, data, arithmetic, outer=forward)
    differences = _compare_values(truth, forward)
    if differences:
        return tuple(differences)
    value, tangent = truth.loss()
    if value - value != 0:  # its δ mean nothing where an infinite one has been read
        raise Degenerate("the loss is no finite number")
    if isinstance(arithmetic, Residues) and any(slope != slope for slope in tangent.values()):
        raise Degenerate("the gradient has a pole")
    for place, (name, adjoint) in enumerate(derived.backward.wrt):
        try:
            gradient = backward.array(adjoint)
            slope = arithmetic.add(
                [arithmetic.multiply((g, v)) for g, v in zip(gradient.flat, directions[name].flat, strict=True)]
            )
        except (InterpretationError, Degenerate) as error:  # a pole that forward mode did not meet counts too
            differences.append(Difference(name, True, failure=str(error)))
            continue
        if not _equal(slope, tangent.get(place, arithmetic.number(Fraction(0))), arithmetic):
            differences += _locate(original, gradient, name, arithmetic)
    return tuple(differences)


def _compare_values(truth: Interpreter, forward: Interpreter) -> list[Difference]:
    """Tensors that both programs define, element by element (the loss, outputs and updates among them). `truth`
    calculates with tangents, which are left aside here."""
    differences = []
    for name in truth.program.definitions:
        if name not in forward.program.definitions:
            continue
        ours = np.empty(truth.box(truth.program.table[name])[1], dtype=object)
        for index, position in truth.places(name):
            ours[index] = truth.element(name, position)[0]
        try:
            theirs = forward.array(name)
        except (InterpretationError, Degenerate) as error:  # a pole that the network does not have counts too
            differences.append(Difference(name, False, failure=str(error)))
            continue
        found = _first_difference(theirs, ours, forward.arithmetic)
        if found is not None:
            differences.append(Difference(name, False, found, float(theirs[found]), float(ours[found])))
    return differences


def _directions(
    original: Interpreter, derived: DerivedPrograms, arithmetic: Residues | Precise
) -> dict[str, np.ndarray[Any, Any]]:
    rng = np.random.default_rng(1)
    directions = {}
    for name, _ in derived.backward.wrt:
        _, shape = original.box(original.program.table[name])
        values = [arithmetic.given(int(v)) for v in rng.integers(1, 2**30, size=prod(shape))]
        direction = np.empty(len(values), dtype=object)
        direction[:] = values
        directions[name] = direction.reshape(shape)
    return directions


def _locate(
    original: Interpreter, gradient: np.ndarray[Any, Any], name: str, arithmetic: Residues | Precise
) -> list[Difference]:
    """The wrong entry of one gradient, entry by entry."""
    _, truth = forward_gradients(original, [name])
    found = _first_difference(gradient, truth[name], arithmetic)
    if found is None:
        return []
    return [Difference(name, True, found, float(gradient[found]), float(truth[name][found]))]


def _first_difference(
    ours: np.ndarray[Any, Any], theirs: np.ndarray[Any, Any], arithmetic: Arithmetic
) -> tuple[int, ...] | None:
    """The index of the largest relative difference in high precision, of the first one between residues."""
    worst: tuple[float, tuple[int, ...]] | None = None
    for index in np.ndindex(*ours.shape):
        if not _equal(ours[index], theirs[index], arithmetic):
            if isinstance(arithmetic, Residues):
                return index
            gap = abs(float(ours[index]) - float(theirs[index]))
            if worst is None or not gap <= worst[0]:
                worst = gap, index
    return None if worst is None else worst[1]


def _equal(left: Any, right: Any, arithmetic: Arithmetic) -> bool:
    """Equality with the truth, on the right. High precision allows for rounding, and where the truth is no finite
    number (no number at all, of residues) anything goes: there is no gradient to be wrong."""
    if left == right or right != right:
        return True
    return not isinstance(arithmetic, Residues) and near(left, right, _TOLERANCE)


def near(left: Any, right: Any, tolerance: float) -> bool:
    """Equality of real numbers up to rounding; where the right one is not finite, anything goes."""
    return not mpmath.isfinite(right) or bool(abs(left - right) <= tolerance * (1 + abs(left) + abs(right)))

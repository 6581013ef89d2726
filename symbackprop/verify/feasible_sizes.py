"""Sizes at which data can meet what a program assumes of values: rows are orthonormal where there are no more of them
than columns, a matrix whose rows and columns add to one is square."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from symbackprop.errors import InvalidSize
from symbackprop.feasible import UnmetAssumption
from symbackprop.feasible.size_conditions import size_failure
from symbackprop.feasible.system import value_facts
from symbackprop.terms.program import Program
from symbackprop.verify.data import draw
from symbackprop.verify.prime_sizes import BUDGET, choose_sizes
from symbackprop.verify.work import work

_OTHERS = 4  # seeds whose sizes are tried


def feasible_sizes(
    program: Program,
    seed: int = 0,
    ones: bool = False,
    budget: int = BUDGET,
    given: Mapping[str, int] | None = None,
) -> dict[str, int]:
    """Those of `verify.prime_sizes.choose_sizes`, or the first others at which data meet the assumptions.

    Raises `UnmetAssumption` where none are found, and as `choose_sizes` does.
    """
    first = choose_sizes(program, seed, ones, budget, given)
    if not value_facts(program):
        return first
    failure = unmet_assumption(program, first, seed)
    if failure is None:
        return first
    for sizes in _others(program, seed, ones, budget, dict(given or {})):
        if sizes != first and unmet_assumption(program, sizes, seed) is None:
            return sizes
    raise failure


def unmet_assumption(program: Program, sizes: Mapping[str, int] | None, seed: int) -> UnmetAssumption | None:
    """Why no data meet what is assumed, at these sizes or, without, at any that are tried; None where some do."""
    try:
        draw(program, feasible_sizes(program, seed) if sizes is None else sizes, seed)
    except UnmetAssumption as failure:
        return failure
    return None


def _others(program: Program, seed: int, ones: bool, budget: int, given: dict[str, int]) -> Iterator[dict[str, int]]:
    """Other sizes for other seeds; then any small ones, and all of them alike."""
    for again in range(1, _OTHERS):
        yield choose_sizes(program, seed + 101 * again, ones, budget, given)
    for size in (3, 2, 4):
        sizes = dict.fromkeys(program.dims, size) | given
        if size_failure(program, sizes) is None:
            yield sizes
    for again in range(_OTHERS):
        try:
            yield choose_sizes(program, seed + 103 * again, True, budget, given)
        except InvalidSize:
            return


def generic_sizes(program: Program, seed: int, most: int) -> dict[str, int] | None:
    """Sizes of four and more, unlike if possible, at no more work than `most`: at two, every doubly stochastic matrix
    is symmetric and all rotations commute. None where no data meet the assumptions at such."""
    rising = dict(zip(program.dims, range(4, 4 + len(program.dims)), strict=True))
    falling = dict(zip(program.dims, reversed(rising.values()), strict=True))
    for sizes in (rising, falling, dict.fromkeys(program.dims, 4), dict.fromkeys(program.dims, 3)):
        fits = size_failure(program, sizes) is None and work(program, sizes) <= most
        if fits and unmet_assumption(program, sizes, seed) is None:
            return sizes
    return None

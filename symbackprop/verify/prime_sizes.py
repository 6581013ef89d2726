"""Sizes at which to check a program: distinct primes where they can be, small, and meeting its conditions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from sympy import nextprime

from symbackprop.errors import InvalidSize
from symbackprop.feasible.size_conditions import Conditions, conditions_of, first_failure
from symbackprop.terms.conditions import integer_condition
from symbackprop.terms.program import Program
from symbackprop.terms.rewrite import ranges_of
from symbackprop.terms.term import Compare, subterms
from symbackprop.verify.asked import check_names
from symbackprop.verify.work import Work

_PRIMES = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29)
BUDGET = 60_000  # elements visited in one interpretation, roughly
_SAMPLES = 40
_MANY_AXES = 2
_MENDS = 60  # moves of single sizes before a candidate is given up


def choose_sizes(
    program: Program,
    seed: int = 0,
    ones: bool = False,
    budget: int = BUDGET,
    given: Mapping[str, int] | None = None,
) -> dict[str, int]:
    """Small sizes at which every condition of the program holds.

    With `ones` any of 1..4, equal ones too (empty ranges and single positions). `given`: the caller's, which stay as
    they are. Raises `InvalidSize` where none are found or one given is impossible, `UnknownSymbol` for another name.
    """
    given = dict(given or {})
    check_names(program, given)
    if not program.dims:
        return {}
    rng = np.random.default_rng([seed, 0xD135])
    conditions, cost_of = conditions_of(program, allow_empty=ones), Work(program)
    best: tuple[float, dict[str, int]] | None = None
    for moves, tier in _tiers(len(program.dims), rng, ones, frozenset(given.values())):
        for values in tier:
            tried = {**dict(zip(program.dims, values, strict=True)), **given}
            sizes = _mended(conditions, tried, frozenset(given), rng, moves)
            if sizes is not None:
                cost = cost_of(sizes)
                rating = cost * float(rng.uniform(1, 4))  # cheap ones, but other ones for another seed
                if best is None or rating < best[0]:
                    best = rating, sizes
                if ones and cost <= budget:
                    return sizes
        if best is not None:
            break
    if best is None:
        failure = first_failure(conditions, dict.fromkeys(program.dims, 7) | given)
        told = f", such as {failure.text}" if failure is not None else ""
        raise InvalidSize(
            f"network {program.name}", expected=f"small sizes that meet its conditions{told}",
            found="none among those tried", remedy="give verify the dims to check at, each of them",
        )  # fmt: skip
    sizes = best[1]
    for sharing in (1, 2, 3, len(sizes)):
        free = [str(name) for name in rng.permutation(program.dims) if name not in given]
        sizes = _shrunk(conditions_of(program, False), cost_of, sizes, free, sharing, budget)
    if cost_of(sizes) > _MANY_AXES * budget:  # two of everything are too many, as of a tensor of many axes
        sizes = _shrunk(conditions_of(program, False), cost_of, sizes, free, len(sizes), budget, least=1)
    return sizes


def aligned_sizes(
    program: Program, seed: int = 0, budget: int = BUDGET, given: Mapping[str, int] | None = None
) -> list[dict[str, int]]:
    """Sizes at which strides are powers of two, where vectorised code takes other paths: all 4, all 8, 4 and 8 mixed,
    3 and 7 mixed (for extents such as T + 1), and all 1; as near to them as the conditions and the budget allow."""
    given = dict(given or {})
    free = [name for name in program.dims if name not in given]
    rng = np.random.default_rng([seed, 0xA119])
    conditions, cost_of = conditions_of(program, False), Work(program)
    found: list[dict[str, int]] = []
    for choices in ((4,), (8,), (4, 8), (3, 7), (1,)):
        wanted = {name: int(rng.choice(choices)) for name in free}
        sizes = _mended(conditions, {**wanted, **given}, frozenset(given), rng, _MENDS)
        order = [str(name) for name in rng.permutation(free)]
        for smaller in (4, 2, 1):  # powers of two again
            for name in order if sizes is not None else ():
                assert sizes is not None
                trial = {**sizes, name: min(smaller, sizes[name])}
                if cost_of(sizes) > budget and first_failure(conditions, trial) is None:
                    sizes = trial
        if sizes is not None and sizes not in found and cost_of(sizes) <= budget:
            found.append({name: sizes[name] for name in program.dims})
    return found


def beyond_conditions(program: Program) -> dict[str, int]:
    """Sizes beyond every number that a condition compares them, or indices that run over them, with: at smaller ones
    `t >= 16` holds nowhere."""
    least: dict[str, int] = {}
    for equation in program.equations:
        ranges = ranges_of(equation.axes)
        for term in subterms(equation.rhs):
            integer = integer_condition(term) if isinstance(term, Compare) else None
            if integer is None:
                continue
            number = abs(integer[1].constant_part)
            extents = [ranges[index].extent for index in integer[1].indices() if index in ranges]
            for dim in {dim.name for poly in (integer[1], *extents) for dim in poly.dims()}:
                least[dim] = max(least.get(dim, 0), number)
    return {dim: int(nextprime(number + 1)) for dim, number in least.items()}


def _mended(
    conditions: Conditions, sizes: dict[str, int], fixed: frozenset[str], rng: np.random.Generator, most: int
) -> dict[str, int] | None:
    """`sizes` moved, a size at a time and `most` times, until every condition holds; None if none of that helps."""
    for _ in range(most + 1):
        failure = first_failure(conditions, sizes)
        if failure is None:
            return sizes
        moves = []
        for name in {dim.name for dim in failure.poly.dims()} - fixed:
            for step in (-2, -1, 1, 2, 5):
                moved = {**sizes, name: sizes[name] + step}
                if moved[name] >= 1 and failure.distance(moved) < failure.distance(sizes):
                    moves.append(moved)
        if not moves:
            return None
        moves.sort(key=lambda moved: sorted(moved.items()))  # sets have no order
        sizes = moves[int(rng.integers(len(moves)))]
    return None


def _shrunk(
    conditions: Conditions, cost_of: Work, sizes: dict[str, int], order: list[str], sharing: int, budget: int,
    least: int = 2,
) -> dict[str, int]:  # fmt: skip
    """Each size in turn as small as the conditions allow, from `least`, until the work is within the budget; at most
    `sharing` sizes are then alike."""
    for name in order:
        if cost_of(sizes) <= budget:
            break
        others = [value for other, value in sizes.items() if other != name]
        for value in range(least, sizes[name]):
            smaller = {**sizes, name: value}
            if others.count(value) < sharing and first_failure(conditions, smaller) is None:
                sizes = smaller
                break
    return sizes


def _tiers(
    number: int, rng: np.random.Generator, ones: bool, given: frozenset[int]
) -> Iterator[tuple[int, list[tuple[int, ...]]]]:
    """Candidates and how often a size of theirs may be moved, the better kinds first: distinct primes as they are
    from a small pool, other than what is `given`, any small sizes, larger ones."""
    if not ones:
        primes = [prime for prime in _PRIMES if prime not in given]
        for spread in (0, 2, 5):
            pool = primes[: number + spread]
            if len(pool) >= number:
                yield 0, [tuple(map(int, rng.permutation(pool)[:number])) for _ in range(_SAMPLES)]
    low = 1 if ones else 2
    for high in (3, 5, 9, 16):
        yield _MENDS, [tuple(map(int, rng.integers(low, high + 1, size=number))) for _ in range(_SAMPLES)]

"""Claims against the truth at several sizes: exactly, modulo a prime; what differs there, in sixty digits.

The δ themselves are compared with forward mode of the network at each place, so that a claim is not held against a
wrong one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from symbackprop.claims.bench import FAILURES, POLES, Bench
from symbackprop.claims.ground import Ground
from symbackprop.errors import InvalidSize
from symbackprop.feasible.system import value_facts
from symbackprop.interpret import Precise, Residues
from symbackprop.interpret.compile import Position
from symbackprop.terms.program import Equation, Program
from symbackprop.verify.conditions import conditions_of, first_failure
from symbackprop.verify.data import Data, Style, UnmetAssumption, draw, finite_data
from symbackprop.verify.exact import Place, compare, places
from symbackprop.verify.feasible_sizes import feasible_sizes, generic_sizes

_ATTEMPTS = 8
_BUDGET = 25_000  # work of all the places together, as `verify.conditions.work` counts it
_DRAWS = 4
_COMBINATIONS = 8  # places more, where values are assumed
_LARGER = 60_000  # work of one of them at larger sizes


@dataclass(frozen=True, slots=True)
class Look:
    """One claim at one place: how many elements were compared, and where they differ. `sound`: whether the δ agreed
    with forward mode there."""

    place: Place
    entries: int
    wrong: tuple[Position, ...]
    sound: bool = True

    @property
    def tied(self) -> bool:
        return self.place.style is Style.TIED


@dataclass(frozen=True, slots=True)
class Counterexample:
    """An element where a claim is false. `position`: of the claim's indices; `element`: the δ's subscripts; `wrong` of
    `entries` elements differ."""

    sizes: Mapping[str, int]
    position: Position
    element: Position
    claimed: float
    truth: float
    wrong: tuple[Position, ...]
    entries: int


def looks(ground: Ground, sizes: Mapping[str, int] | None, seed: int) -> tuple[list[list[Look]], list[Bench]]:
    """(for each claim what was seen at each place, the benches of places without ties)."""
    seen: list[list[Look]] = [[] for _ in ground.equations]
    benches: list[Bench] = []
    for place in _places(ground.program, sizes, seed):
        bench, sound = _exact_bench(ground, place)
        if bench is None:
            continue
        if place.style is not Style.TIED:
            benches.append(bench)
        for claim, equation in enumerate(ground.equations):
            try:
                wrong = bench.wrong(equation)
            except FAILURES:
                continue  # a pole that is the claim's own
            seen[claim].append(Look(place, len(bench.positions(equation.axes)), wrong, sound))
    return seen, benches


def false_at(benches: Sequence[Bench], equation: Equation) -> list[Bench]:
    """Those where the claim is false; not where it has a pole of its own."""
    out = []
    for bench in benches:
        try:
            out += [bench] if bench.wrong(equation) else []
        except FAILURES:
            continue
    return out


def varied(ground: Ground, equation: Equation, benches: Sequence[Bench], seed: int) -> list[Bench]:
    """The benches, and others such that among those where the claim is false no size is always the same: it could be
    taken for the number that it is."""
    found = list(benches)
    for name in ground.program.dims:
        false = false_at(found, equation)
        if not false or len({bench.sizes[name] for bench in false}) > 1:
            continue
        sizes = _with_more(ground, false[0].sizes, name, seed)
        bench = None if sizes is None else _exact_bench(ground, Place(sizes, seed, Style.SIGNED))[0]
        found += [bench] if bench is not None else []
    return found


def _with_more(ground: Ground, sizes: Mapping[str, int], name: str, seed: int) -> Mapping[str, int] | None:
    """The sizes with a larger one of that name; with others, if they do not go together; None if nothing does."""
    conditions = conditions_of(ground.program, allow_empty=False)
    for value in range(sizes[name] + 1, sizes[name] + 4):
        if first_failure(conditions, {**sizes, name: value}) is None:
            return {**sizes, name: value}
    try:
        return feasible_sizes(ground.program, seed, budget=_BUDGET // 3, given={name: sizes[name] + 1})
    except (InvalidSize, UnmetAssumption):
        return None


def _places(program: Program, sizes: Mapping[str, int] | None, seed: int) -> Iterator[Place]:
    """Where to look: as `verify.exact.places` has it, two of them at least with all values different; where values are
    assumed, also at larger sizes, and with other combinations of values that are few."""
    found = list(places(program, sizes, seed, _BUDGET))
    yield from found
    for again in range(seed + len(found), seed + len(found) + 2 - sum(p.style is not Style.TIED for p in found)):
        yield Place(feasible_sizes(program, again, given=sizes, budget=_BUDGET // 3), again, Style.SIGNED)
    if value_facts(program):
        larger = None if sizes is not None else generic_sizes(program, seed, _LARGER)
        for again in range(_COMBINATIONS):
            here = larger if larger is not None and again < 2 else found[0].sizes
            yield Place(here, seed + len(found) + 2 + again, Style.SIGNED)


def _exact_bench(ground: Ground, place: Place) -> tuple[Bench | None, bool]:
    """Residues at which nothing has a pole, and whether the δ agree with forward mode there."""
    program, derived = ground.program, ground.derived
    for attempt in range(_ATTEMPTS):
        residues = Residues(place.seed + 7919 * attempt)
        try:
            data = draw(program, place.sizes, place.seed + 7919 * attempt, place.style, exact=True)
            differences = compare(program, derived, place.sizes, data, residues)
        except POLES:
            continue
        except UnmetAssumption:
            return None, False
        if not differences or not residues.formal_roots:
            return Bench(ground, place.sizes, data, residues), not differences
    return None, False


# --- where a claim is false ----------------------------------------------------------------------------
def counterexample(ground: Ground, equation: Equation, look: Look, fixed: bool, seed: int) -> Counterexample | None:
    """Real data for which the claim is false, at the smallest sizes that show it (at those of `look` where `fixed`);
    None where sixty digits find it true."""
    small = look.place.sizes if fixed else _smallest(ground, equation, look.place)
    for sizes in (small, look.place.sizes):
        for attempt in range(_DRAWS):
            data = finite_data(ground.program, sizes, seed + 31 * attempt, digits=True)
            found = None if data is None else precisely(ground, equation, sizes, data)
            if found is not None:
                return found
    return None


def in_digits(
    ground: Ground, equation: Equation, sizes: Mapping[str, int] | None, seed: int
) -> tuple[str, Counterexample | None]:
    """(why no residues meet what is assumed, "" if they do; real data for which the claim is false)."""
    reason = ""
    for place in _places(ground.program, sizes, seed):
        try:
            draw(ground.program, place.sizes, place.seed, exact=True)
        except UnmetAssumption as unmet:
            reason = reason or f"{unmet}: equal in sixty digits, no proof"
        data = finite_data(ground.program, place.sizes, place.seed, digits=True)
        found = None if data is None else precisely(ground, equation, place.sizes, data)
        if found is not None:
            return reason, found
    return reason, None


def tied_counterexample(ground: Ground, equation: Equation, look: Look) -> Counterexample | None:
    """The same at the very data of a place where values tie."""
    place = look.place
    for attempt in range(_ATTEMPTS):
        data = draw(ground.program, place.sizes, place.seed + 7919 * attempt, place.style, exact=True)
        found = precisely(ground, equation, place.sizes, data)
        if found is not None:
            return found
    return None


def precisely(ground: Ground, equation: Equation, sizes: Mapping[str, int], data: Data) -> Counterexample | None:
    """The element that is furthest off in sixty digits, if any is."""
    bench = Bench(ground, sizes, data, Precise())
    try:
        wrong = bench.wrong(equation)
    except FAILURES:
        return None
    if not wrong:
        return None
    claimed = bench.values(equation.rhs, equation.axes, wrong)
    truth = bench.truth(equation, wrong)
    worst = max(range(len(wrong)), key=lambda place: _gap(claimed[place], truth[place]))
    return Counterexample(
        dict(sizes), wrong[worst], bench.element(equation, wrong[worst]), float(claimed[worst]), float(truth[worst]),
        wrong, len(bench.positions(equation.axes)),
    )  # fmt: skip


def _gap(claimed: object, truth: object) -> float:
    gap = abs(float(claimed) - float(truth))  # type: ignore[arg-type]
    return gap if gap == gap else float("inf")


def _smallest(ground: Ground, equation: Equation, place: Place) -> dict[str, int]:
    """Sizes at which the claim is false: each in turn as small as it can be."""
    conditions = conditions_of(ground.program, allow_empty=False)

    def shows(sizes: Mapping[str, int]) -> bool:
        return first_failure(conditions, sizes) is None and _is_false(ground, equation, sizes, place.seed)

    small = dict.fromkeys(ground.program.dims, 2)
    sizes = small if shows(small) else dict(place.sizes)
    for name in ground.program.dims:
        for value in range(1, sizes[name]):
            if shows({**sizes, name: value}):
                sizes = {**sizes, name: value}
                break
    return sizes


def _is_false(ground: Ground, equation: Equation, sizes: Mapping[str, int], seed: int) -> bool:
    for attempt in range(_ATTEMPTS):
        try:
            data = draw(ground.program, sizes, seed + 7919 * attempt, exact=True)
            return Bench(ground, sizes, data, Residues(seed + 7919 * attempt)).is_false(equation)
        except POLES:
            continue
        except UnmetAssumption:
            break
    return False

"""Claims against the truth at several sizes: exactly, modulo a prime; what differs there, in sixty digits.

The δ themselves are compared with forward mode of the network at each place, so that a claim is not held against a
wrong one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from symbackprop.claims.bench import FAILURES, POLES, Bench
from symbackprop.claims.ground import Ground
from symbackprop.claims.probes import differs, has_loss, probes, ties_at
from symbackprop.errors import InvalidSize
from symbackprop.feasible.size_conditions import conditions_of, first_failure
from symbackprop.feasible.system import value_facts
from symbackprop.interpret import Float, Precise, Residues
from symbackprop.interpret.compile import Position
from symbackprop.interpret.witnessed import Witnessed
from symbackprop.terms.program import Equation, Program
from symbackprop.verify.data import Data, Style, UnmetAssumption, draw, finite_data
from symbackprop.verify.exact import Place, check_exact, places
from symbackprop.verify.feasible_sizes import feasible_sizes, generic_sizes

_ATTEMPTS = 8
_BUDGET = 25_000  # work of all the places together, as `verify.work` counts it
_DRAWS = 4
_COMBINATIONS = 8  # places more, where values are assumed
_LARGER = 60_000  # work of one of them at larger sizes


@dataclass(frozen=True, slots=True)
class Look:
    """One claim at one place: how many elements were compared, and where they differ."""

    place: Place
    entries: int
    wrong: tuple[Position, ...]

    @property
    def tied(self) -> bool:
        return self.place.style is Style.TIED


@dataclass(frozen=True, slots=True)
class Counterexample:
    """An element where a claim is false. `position`: of the claim's indices; `element`: the δ's subscripts; `claimed`,
    `truth`: the values there, in sixty digits; `wrong` of `entries` elements differ, at `data`."""

    sizes: Mapping[str, int]
    position: Position
    element: Position
    claimed: Any
    truth: Any
    wrong: tuple[Position, ...]
    entries: int
    data: Data


def looks(ground: Ground, sizes: Mapping[str, int] | None, seed: int) -> tuple[list[list[Look]], list[Bench]]:
    """(for each claim what was seen at each place, the benches of places without ties)."""
    seen: list[list[Look]] = [[] for _ in ground.equations]
    benches: list[Bench] = []
    for place in _places(ground.program, sizes, seed):
        bench = _exact_bench(ground, place)
        if bench is None:
            continue
        if place.style is not Style.TIED:
            benches.append(bench)
        for claim, equation in enumerate(ground.equations):
            try:
                wrong = bench.wrong(equation)
            except FAILURES:
                continue  # a pole that is the claim's own
            seen[claim].append(Look(place, len(bench.positions(equation.axes)), wrong))
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
        bench = None if sizes is None else _exact_bench(ground, Place(sizes, seed, Style.SIGNED))
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


def _exact_data(program: Program, place: Place) -> Iterator[tuple[int, Data]]:
    """(seed, residues, or small rationals that tie), drawn anew each time; nothing where none meet what is assumed."""
    for attempt in range(_ATTEMPTS):
        seed = place.seed + 7919 * attempt
        try:
            yield seed, draw(program, place.sizes, seed, place.style, exact=True)
        except UnmetAssumption:
            return


def _exact_bench(ground: Ground, place: Place) -> Bench | None:
    """Residues at which nothing has a pole."""
    for seed, data in _exact_data(ground.program, place):
        bench = Bench(ground, place.sizes, data, Residues(seed))
        with suppress(*POLES):
            for adjoint in ground.adjoints.values():
                bench.backward.array(adjoint)
            return bench
    return None


def derivation_stands(ground: Ground, seen: Sequence[Look]) -> bool:
    """Whether the δ, and what the derivatives were derived of, agree with forward mode at these places, as `verify`
    decides it."""
    here = dict.fromkeys((tuple(look.place.sizes.items()), look.place.seed, look.place.style) for look in seen)
    return all(
        check_exact(program, derived, dict(sizes), seed, style).passed
        for program, derived in ((ground.program, ground.derived), *ground.sources)
        for sizes, seed, style in here
    )


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


def tied_counterexample(ground: Ground, equation: Equation, look: Look) -> Counterexample | None:
    """The same at the very data of a place where values tie, but at an element where none does."""
    sizes = look.place.sizes
    for _, data in _exact_data(ground.program, look.place):
        if has_loss(Bench(ground, sizes, data, Float())):
            found = exactly(ground, equation, sizes, data)
            if found is not None:
                return found
    return None


def probed(
    ground: Ground, equation: Equation, places: Sequence[Mapping[str, int]], seed: int, most: int
) -> Counterexample | None:
    """Real data of `probes` at which the claim is false and nothing ties."""
    for sizes in places:
        for probe in probes(ground, equation, sizes, seed, most):
            if probe.coarse:
                found = exactly(ground, equation, sizes, probe.data)
            elif differs(probe.bench, equation):
                found = precisely(ground, equation, sizes, probe.data)
            else:
                continue
            if found is not None:
                return found
    return None


def exactly(ground: Ground, equation: Equation, sizes: Mapping[str, int], data: Data) -> Counterexample | None:
    """An element that differs exactly, at data of few digits, and where nothing ties."""
    witnessed = Witnessed()
    bench = Bench(ground, sizes, data, witnessed)
    try:
        wrong = bench.wrong(equation)
        claimed, truth = ([witnessed.real(v) for v in side] for side in _sides(bench, equation, wrong))
    except FAILURES:
        return None
    apart = (place for place in range(len(wrong)) if not bench.near(claimed[place], truth[place]))
    place = next((p for p in apart if not ties_at(ground, equation, sizes, data, wrong[p])), None)
    return None if place is None else _shown(bench, equation, data, place, float(claimed[place]), float(truth[place]))


def precisely(ground: Ground, equation: Equation, sizes: Mapping[str, int], data: Data) -> Counterexample | None:
    """The element that is furthest off in sixty digits, if any is."""
    bench = Bench(ground, sizes, data, Precise())
    try:
        wrong = bench.wrong(equation)
    except FAILURES:
        return None
    if not wrong:
        return None
    claimed, truth = _sides(bench, equation, wrong)
    worst = max(range(len(wrong)), key=lambda place: _gap(claimed[place], truth[place]))
    return _shown(bench, equation, data, worst, claimed[worst], truth[worst])


def _sides(bench: Bench, equation: Equation, positions: Sequence[Position]) -> tuple[list[Any], list[Any]]:
    return bench.values(equation.rhs, equation.axes, positions), bench.truth(equation, positions)


def _shown(bench: Bench, equation: Equation, data: Data, place: int, claimed: Any, truth: Any) -> Counterexample:
    """The counterexample at one of the positions where the bench finds the claim wrong."""
    wrong, entries = bench.wrong(equation), len(bench.positions(equation.axes))
    element = bench.element(equation, wrong[place])
    return Counterexample(bench.sizes, wrong[place], element, claimed, truth, wrong, entries, data)


def witnesses(ground: Ground, equation: Equation, found: Counterexample, seed: int) -> list[Bench]:
    """Benches of real data, exact: those of the counterexample, and others like it where the claim may be true."""
    others = (probe.data for probe in probes(ground, equation, found.sizes, seed, _DRAWS))
    return [Bench(ground, found.sizes, each, Witnessed(seed)) for each in (found.data, *others)]


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
    for again, data in _exact_data(ground.program, Place(sizes, seed, Style.SIGNED)):
        with suppress(*POLES):
            return Bench(ground, sizes, data, Residues(again)).is_false(equation)
    return False

"""Claims about one network: each proved, refuted or, with the reason, left undecided.

proved      one normal form on both sides, for all sizes; or exactly equal, modulo a prime, at sizes with room to
            tell and on every region there (`by_region`): by every joint truth assignment of the conditions that an
            element depends on; or so wherever no values tie, at ties of the network another convention
refuted     different in sixty digits, on real data, where nothing ties
undecided   what the exact comparison calls different is equal in sixty digits; a region was not shown to be one
            where both sides agree; or no sizes had room
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from symbackprop.claims.assumed import assumption_for
from symbackprop.claims.bench import Bench
from symbackprop.claims.by_region import Walk, walk_regions
from symbackprop.claims.claim_report import ClaimReport, Row, Verdict, digits, plain
from symbackprop.claims.compare import (
    Counterexample,
    Look,
    counterexample,
    derivation_stands,
    false_at,
    looks,
    probed,
    tied_counterexample,
    varied,
    witnesses,
)
from symbackprop.claims.diagnose import Finding, diagnose
from symbackprop.claims.ground import Ground, ground_of
from symbackprop.claims.proof import Prover
from symbackprop.claims.repair import Mistake
from symbackprop.claims.room import WORK, extents_of, have_room, reach_of, roomy_sizes
from symbackprop.claims.words import Words
from symbackprop.feasible import UnmetAssumption
from symbackprop.feasible.size_conditions import size_failure
from symbackprop.language import Claim
from symbackprop.terms.program import Equation, Program
from symbackprop.terms.term import Term
from symbackprop.verify.asked import asked_seed, asked_sizes, check_sizes, check_work
from symbackprop.verify.data import draw
from symbackprop.verify.feasible_sizes import feasible_sizes, unmet_assumption
from symbackprop.verify.prime_sizes import choose_sizes

_ALL_SIZES = "for all sizes"
_CONVENTION = "the claim follows another convention"
_FORMAL = "equal in sixty digits, but not by the identities that exact arithmetic knows: no proof"
_POLES = "every draw of data hit a pole or an empty range: nothing was compared"
_SMALL = "no proof for all sizes, and none tried at which every index takes several values, all ranges unlike"
_UNSOUND = "the derivation itself could not be confirmed by forward mode here"
_TOO_MANY = "the conditions have more joint cases than could be looked at: equal in those that were"
_VAGUE = (Mistake.TERM, Mistake.MISSING, Mistake.UNKNOWN)  # findings that an assumption explains better
_LEAST = 2  # of sizes at which claims are walked through
_REPAIRS = 12  # that are looked at everywhere, for one claim
_PROBES, _MORE_PROBES = 16, 200  # draws of real data: of every claim without a proof, of one that fails in some region


def check_claims(
    program: Program, claims: Sequence[Claim], dims: Mapping[str, int] | None = None, seed: int = 0,
    explain: bool = True,
) -> ClaimReport:  # fmt: skip
    """The verdicts, in the order of the claims. `program`: their network as it was written.

    `dims`: the sizes to look at, small ones being chosen for the others. `explain`: whether to look for what is wrong
    with a false one. Raises `InvalidSize` or `UnknownSymbol` for
    impossible ones.
    """
    ground = ground_of(program, claims)
    dims, seed = asked_sizes(dims), asked_seed(seed)
    sizes = None if dims is None else _sizes(ground.program, dims, seed)
    prover = Prover.of(ground)
    unmet = unmet_assumption(ground.program, sizes, seed)
    if unmet is not None:
        rows = [_without_data(*each, prover, unmet) for each in zip(claims, ground.equations, strict=True)]
        return ClaimReport(program.name, tuple(rows), seed)
    seen, benches = looks(ground, sizes, seed)
    words = Words.of(ground, prover.facts)
    judge = _Judge(ground, prover, words, benches, sizes, seed, explain)
    rows = [judge.row(*each) for each in zip(claims, ground.equations, seen, strict=True)]
    return ClaimReport(program.name, tuple(rows), seed)


def _sizes(program: Program, dims: Mapping[str, int], seed: int) -> dict[str, int]:
    whole = set(program.dims) <= set(dims)
    try:
        sizes = check_sizes(program, dims) if whole else feasible_sizes(program, seed, given=dims)
    except UnmetAssumption:
        sizes = choose_sizes(program, seed, given=dims)
    check_work(program, sizes, WORK)
    return sizes


def _without_data(claim: Claim, equation: Equation, prover: Prover, unmet: UnmetAssumption) -> Row:
    """Where nothing can be compared: by the proof for all sizes alone, and not if what is assumed is impossible."""
    if not unmet.sure and prover.proves(equation):
        return Row(claim.text, claim.place, Verdict.PROVED, f"{_ALL_SIZES}, by algebra alone: {unmet}")
    return Row(claim.text, claim.place, Verdict.UNDECIDED, str(unmet))


@dataclass(slots=True)
class _Judge:
    ground: Ground
    prover: Prover
    words: Words
    benches: Sequence[Bench]
    fixed: Mapping[str, int] | None
    seed: int
    explain: bool

    def row(self, claim: Claim, equation: Equation, seen: Sequence[Look]) -> Row:
        wrong = [look for look in seen if look.wrong and not look.tied]
        for look in wrong:
            found = counterexample(self.ground, equation, look, self.fixed is not None, self.seed)
            if found is not None:
                return self._refuted(claim, equation, found)
        if self.prover.proves(equation):
            return Row(claim.text, claim.place, Verdict.PROVED, _ALL_SIZES)
        sizes = self._small_sizes(equation, self.fixed)
        places = [sizes] if sizes is not None else [look.place.sizes for look in seen[:1]]
        found = probed(self.ground, equation, places, self.seed, _PROBES)
        if found is not None:
            return self._refuted(claim, equation, found)
        residues = self._without_residues(sizes) if not seen or sizes is not None else ""
        if residues or sizes is None:
            return self._undecided(claim, residues or f"{_SMALL}: equal {_exactly(_looked_at(seen))}")
        return self._by_regions(claim, equation, seen, sizes)

    def _without_residues(self, sizes: Mapping[str, int] | None) -> str:
        """Why nothing can be shown exactly, where only real numbers meet what is assumed."""
        try:
            draw(self.ground.program, sizes or feasible_sizes(self.ground.program, self.seed), self.seed, exact=True)
        except UnmetAssumption as unmet:
            return f"{unmet}; equal at real data, but no proof"
        return ""

    def _small_sizes(self, equation: Equation, fixed: Mapping[str, int] | None = None) -> dict[str, int] | None:
        """Small ones with room to tell, all of them several (at one class alone a softmax has no gradient); where sizes
        are fixed only if these have room."""
        extents, reach = extents_of(equation, self.prover.derived(equation)), reach_of(self.ground, equation)
        if fixed is not None and not have_room(extents, fixed, reach):
            return None
        return roomy_sizes(self.ground, extents, dict.fromkeys(self.ground.program.dims, _LEAST), reach)

    def _by_regions(self, claim: Claim, equation: Equation, seen: Sequence[Look], sizes: Mapping[str, int]) -> Row:
        """Without a proof for all sizes: on every region, at sizes with room."""
        strict, tied = walk_regions(self.ground, equation, sizes, self.seed)
        if not strict.holds:
            return self._not_everywhere(claim, equation, seen, strict)
        if not derivation_stands(self.ground, [look for look in seen if look.entries and not look.tied]):
            return self._undecided(claim, _UNSOUND)
        shown = _exactly([strict.sizes])
        if tied is None or tied.holds:
            return Row(claim.text, claim.place, Verdict.PROVED, shown)
        if tied.against is not None and not tied.against.at_kink:
            return self._not_everywhere(claim, equation, seen, tied)
        where = self.words.choices(tied.against) if tied.against is not None else "values tie"
        return Row(claim.text, claim.place, Verdict.PROVED, f"away from ties, {shown}; where {where}, {_CONVENTION}")

    def _not_everywhere(self, claim: Claim, equation: Equation, seen: Sequence[Look], walk: Walk) -> Row:
        larger = {name: 2 * size + 1 for name, size in walk.sizes.items()}
        beyond = [] if walk.never is None or size_failure(self.ground.program, larger) is not None else [larger]
        found = probed(self.ground, equation, [walk.sizes, *beyond], self.seed + 1, _MORE_PROBES)
        for look in seen:
            if found is None and look.tied and look.wrong:
                found = tied_counterexample(self.ground, equation, look)
        if found is not None:
            return self._refuted(claim, equation, found)
        if not walk.complete:
            return self._undecided(claim, f"{_TOO_MANY} {_exactly(_looked_at(seen))}")
        if walk.never is not None:
            never = self.words.condition(walk.never)
            return self._undecided(claim, f"one case of the condition {never} never came up; equal in the other")
        if walk.against is None:
            return self._undecided(claim, _POLES)
        where = self.words.choices(walk.against)
        if not where:
            return self._undecided(claim, _FORMAL)
        return self._undecided(claim, f"not shown where {where}, which no data that were drawn met")

    def _assuming(self, equation: Equation) -> Finding | None:
        """That the claim is true under an assumption which was not stated."""
        sizes = self._small_sizes(equation)
        found = None if sizes is None else assumption_for(self.ground, equation, sizes, self.seed)
        return None if found is None else Finding(Mistake.ASSUMED, f"true under net.assume({found.text})")

    def _everywhere(self, equation: Equation) -> Callable[[Term], bool]:
        """Whether another right-hand side would be true, at all sizes and data where claims are looked at; of a few
        that are asked for."""
        known: dict[Term, bool] = {}

        def holds(term: Term) -> bool:
            if term not in known:
                known[term] = len(known) < _REPAIRS and self._proved(replace(equation, rhs=term))
            return known[term]

        return holds

    def _proved(self, equation: Equation) -> bool:
        if false_at(self.benches, equation):
            return False
        if self.prover.proves(equation):
            return True
        sizes = self._small_sizes(equation)
        if sizes is None or probed(self.ground, equation, [sizes], self.seed, _PROBES) is not None:
            return False
        strict, tied = walk_regions(self.ground, equation, sizes, self.seed)
        return strict.holds and (tied is None or tied.against is None or tied.against.at_kink)

    def _undecided(self, claim: Claim, note: str) -> Row:
        return Row(claim.text, claim.place, Verdict.UNDECIDED, note)

    def _refuted(self, claim: Claim, equation: Equation, found: Counterexample) -> Row:
        if not self.explain:
            return self._differing(claim, equation, found, Finding(Mistake.UNKNOWN, ""), [])
        self.benches = varied(self.ground, equation, self.benches, self.seed)
        false = false_at([*self.benches, *witnesses(self.ground, equation, found, self.seed)], equation)
        finding = diagnose(self.prover, self.words, equation, false, self._everywhere(equation))
        if finding.mistake in _VAGUE:
            finding = self._assuming(equation) or finding
        return self._differing(claim, equation, found, finding, false)

    def _differing(
        self, claim: Claim, equation: Equation, found: Counterexample, finding: Finding, false: Sequence[Bench]
    ) -> Row:
        derived = self.words.derived(equation, self.prover.derived(equation))
        return Row(
            claim.text, claim.place, Verdict.REFUTED,
            sizes=found.sizes,
            element=self.words.element(equation, found.position, found.element),
            position={str(axis.index): value for axis, value in zip(equation.axes, found.position, strict=True)},
            claimed=float(found.claimed), derived=float(found.truth), digits=digits(found.claimed, found.truth),
            data={name: plain(array) for name, array in found.data.items()},
            wrong=len(found.wrong), entries=found.entries, where=_where(false, equation),
            mistake=finding.mistake.name, finding=finding.text, repaired=finding.repaired,
            derivation=(self.words.equation(equation, derived), *self.words.left_over(derived)),
        )  # fmt: skip


def _where(benches: Sequence[Bench], equation: Equation) -> str:
    """`at t = T`, where the claim is wrong at one end of an index's range alone, wherever it has three values."""
    ends = [_wrong_ends(bench, equation) for bench in benches]
    found = [each for each in ends if each is not None]
    common = [end for end in found[0] if all(end in others for others in found)] if found else []
    return f"at {common[0]}" if common else ""


def _wrong_ends(bench: Bench, equation: Equation) -> list[str] | None:
    """The ends of ranges outside of which nothing is wrong; None where no range is long enough to tell."""
    wrong, positions = bench.wrong(equation), bench.positions(equation.axes)
    out: list[str] = []
    long = False
    for place, axis in enumerate(equation.axes):
        if len({position[place] for position in positions}) > 2:
            long = True
            values, size = {position[place] for position in wrong}, bench.backward.size
            out += [f"{axis.index} = {end}" for end in (axis.low, axis.high) if values == {size(end)}]
    return out if long else None


def _looked_at(seen: Sequence[Look]) -> list[Mapping[str, int]]:
    """The sizes at which random data were compared."""
    return [look.place.sizes for look in seen if look.entries and not look.tied]


def _exactly(places: Sequence[Mapping[str, int]]) -> str:
    """At which sizes."""
    sizes = list(dict.fromkeys(tuple(each.items()) for each in places))
    shown = "; ".join(", ".join(f"{name}={value}" for name, value in each) for each in sizes[:3])
    more = f"; and at {len(sizes) - 3} more" if len(sizes) > 3 else ""
    return f"exactly, modulo a prime, at {shown}{more}" if shown else "exactly, modulo a prime"

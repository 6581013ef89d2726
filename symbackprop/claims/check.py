"""Claims about one network: each proved, refuted or, with the reason, left undecided.

    proved      one normal form on both sides, for all sizes; or exactly equal, modulo a prime, at every place tried, of
                which one had room to tell
    refuted     different in sixty digits, on real data
    undecided   what the exact comparison calls different is equal in sixty digits, or different where values tie alone;
                or no place had room
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from symbackprop.claims.bench import Bench
from symbackprop.claims.compare import (
    Counterexample,
    Look,
    counterexample,
    false_at,
    in_digits,
    looks,
    tied_counterexample,
    varied,
)
from symbackprop.claims.diagnose import diagnose
from symbackprop.claims.ground import Ground, ground_of
from symbackprop.claims.proof import Prover
from symbackprop.claims.report import ClaimReport, Row, Verdict
from symbackprop.claims.room import WORK, extents_of, have_room, reach_of, roomy_look
from symbackprop.claims.words import Words
from symbackprop.feasible import UnmetAssumption
from symbackprop.language import Claim
from symbackprop.terms.program import Equation, Program
from symbackprop.verify.asked import asked_seed, asked_sizes, check_work
from symbackprop.verify.feasible_sizes import feasible_sizes, unmet_assumption
from symbackprop.verify.sizes import check_sizes, choose_sizes

_ALL_SIZES = "for all sizes"
_KINKS = "equal wherever no values tie; where they do, the derivation's convention at kinks is another"
_FORMAL = "equal in sixty digits, but not by the identities that exact arithmetic knows: no proof"
_POLES = "every draw of data hit a pole or an empty range: nothing was compared"
_SMALL = "no proof for all sizes, and none tried at which every index takes several values, all ranges unlike"
_UNSOUND = "the derivation itself could not be confirmed by forward mode here"


def check_claims(
    program: Program, claims: Sequence[Claim], dims: Mapping[str, int] | None = None, seed: int = 0
) -> ClaimReport:
    """The verdicts, in the order of the claims. `program`: their network as it was written (`Network.as_written`).

    `dims`: the sizes to look at, small ones being chosen for the others. Raises `InvalidSize` or `UnknownSymbol` for
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
    judge = _Judge(ground, prover, words, benches, sizes, seed)
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


class _Judge:
    def __init__(
        self, ground: Ground, prover: Prover, words: Words, benches: Sequence[Bench],
        sizes: Mapping[str, int] | None, seed: int,
    ) -> None:  # fmt: skip
        self.ground, self.prover, self.words, self.benches = ground, prover, words, list(benches)
        self.sizes, self.fixed, self.seed = sizes, sizes is not None, seed

    def row(self, claim: Claim, equation: Equation, seen: Sequence[Look]) -> Row:
        for look in seen:
            if look.wrong and not look.tied:
                found = counterexample(self.ground, equation, look, self.fixed, self.seed)
                if found is not None:
                    return self._refuted(claim, equation, found)
        if any(look.wrong and not look.tied for look in seen):
            return Row(claim.text, claim.place, Verdict.UNDECIDED, _FORMAL)
        for look in seen:
            tie = tied_counterexample(self.ground, equation, look) if look.wrong else None
            if tie is not None:
                return self._shown(claim, equation, tie, Verdict.UNDECIDED, _KINKS)
        if self.prover.proves(equation):
            return Row(claim.text, claim.place, Verdict.PROVED, _ALL_SIZES)
        if not any(look.entries and not look.tied for look in seen):
            return self._in_digits(claim, equation)
        if not all(look.sound for look in seen):
            return Row(claim.text, claim.place, Verdict.UNDECIDED, _UNSOUND)
        return self._by_looks(claim, equation, [look for look in seen if look.entries and not look.tied])

    def _in_digits(self, claim: Claim, equation: Equation) -> Row:
        """Where no residues serve: real data may refute."""
        reason, found = in_digits(self.ground, equation, self.sizes, self.seed)
        if found is not None:
            return self._refuted(claim, equation, found)
        return Row(claim.text, claim.place, Verdict.UNDECIDED, reason or _POLES)

    def _by_looks(self, claim: Claim, equation: Equation, seen: Sequence[Look]) -> Row:
        """Without a proof for all sizes: proved where there was room to tell, if need be at one place more."""
        extents = extents_of(equation, self.prover.derived(equation))
        reach = reach_of(self.ground, equation)
        roomy = [look for look in seen if have_room(extents, look.place.sizes, reach)]
        if not roomy and not self.fixed:
            look = roomy_look(self.ground, equation, extents, seen[0].place, reach)
            found = look and look.wrong and counterexample(self.ground, equation, look, False, self.seed)
            if found:
                return self._refuted(claim, equation, found)
            roomy = [] if look is None or look.wrong else [look]
        if not roomy:
            return Row(claim.text, claim.place, Verdict.UNDECIDED, f"{_SMALL}: equal {_exactly(seen)}")
        return Row(claim.text, claim.place, Verdict.PROVED, _exactly([*roomy, *seen]))

    def _refuted(self, claim: Claim, equation: Equation, found: Counterexample) -> Row:
        return self._shown(claim, equation, found, Verdict.REFUTED, "")

    def _shown(self, claim: Claim, equation: Equation, found: Counterexample, verdict: Verdict, note: str) -> Row:
        self.benches = varied(self.ground, equation, self.benches, self.seed)
        false = false_at(self.benches, equation)
        finding = diagnose(self.prover, self.words, equation, false)
        ranges = {axis.index: axis for axis in equation.axes}
        derived = self.words.told(self.prover.derived(equation), ranges)
        return Row(
            claim.text, claim.place, verdict, note,
            sizes=found.sizes,
            element=self.words.element(equation, found.position, found.element),
            claimed=found.claimed, derived=found.truth,
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


def _exactly(seen: Sequence[Look]) -> str:
    """At which sizes."""
    sizes = list(dict.fromkeys(tuple(look.place.sizes.items()) for look in seen if look.entries))
    shown = "; ".join(", ".join(f"{name}={value}" for name, value in each) for each in sizes[:3])
    more = f"; and at {len(sizes) - 3} more" if len(sizes) > 3 else ""
    return f"exactly, modulo a prime, at {shown}{more}" if shown else "exactly, modulo a prime"

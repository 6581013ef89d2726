"""What is wrong with a false claim: the smallest change that makes it true, or the terms in which it differs.

Tried in this order, each by residues at several places: a factor off the whole; a term of the derived ones that is
missing; one repair anywhere in the claim; two terms that are missing, or one when all is multiplied out; one repair and
a factor; and last the terms that have no counterpart on the other side.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import combinations, islice
from typing import Any

from symbackprop.claims.bench import Bench
from symbackprop.claims.normal import Normaliser
from symbackprop.claims.proof import Prover
from symbackprop.claims.repair import Mistake, Repair, Repairs
from symbackprop.claims.trial import Trial
from symbackprop.claims.unfold import TooLong
from symbackprop.claims.words import Words
from symbackprop.edits import Factor
from symbackprop.interpret.field import PRIME
from symbackprop.terms.build import NIL, add, indicator, mul, neg, number, power
from symbackprop.terms.needed import needed_for
from symbackprop.terms.products import addends
from symbackprop.terms.program import Equation
from symbackprop.terms.rewrite import Ranges, ranges_of
from symbackprop.terms.term import (
    Add,
    Axis,
    Mul,
    Number,
    PolyValue,
    Power,
    Reduce,
    Reduction,
    Term,
    Where,
    accesses,
    subterms,
)

_MOST_REPAIRS = 4000
_MOST_TERMS = 6  # that a sentence can name


@dataclass(frozen=True, slots=True)
class Finding:
    """`text`: what is wrong, in a sentence. `repaired`: the claim without it, as an equation, where that is true."""

    mistake: Mistake
    text: str
    repaired: str = ""


def diagnose(
    prover: Prover, words: Words, equation: Equation, benches: Sequence[Bench], everywhere: Callable[[Term], bool]
) -> Finding:
    """What is wrong with a claim that is false at the benches (modulo a prime); nothing is known without one. No repair
    is told that does not hold `everywhere`."""
    trial = Trial.of(equation, benches, everywhere)
    if not trial.spots:
        return Finding(Mistake.UNKNOWN, "")
    return _Diagnosis(prover, words, trial).finding()


class _Diagnosis:
    def __init__(self, prover: Prover, words: Words, trial: Trial) -> None:
        self.prover, self.words, self.trial = prover, words.about(trial.equation), trial
        self.equation: Equation = trial.equation
        self.ranges: Ranges = ranges_of(self.equation.axes)
        self.claimed: Term = self.equation.rhs
        self.derived: Term = self.words.derived(self.equation, prover.derived(self.equation))

    def finding(self) -> Finding:
        return (
            self._vanishing()
            or self._factor()
            or self._missing(addends(self.derived), most=1)
            or self._repair()
            or self._missing(self._multiplied_out(self.derived), most=2)
            or self._missing(self._multiplied_out(self._unfolded(self.derived)), most=2)
            or self._repair_and_factor()
            or self._aligned()
            or Finding(Mistake.UNKNOWN, "")
        )

    def _found(self, mistake: Mistake, text: str, term: Term) -> Finding:
        return Finding(mistake, text, self.words.equation(self.equation, term))

    # --- the whole ---------------------------------------------------------------------------------
    def _vanishing(self) -> Finding | None:
        """A δ that is zero."""
        if any(value for spot in self.trial.spots for value in spot.truth) or not self.trial.holds(number(0)):
            return None
        ground = self.words.ground
        tensor, loss = ground.tensor_of(self.equation.target), ground.program.loss or ""
        reached = tensor is None or tensor in needed_for(ground.program, [loss])
        text = f"{self.words.left(self.equation)} is zero there" if reached else f"the loss does not depend on {tensor}"
        return self._found(Mistake.EXTRA, text, number(0))

    def _factor(self) -> Finding | None:
        scale = self.trial.factor(self.claimed)
        if scale is None:
            return None
        if scale is number(-1):
            has = f"claim has {self._brief(self.claimed, 1)}, derived has {self._brief(self.claimed, -1)}"
            return self._found(Mistake.SIGN, f"the sign is wrong: {has}", mul(scale, self.claimed))
        return self._found(Mistake.FACTOR, self._off_by(scale), mul(scale, self.claimed))

    def _brief(self, term: Term, sign: int) -> str:
        text = self.words.signed(term if sign > 0 else neg(term))
        return text if not isinstance(term, Add) else f"{'+' if sign > 0 else '-'}({self.words.term(term)})"

    def _off_by(self, scale: Term) -> str:
        """`derived is claim·scale`, with what that is at some sizes."""
        inverse, factor = power(scale, -1), self.words.term(scale)
        if isinstance(scale, Number):
            return f"off by the factor {self.words.term(inverse)}"
        spot = self.trial.spots[0]
        at = _at(spot.bench, scale)
        (value,) = spot.bench.values(inverse, (), [()])
        ratio = _rational(value)
        shown = f" (claimed/derived = {ratio} at {at})" if ratio and at else ""
        return f"off by the factor {self.words.term(inverse)}: the factor {factor} is missing{shown}"

    # --- one repair --------------------------------------------------------------------------------
    @property
    def _repairs(self) -> Repairs:
        table = self.words.ground.table
        read = dict.fromkeys(a.tensor for term in (self.derived, self.claimed) for a in accesses(term))
        others = [name for name in self.words.ground.program.table if name not in read]
        names = dict.fromkeys((*read, *others, *self.words.ground.adjoints.values()))
        tensors = tuple(name for name in names if name in table and name != self.equation.target)
        factors = tuple(dict.fromkeys(self._factors_of(self.derived, (), self.ranges)))
        return Repairs(self.words, tensors, factors)

    def _repaired(self, repairs: Repairs) -> Iterator[Repair]:
        """The claim with one repair, as many as there is time for."""
        for repair in islice(repairs(self.claimed, self.ranges), _MOST_REPAIRS):
            if repair.term is not self.claimed:
                yield repair

    def _factors_of(self, term: Term, axes: tuple[Axis, ...], ranges: Ranges) -> Iterator[Factor]:
        match term:
            case Mul(args):
                for arg in args:
                    yield from self._factors_of(arg, axes, ranges)
                plain = [arg for arg in args if arg.tensors and not isinstance(arg, Reduce | Where)]
                yield from (Factor(mul(*pair), axes) for pair in combinations(plain, 2))  # a·(1 - a)
            case Add(args):
                yield Factor(term, axes)
                for arg in args:
                    yield from self._factors_of(arg, axes, ranges)
            case Where(condition, then, _):
                if condition.tensors:
                    yield Factor(indicator(condition), axes)
                yield from self._factors_of(then, axes, ranges)
            case Reduce(Reduction.SUM, _, _):
                opened, body = Repairs(self.words, (), ()).opened(term, ranges)
                inside = {**ranges, **ranges_of(opened)}
                yield from self._factors_of(body, (*axes, *opened), inside)
            case Number():
                return
            case Power(base, _):
                yield Factor(term, axes)
                yield Factor(base, axes)
            case _:
                yield Factor(term, axes)

    def _repair(self) -> Finding | None:
        """The one that leaves the shortest claim."""
        repairs = self._repairs
        found = [
            self._found(repair.mistake, repairs.told(repair), repair.term)
            for repair in self._repaired(repairs)
            if self.trial.holds(repair.term)
        ]
        return min(found, key=_preference, default=None)

    def _repair_and_factor(self) -> Finding | None:
        repairs = self._repairs
        found = [
            self._found(repair.mistake, f"{repairs.told(repair)}; and {self._off_by(scale)}", mul(scale, repair.term))
            for repair in self._repaired(repairs)
            if (scale := self.trial.factor(repair.term)) is not None
        ]
        return min(found, key=_preference, default=None)

    # --- terms -------------------------------------------------------------------------------------
    def _missing(self, derived: Sequence[Term], most: int) -> Finding | None:
        """One of the derived terms, or `most` of them, account for the whole difference."""
        difference = self.trial.missing()
        if self.claimed is not NIL and not any(value for spot in self.trial.spots for value in spot.claimed):
            return None  # what cancels within itself says nothing of other terms
        known = [(term, values) for term in derived if (values := self.trial.values(term)) is not None]
        for some in (each for count in range(1, most + 1) for each in combinations(known, count)):
            total = tuple(sum(column) % PRIME for column in zip(*(values for _, values in some), strict=True))
            repaired = add(self.claimed, *(term for term, _ in some))
            if total == difference and self.trial.holds(repaired):
                return self._found(Mistake.MISSING, self._are_missing([term for term, _ in some]), repaired)
        return None

    def _are_missing(self, terms: Sequence[Term]) -> str:
        named = " and ".join(self.words.signed(term) for term in terms)
        return f"the term {named} is missing" if len(terms) == 1 else f"the terms {named} are missing"

    def _aligned(self) -> Finding | None:
        """The terms without a counterpart on the other side, in the form in which they are the fewest."""
        best: tuple[int, list[Term], list[Term]] | None = None
        for claimed, derived in self._forms():
            extra, missing = self._without_counterpart(claimed, derived)
            count = len(extra) + len(missing)
            if extra and missing and count <= _MOST_TERMS and (best is None or count < best[0]):
                best = count, extra, missing
        if best is None:
            return None
        _, extra, missing = best
        has, wants = (" ".join(self.words.signed(term) for term in terms) for terms in (extra, missing))
        repaired = add(self.claimed, *(neg(term) for term in extra), *missing)
        repaired = self.words.told(repaired, self.ranges)
        if not self.trial.holds(repaired):
            return Finding(Mistake.TERM, f"claim has {has}, derived has {wants}")
        return self._found(Mistake.TERM, f"claim has {has}, derived has {wants}", repaired)

    def _forms(self) -> Iterator[tuple[Sequence[Term], Sequence[Term]]]:
        yield addends(self.claimed), addends(self.derived)
        yield self._multiplied_out(self.claimed), self._multiplied_out(self.derived)
        claimed, derived = self._unfolded(self.claimed), self._unfolded(self.derived)
        yield self._multiplied_out(claimed), self._multiplied_out(derived)

    def _unfolded(self, term: Term) -> Term:
        """In the δ that the claim speaks of."""
        with suppress(TooLong):
            spoken = self.claimed.tensors & self.words.ground.backward.definitions.keys()
            term = self.words.unfolded(term, spoken, self.ranges)
        return self.words.told(term, self.ranges)

    def _multiplied_out(self, term: Term) -> Sequence[Term]:
        try:
            return Normaliser(self.prover.facts, self.prover.known).addends(term, self.ranges)
        except TooLong:
            return addends(term)

    def _without_counterpart(self, claimed: Sequence[Term], derived: Sequence[Term]) -> tuple[list[Term], list[Term]]:
        waiting: list[tuple[Term, tuple[Any, ...] | None]] = [(term, self.trial.values(term)) for term in derived]
        extra = []
        for term in claimed:
            values = self.trial.values(term)
            found = next((pair for pair in waiting if values is not None and pair[1] == values), None)
            if found is None:
                extra.append(term)
            else:
                waiting.remove(found)
        return extra, [term for term, _ in waiting]


def _preference(finding: Finding) -> tuple[int, int]:
    """The shortest claim, and of several ways there the plainest mistake."""
    return len(finding.repaired), tuple(Mistake).index(finding.mistake)


def _at(bench: Bench, scale: Term) -> str:
    """The sizes in the factor: `N = 3`."""
    dims = {d.name: None for inner in subterms(scale) if isinstance(inner, PolyValue) for d in inner.poly.dims()}
    return ", ".join(f"{name} = {bench.sizes[name]}" for name in dims)


def _rational(residue: Any) -> str:
    """The fraction of small numbers that the residue is, "" for none (a root)."""
    for below in range(1, 200):
        above = residue * below % PRIME
        above = above - PRIME if above > PRIME // 2 else above
        if abs(above) < 100_000:
            return str(above) if below == 1 else f"{above}/{below}"
    return ""

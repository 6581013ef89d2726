"""What follows about integers: ranges of subscripts, disjoint boxes, orders of loops, over symbolic sizes.

Grammar::

    facts  ::= polynomials known to be >= 0, polynomials known to be != 0, disjunctions of integer conditions

Atoms are sizes (integers >= 1), indices and floors; `a // b` is known by b*q <= a <= b*q + b - 1. Proofs (see
`elimination`) are sound, and complete enough for what subscripts ask: strided and dilated windows, mixed radixes,
guards of several indices. What is not proved, `Facts.refutes` may disprove by a small example.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from symbackprop.terms.build import TRUE, conjuncts, integer_condition, logic_and, logic_or
from symbackprop.terms.elimination import proves_nonnegative, tightened
from symbackprop.terms.poly import Dim, Index, Poly
from symbackprop.terms.positive import plainly_nonnegative
from symbackprop.terms.term import Axis, Connective, Logic, Relation, Term, Truth
from symbackprop.terms.witness import find_witness

_MOST_SPLIT = 5  # disjunctions in one proof


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of sizes and indices.

    >>> i, n = Index("i"), Dim("N")
    >>> facts = Facts.of([Axis(i, Poly.of(0), Poly.of(n) - 1)])
    >>> facts.proves(Poly.of(n) - 1 - Poly.of(i)), facts.proves(Poly.of(n) - 2 - Poly.of(i))
    (True, False)
    >>> facts.refutes(Poly.of(n) - 2 - Poly.of(i))
    {Dim(name='N'): 1, Index(name='i', level=0, fresh=False): 0}
    """

    nonnegative: tuple[Poly, ...] = ()
    distinct: tuple[Poly, ...] = ()
    alternatives: tuple[tuple[Term, ...], ...] = ()

    @staticmethod
    def of(axes: Iterable[Axis] = (), conditions: Iterable[Term] = ()) -> Facts:
        """The facts of positions inside the axes where the conditions hold."""
        return _facts_of(tuple(axes), tuple(conditions))

    # --- more is known -----------------------------------------------------------------------------
    def with_axes(self, axes: Iterable[Axis]) -> Facts:
        """With each axis's index inside its range, which is therefore not empty."""
        polys: list[Poly] = []
        for axis in axes:
            index = Poly.of(axis.index)
            polys += (index - axis.low, axis.high - index, axis.high - axis.low)
        return self.nonnegative_too(polys)

    def nonnegative_too(self, polys: Iterable[Poly]) -> Facts:
        """With each of the polynomials >= 0."""
        known = dict.fromkeys(self.nonnegative)
        for poly in polys:
            poly = tightened(poly)
            if not plainly_nonnegative(poly):
                known[poly] = None
        facts = Facts(tuple(known), self.distinct, self.alternatives)
        return facts._sharpened() if self.distinct else facts

    def equal_too(self, polys: Iterable[Poly]) -> Facts:
        """With each of the polynomials = 0."""
        polys = tuple(polys)
        return self.nonnegative_too((*polys, *(-poly for poly in polys)))

    def assume(self, condition: Term) -> Facts:
        """Under a condition: what it says of sizes and indices; what it says of values is ignored."""
        match condition:
            case Truth(False):
                return self.nonnegative_too([Poly.of(-1)])
            case Logic(Connective.AND, args):
                facts = self
                for arg in args:
                    facts = facts.assume(arg)
                return facts
            case Logic(Connective.OR, args):
                parts = tuple(map(_of_integers, args))
                return self if TRUE in parts else Facts(self.nonnegative, self.distinct, (*self.alternatives, parts))
        match integer_condition(condition):
            case (Relation.GE, poly):
                return self.nonnegative_too([poly])
            case (Relation.EQ, poly):
                return self.equal_too([poly])
            case (Relation.NE, poly):
                return Facts(self.nonnegative, (*self.distinct, poly), self.alternatives)._sharpened()
        return self

    def _sharpened(self) -> Facts:
        """p >= 0 and p != 0 give p >= 1."""
        facts, waiting = Facts(self.nonnegative), []
        for poly in self.distinct:
            for signed in (poly, -poly):
                if facts.proves(signed):
                    facts = facts.nonnegative_too([signed - 1])
                    break
            else:
                waiting.append(poly)
        return Facts(facts.nonnegative, tuple(waiting), self.alternatives)

    # --- questions ---------------------------------------------------------------------------------
    def proves(self, poly: Poly) -> bool:
        """Whether poly >= 0 follows; False where it does not or where no proof is found."""
        value = poly.constant
        if value is not None and value >= 0:
            return True
        if poly in self.nonnegative or plainly_nonnegative(poly):
            return True
        return _proves(self, tightened(poly))

    def proves_zero(self, poly: Poly) -> bool:
        """Whether poly = 0 follows."""
        return not poly.terms or (self.proves(poly) and self.proves(-poly))

    def proves_nonzero(self, poly: Poly) -> bool:
        """Whether poly != 0 follows."""
        if self.proves(poly - 1) or self.proves(-poly - 1) or poly in self.distinct or -poly in self.distinct:
            return True
        return self.equal_too([poly]).contradictory()

    def refutes(self, poly: Poly) -> dict[Dim | Index, int] | None:
        """Small sizes and index values at which the facts hold and poly < 0, if any are found."""
        return find_witness(self.nonnegative, self.distinct, self.alternatives, -poly - 1)

    def contradictory(self) -> bool:
        """Whether provably no position satisfies the facts."""
        return _contradictory(self)


@lru_cache(maxsize=16384)
def _facts_of(axes: tuple[Axis, ...], conditions: tuple[Term, ...]) -> Facts:
    facts = Facts().with_axes(axes)
    for condition in conditions:
        facts = facts.assume(condition)
    return facts


@lru_cache(maxsize=65536)
def _proves(facts: Facts, poly: Poly) -> bool:
    if proves_nonnegative(facts.nonnegative, poly):
        return True
    if not facts.alternatives:
        return False
    first, *rest = _about(facts.alternatives, poly)
    cases = (Facts(facts.nonnegative, facts.distinct, tuple(rest)).assume(arg) for arg in first)
    return all(case.proves(poly) or case.contradictory() for case in cases)


def _about(alternatives: tuple[tuple[Term, ...], ...], poly: Poly) -> list[tuple[Term, ...]]:
    """Those that are split into cases, of which there are as many as their product: what speaks of the polynomial's
    indices goes before what speaks of its sizes, and that before the rest."""
    if len(alternatives) <= _MOST_SPLIT:
        return list(alternatives)
    indices, sizes = set(poly.indices()), set(poly.dims())

    def distance(several: tuple[Term, ...]) -> int:
        known = [integer[1] for arg in several for part in conjuncts(arg) if (integer := integer_condition(part))]
        if any(not indices.isdisjoint(one.indices()) for one in known):
            return 0
        return 1 if any(not sizes.isdisjoint(one.dims()) for one in known) else 2

    return sorted(alternatives, key=distance)[:_MOST_SPLIT]


@lru_cache(maxsize=16384)
def _contradictory(facts: Facts) -> bool:
    for poly in facts.nonnegative:
        if poly.constant is not None:  # below zero, else it had not been kept
            return True
    if any(proves_nonnegative(facts.nonnegative, tightened(-poly - 1)) for poly in facts.nonnegative):
        return True
    if any(facts.proves_zero(poly) for poly in facts.distinct):
        return True
    if not facts.alternatives:
        return False
    first, *rest = facts.alternatives[-_MOST_SPLIT:]
    return all(Facts(facts.nonnegative, facts.distinct, tuple(rest)).assume(arg).contradictory() for arg in first)


def _of_integers(condition: Term) -> Term:
    """What a condition says of sizes and indices: what it says of values is left out."""
    match condition:
        case Logic(Connective.AND, args):
            return logic_and(*map(_of_integers, args))
        case Logic(Connective.OR, args):
            return logic_or(*map(_of_integers, args))
        case _:
            return TRUE if integer_condition(condition) is None else condition


__all__ = ["Facts"]

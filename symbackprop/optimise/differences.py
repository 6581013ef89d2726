"""Sums in which a log-sum-exp and a score of its row cancel, in digits that the larger of them has not lost.

    c·logsumexp_k u - c·v                     is c·log s - c·(v - m)
    c·logsumexp_k u - c·Σ_k y·u               is c·log s - c·Σ_k y·(u - m) + c·m·(1 - Σ_k y)
    c·Σ_n logsumexp_k u - c·Σ_(n, k) y·u      is c·Σ_n (logsumexp_k u - Σ_k y·u)

with m and s as `by_parts` has them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations

from symbackprop.optimise.score_rows import Parts, place_in_row
from symbackprop.terms.build import MINUS, UNIT, add, apply, mul, neg, open_reduce, reduce, sub, substitute
from symbackprop.terms.held_values import canonical
from symbackprop.terms.poly import Poly
from symbackprop.terms.products import factors, is_sum, without
from symbackprop.terms.program import Program
from symbackprop.terms.term import Access, Add, Apply, Axis, Compare, Function, Mul, Reduce, Reduction, Relation, Term


@dataclass(frozen=True, slots=True)
class Differences:
    """Of the log-sum-exps `known` by their parts."""

    program: Program
    known: Mapping[str, Parts]

    def taken(self, term: Add) -> Term:
        """The sum with c·logsumexp - c·v as c·log s - c·(v - m), as often as that is to be found."""
        args = list(term.args)
        for place, arg in enumerate(args):
            for coefficient, core in _products(arg):
                others = without(args, place)
                found: Term | None = None
                if isinstance(core, Access) and core.tensor in self.known:
                    found = self._by_parts(coefficient, core, others)
                elif is_sum(core):
                    found = self._merged(coefficient, core, others)
                if found is not None:
                    return self.taken(found) if isinstance(found, Add) else found
        return term

    def _by_parts(self, coefficient: Term, normal: Access, others: list[Term]) -> Term | None:
        """coefficient·logsumexp + others, where one of the others is a score to be subtracted, or the mean of some."""
        parts = self.known[normal.tensor]
        largest = parts.largest_at(normal.subscripts)
        logarithm = mul(coefficient, apply(Function.LOG, parts.total_at(normal.subscripts)))
        subtracted = [
            (place, core)
            for place, other in enumerate(others)
            for factor, core in _products(other)
            if factor is neg(coefficient) and core.tensors
        ]
        subtracted.sort(key=lambda each: place_in_row(parts, each[1], normal) is None)  # the row's own scores first
        for place, core in subtracted:
            shifted = self._shifted(core, parts, normal, largest)
            if shifted is not None:
                rest = without(others, place)
                return add(logarithm, mul(MINUS, coefficient, shifted), *rest)
        return None

    def _shifted(self, core: Term, parts: Parts, normal: Access, largest: Term) -> Term | None:
        """core - largest, taken where the two cancel: of a score, or of Σ_k y·score."""
        match core:
            case Reduce(Reduction.SUM, _, _):
                axes, body = open_reduce(core, taken=(*normal.free, *core.free))
                for weight, score in _products(body):
                    if place_in_row(parts, score, normal) is not None:
                        inside = mul(weight, apply(Function.DIFFERENCE, score, largest))
                        weights = reduce(Reduction.SUM, axes, weight)
                        rest = UNIT if self._is_one(weights) else weights
                        return sub(reduce(Reduction.SUM, axes, inside), mul(largest, sub(UNIT, rest)))
                return None
            case Access() | Mul() | Apply():
                return apply(Function.DIFFERENCE, core, largest)
            case _:
                return None

    def _is_one(self, weights: Term) -> bool:
        """Whether the network assumes that they add up to one."""
        for fact in self.program.assumptions:
            if isinstance(fact.condition, Compare) and fact.condition.relation is Relation.EQ:
                left, right = fact.condition.left, fact.condition.right
                for one, other in ((left, right), (right, left)):
                    if one is UNIT and canonical(other)[0] is canonical(weights)[0]:
                        return True
        return False

    def _merged(self, coefficient: Term, total: Reduce, others: list[Term]) -> Term | None:
        """c·Σ_n logsumexp - c·Σ_(n, k) y·score as c·Σ_n (logsumexp - Σ_k y·score)."""
        axes, body = open_reduce(total, taken=total.free)
        normals = [(factor, core) for factor, core in _products(body) if _reads(core, self.known)]
        for factor, normal in normals:
            for place, other in enumerate(others):
                for times, core in _products(other):
                    if times is neg(coefficient) and is_sum(core):
                        inside = self._under(axes, factor, normal, core)
                        if inside is not None:
                            rest = without(others, place)
                            return add(mul(coefficient, reduce(Reduction.SUM, axes, inside)), *rest)
        return None

    def _under(self, axes: Sequence[Axis], factor: Term, normal: Term, total: Reduce) -> Term | None:
        """factor·normal - Σ over the axes that are left, where the others of `total` are `axes`."""
        assert isinstance(normal, Access)
        parts = self.known[normal.tensor]
        theirs, body = open_reduce(total, taken=(*(axis.index for axis in axes), *total.free, *normal.free))
        for chosen in permutations(theirs, len(axes)):
            if any((a.low, a.high) != (b.low, b.high) for a, b in zip(axes, chosen, strict=True)):
                continue
            same = {b.index: Poly.of(a.index) for a, b in zip(axes, chosen, strict=True)}
            moved, left = substitute(body, same), [axis for axis in theirs if axis not in chosen]
            if any(place_in_row(parts, score, normal) is not None for _, score in _products(moved)):
                return add(mul(factor, normal), neg(reduce(Reduction.SUM, left, moved)))
        return None


def _reads(core: Term, known: Mapping[str, Parts]) -> bool:
    return isinstance(core, Access) and core.tensor in known


def _products(term: Term) -> Iterator[tuple[Term, Term]]:
    """(c, t) with term = c·t for every factor t that reads a tensor, and for all of those together."""
    multiplied = factors(term)
    varying = [factor for factor in multiplied if factor.tensors]
    if len(varying) > 1:
        yield mul(*(factor for factor in multiplied if not factor.tensors)), mul(*varying)
    for place, factor in enumerate(multiplied):
        if factor.tensors:
            yield mul(*without(multiplied, place)), factor


__all__ = ["Differences"]

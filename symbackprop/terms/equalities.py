"""Equalities between integers solved: for an index that stands alone, or digit by digit in a mixed radix.

2*N - i + j = 0                 i = 2*N + j           an index without a factor, in no floor
(i - j)*W + (k - l) = 0         i = j and k = l       where |k - l| < W
"""

from __future__ import annotations

from collections.abc import Sequence

from symbackprop.terms.build import integer_condition
from symbackprop.terms.poly import ZERO, Atom, Index, Poly, floor_div
from symbackprop.terms.prove import Facts
from symbackprop.terms.term import Relation, Term


# --- one index -------------------------------------------------------------------------------------------
def slope_of(poly: Poly, index: Index) -> int:
    """1 or -1 where the polynomial is the index, or its negative, and something in which it does not stand; else 0.

    >>> i, n = Index("i"), Poly.of(Index("n"))
    >>> slope_of(n - Poly.of(i), i), slope_of(n * Poly.of(i), i), slope_of(Poly.of(i) + Poly.of(i) // 2, i)
    (-1, 0, 0)
    """
    slope = poly.coefficient(index).constant
    if slope not in (1, -1) or index in (poly - slope * Poly.of(index)).indices():
        return 0
    return slope


def solution(poly: Poly, index: Index) -> Poly | None:
    """What the index is where the polynomial is 0, if the index stands alone in it."""
    slope = slope_of(poly, index)
    return Poly.of(index) - poly * slope if slope else None


def equal_to(condition: Term, index: Index) -> Poly | None:
    """What the condition says that the index is."""
    integer = integer_condition(condition)
    if integer is None or integer[0] is not Relation.EQ:
        return None
    return solution(integer[1], index)


# --- several -----------------------------------------------------------------------------------------------
def solved(
    equal: Sequence[Poly], facts: Facts, solution: dict[Atom, Poly] | None = None
) -> tuple[Facts, dict[Atom, Poly]] | None:
    """Facts and solution with the polynomials = 0; None where that is impossible.

    An index that stands alone is put in everywhere; a polynomial in which none does is split by radix or stays a fact.
    """
    found = dict(solution or {})
    waiting = [poly.substitute(found) for poly in equal]
    kept: list[Poly] = []
    bounds = Facts().nonnegative_too(poly.substitute(found) for poly in facts.nonnegative)
    while waiting:
        poly = waiting.pop()
        if not poly.terms:
            continue
        if poly.constant is not None or bounds.proves(poly - 1) or bounds.proves(-poly - 1):
            return None
        parts = _digits(poly, bounds)
        if parts is not None:
            waiting += parts
            continue
        step = _one_index(poly)
        if not step:
            kept.append(poly)
            continue
        found = {atom: old.substitute(step) for atom, old in found.items()} | step
        waiting = [other.substitute(step) for other in (*waiting, *kept)]
        kept = []
        bounds = Facts().nonnegative_too(fact.substitute(step) for fact in bounds.nonnegative)
    out = Facts(bounds.nonnegative, tuple(poly.substitute(found) for poly in facts.distinct)).equal_too(kept)
    return None if out.contradictory() else (out, found)


def _one_index(poly: Poly) -> dict[Atom, Poly]:
    """The first index that the equality poly = 0 determines, with what it is."""
    for index in poly.indices():
        value = solution(poly, index)
        if value is not None:
            return {index: value}
    return {}


def _digits(poly: Poly, facts: Facts) -> list[Poly] | None:
    """q*a + r = 0 with |r| < q is a = 0 and r = 0: the digits of equal mixed-radix numbers are equal."""
    for index in poly.indices():
        q = poly.coefficient(index)
        if q.constant in (0, 1, -1):
            continue
        if facts.proves(-q - 1):
            q = -q
        elif not facts.proves(q - 1):
            continue
        quotient, rest = _divided(poly, q)
        if (facts.proves(q - 1 - rest) and facts.proves(rest + q - 1)) and (quotient.terms or rest.terms):
            return [quotient, rest]
    return None


def _divided(poly: Poly, q: Poly) -> tuple[Poly, Poly]:
    """(a, r) with poly = q*a + r: into a goes every index whose coefficient is a multiple of q, and of the rest what q
    divides."""
    quotient, left = ZERO, poly
    for index in poly.indices():
        coefficient = poly.coefficient(index)
        factor = _multiple(coefficient, q)
        if factor is not None:
            quotient = quotient + factor * Poly.of(index)
            left = left - coefficient * Poly.of(index)
    alone = left.without_indices()
    if q.constant is not None:
        whole = Poly({monomial: c // q.constant for monomial, c in alone.terms if c % q.constant == 0 or not monomial})
    else:
        whole = _multiple(alone, q) or ZERO
    return quotient + whole, left - whole * q


def _multiple(poly: Poly, q: Poly) -> Poly | None:
    """poly / q where q divides it: exactly by a monomial or integer, or as an integer multiple."""
    if not poly.terms:
        return ZERO
    k, rest = divmod(poly.terms[0][1], q.terms[0][1])
    if not rest and poly == q * k:
        return Poly.of(k)
    exact = floor_div(poly, q)
    return exact if exact * q == poly else None


__all__ = ["equal_to", "slope_of", "solution", "solved"]

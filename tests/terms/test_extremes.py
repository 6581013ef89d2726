"""The highest value of a polynomial over its indices' ranges, against all of their positions."""

from __future__ import annotations

import random
from itertools import product

import pytest

from symbackprop.terms.extremes import highest_value
from symbackprop.terms.poly import ZERO, Dim, Index, Poly
from symbackprop.terms.prove import Facts
from symbackprop.terms.term import Axis

A, B = (Poly.of(Dim(name)) for name in "AB")
p, q = (Index(name) for name in "pq")
P, Q = Poly.of(p), Poly.of(q)
RANGES = {p: Axis(p, ZERO, A - 1), q: Axis(q, Poly.of(1), B + 1)}
FACTS = Facts((A - 1, B - 1))


def brute(poly: Poly, dims: dict[Dim, int]) -> int:
    spans = [range(a.low.evaluate(dims.__getitem__), a.high.evaluate(dims.__getitem__) + 1) for a in RANGES.values()]
    values = []
    for place in product(*spans):
        known = {**dims, **dict(zip(RANGES, place, strict=True))}
        values.append(poly.evaluate(lambda atom, known=known: known[atom]))
    return max(values)


@pytest.mark.parametrize("seed", range(60))
def test_against_enumeration(seed: int) -> None:
    rng = random.Random(seed)
    signed = (ZERO, Poly.of(1), Poly.of(-2), A, -B, A * B, A - B)
    poly = rng.choice(signed) * P + rng.choice(signed) * Q + rng.choice((ZERO, A, Poly.of(-3)))
    exact = highest_value(poly, RANGES, FACTS)
    loose = highest_value(poly, RANGES, FACTS, lambda one, other: Poly.of(100) + one * 0 + other * 0)
    for sizes in product((1, 2, 3, 5), repeat=2):
        dims = dict(zip((Dim("A"), Dim("B")), sizes, strict=True))
        highest = brute(poly, dims)
        if exact is not None:
            assert exact.evaluate(dims.__getitem__) == highest
        assert loose is not None
        assert loose.evaluate(dims.__getitem__) >= highest or exact is not None


def test_what_is_not_known() -> None:
    assert highest_value((A - B) * P, RANGES, FACTS) is None
    assert highest_value(P * Q, RANGES, FACTS) is None


def test_ranges_that_hold_other_indices() -> None:
    """A window p of a position q: the last index goes first."""
    ranges = {p: RANGES[p], q: Axis(q, P, P + B)}
    assert highest_value(Q, ranges, FACTS) == A - 1 + B

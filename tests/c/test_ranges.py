"""A range holds every value that is met."""

from __future__ import annotations

from itertools import product
from math import inf

from symbackprop.c.ranges import Ranges
from symbackprop.terms.poly import Index, Poly
from symbackprop.terms.term import Axis

I, J, T = Index("i"), Index("j"), Index("t")


def test_polynomials() -> None:
    ranges = Ranges()
    i, j = Poly.of(I), Poly.of(J)
    with ranges.within(Axis(I, Poly.of(2), Poly.of(5))), ranges.within(Axis(J, Poly.of(-1), Poly.of(3))):
        for poly in (i, 3 * i - 2 * j, i * j - 7, 4 - i, i * i, Poly.of(9)):
            low, high = ranges.of(poly)
            met = [poly.evaluate({I: a, J: b}.__getitem__) for a, b in product(range(2, 6), range(-1, 4))]  # type: ignore[misc]
            assert low <= min(met)
            assert high >= max(met)
        assert ranges.of(3 * i - 2 * j) == (0, 17)


def test_ends_that_are_ranges() -> None:
    ranges = Ranges()
    with ranges.within(Axis(T, Poly.of(1), Poly.of(4))), ranges.within(Axis(I, Poly.of(T), Poly.of(T) + 2)):
        assert ranges.of(Poly.of(I)) == (1, 6)


def test_what_is_not_known() -> None:
    assert Ranges().of(Poly.of(I)) == (-inf, inf)
    assert Ranges().of(Poly.of(I) // 2) == (-inf, inf)

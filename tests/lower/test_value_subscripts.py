"""Axes that run along the whole of a dimension, against the positions that they go through."""

from __future__ import annotations

import pytest

from symbackprop.lower.value_subscripts import indices_of, likely_length, whole_axis
from symbackprop.lower.values import Value
from symbackprop.terms.poly import ZERO, Dim, Index, Poly
from symbackprop.terms.term import Axis
from tests.lower.made import read

N, K = Poly.of(Dim("N")), Poly.of(Dim("K"))
n, m = Index("n"), Index("m")
LABEL = read("label", n)
AXES = {n: Axis(n, ZERO, N - 1), m: Axis(m, Poly.of(2), N + 1)}


@pytest.mark.parametrize(("subscripts", "size", "expected"), [
    ((Poly.of(n),), N, n),
    ((Poly.of(n),), N + 1, None),
    ((Poly.of(n) + 1,), N, None),
    ((N - 1 - Poly.of(n),), N, None),
    ((Poly.of(m) - 2,), N, m),
    ((Poly.of(m),), N, None),
    ((Poly.of(n), Poly.of(n)), N, None),
    ((Poly.of(n), LABEL), N, None),
    ((Poly.of(n), Poly.of(m)), N, n),
    ((LABEL,), N, None),
    ((Poly.of(Index("t")),), N, None),
    ((Poly.of(3),), N, None),
])  # fmt: skip
def test_whole(subscripts: tuple[Poly | Value, ...], size: Poly, expected: Index | None) -> None:
    found = whole_axis(0, subscripts, AXES, size)
    assert (None if found is None else found.index) == expected
    if found is not None:
        assert isinstance(subscripts[0], Poly)
        for number in (1, 2, 5):
            turns = range(*(end.evaluate(lambda _, number=number: number) for end in (found.low, found.high + 1)))
            known = [{Dim("N"): number, found.index: turn} for turn in turns]
            places = [subscripts[0].evaluate(lambda atom, values=values: values[atom]) for values in known]
            assert places == list(range(number))


def test_indices() -> None:
    assert indices_of(Poly.of(n) + 2 * Poly.of(m)) == {n, m}
    assert indices_of(LABEL) == {n}


def test_a_small_number_is_short_and_what_the_target_is_as_long_as_is_long() -> None:
    axes = [Axis(n, ZERO, high) for high in (N + K - 1, N - 1, K - 1, Poly.of(4), Poly.of(2))]
    ordered = sorted(axes, key=lambda axis: likely_length(axis, (N,)))
    assert [axis.high for axis in ordered] == [Poly.of(2), Poly.of(4), K - 1, N - 1, N + K - 1]

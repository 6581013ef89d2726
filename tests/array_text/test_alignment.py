"""Axes of one statement: their order, their lengths, and arrays with a dimension for each."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from symbackprop.array_text.fragment import Code, Level
from symbackprop.terms.poly import ZERO, Index, Poly
from symbackprop.terms.program import Tensor, TensorKind
from symbackprop.terms.term import Axis
from tests.array_text.test_reads import evaluated, expressions
from tests.lower.made import AXES, D, N, d, e, n, read
from tests.numpy.test_read_statements import SIZES, given


def test_order() -> None:
    ev = expressions(AXES)
    for order in permutations((n, d, e)):
        assert ev.ordered(order) == (n, d, e)
    ev.prefer((e, n))
    for order in permutations((n, d, e)):
        assert ev.ordered(order) == (e, n, d)
    assert ev.layout([Code("a", axes=(n,)), Code("b", axes=(d,))]) == (n, d)
    assert ev.layout([Code("a", axes=(n,)), Code("b", axes=(d, n))]) == (d, n)
    assert ev.layout([]) == ()


def test_lengths() -> None:
    """None below 0, whatever the sizes; known from the facts, one that cannot be is taken as it is."""
    short = Axis(Index("q"), Poly.of(1), N - D)
    ev = expressions((*AXES, short))
    for sizes in ({"N": 5, "D": 3}, {"N": 2, "D": 4}):
        assert evaluated(ev.shape((n, d)), sizes, {"max": max}) == (sizes["N"], sizes["D"])
        assert evaluated(ev.shape((short.index,)), sizes, {"max": max}) == (max(sizes["N"] - sizes["D"], 0),)
        assert evaluated(ev.count(short.index).text, sizes, {"max": max}) == max(sizes["N"] - sizes["D"], 0)
    assert ev.count(n).text == "N"
    assert ev.count(n).plain


@pytest.mark.parametrize("layout", list(permutations((n, d, e))))
def test_filled(layout: tuple[Index, ...]) -> None:
    """A dimension of its full length for each axis, from any that are there."""
    ev = expressions(AXES)
    for sizes in SIZES:
        held = {**given(sizes), "dtype": np.float64}
        lengths = {n: sizes["N"], d: sizes["D"], e: sizes["D"]}
        shape = [lengths[axis] for axis in layout]
        three = held["x"][:, :, None] * held["V"]
        codes = {
            Code("2 + 1", Level.SUM, plain=True): np.float64(3),
            Code("x", axes=(n, d)): held["x"][:, :, None],
            Code("V", axes=(d, e)): held["V"][None],
            Code("x[:, :, None] * V", Level.PRODUCT, (n, d, e)): three,
        }
        for code, value in codes.items():
            found = evaluated(ev.filled(code, layout).text, sizes, held)
            full = np.broadcast_to(value, [lengths[axis] for axis in (n, d, e)])
            assert list(found.shape) == shape
            np.testing.assert_array_equal(found, full.transpose([(n, d, e).index(axis) for axis in layout]))


def test_names_of_dimensions() -> None:
    tensor = Tensor("x", TensorKind.PARAMETER, (N, D), (ZERO, ZERO), axes=("row", "column"))
    ev = expressions(AXES, read("x", n, d), read("x", Poly.of(n), Poly.of(d) + Poly.of(e)))
    assert {ev.dimension(axis) for axis in (n, d, e)} == {""}
    named = type(ev)(
        ev.spelling, {"x": tensor}, AXES, {}, ev.facts, [read("x", n, d), read("x", e, Poly.of(d) + e)], ev.name
    )
    assert [named.dimension(axis) for axis in (n, d, e)] == ["row", "column", "row"]

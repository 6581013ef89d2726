"""Pieces of NumPy in brackets where they bind too weakly, and aligned with others by their axes."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from symbackprop.plain.fragment import Code, Level, numpy_call
from symbackprop.terms.poly import Index

n, d, k = Index("n"), Index("d"), Index("k")
LENGTHS = {n: 5, d: 3, k: 2}


@pytest.mark.parametrize("layout", list(permutations((n, d, k))))
@pytest.mark.parametrize("own", [own for count in (1, 2, 3) for own in permutations((n, d, k), count)])
def test_over(own: tuple[Index, ...], layout: tuple[Index, ...]) -> None:
    """Element by element: it broadcasts against arrays of that layout."""
    array = np.arange(int(np.prod([LENGTHS[axis] for axis in own]))).reshape([LENGTHS[axis] for axis in own])
    code = Code("a", axes=own).over(layout)
    found = np.broadcast_to(eval(code.text, {"a": array}), [LENGTHS[axis] for axis in layout])
    for place in np.ndindex(found.shape):
        at = dict(zip(layout, place, strict=True))
        assert found[place] == array[tuple(at[axis] for axis in own)]
    assert code.axes == tuple(axis for axis in layout if axis in own)


def test_levels() -> None:
    total = Code("a + b", Level.SUM)
    assert total.at(Level.SUM) == "a + b"
    assert total.at(Level.PRODUCT) == "(a + b)"
    assert Code("a + b", Level.SUM, (n,)).over((d, n, k)).text == "(a + b)[:, None]"


def test_what_a_function_of_numpy_returns_is_known() -> None:
    code = numpy_call("exp", "x", axes=(n, d))
    assert code.text == "np.exp(x)"
    assert code.numpy
    assert code.over((d, n)).numpy
    assert not Code("x", axes=(n, d)).over((d, n)).numpy

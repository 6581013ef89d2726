"""What a library writes for whole arrays, against arrays."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from symbackprop.array_text.fragment import Code, Level
from symbackprop.array_text.library import Library
from symbackprop.terms.poly import Index

n, d, k = Index("n"), Index("d"), Index("k")
LENGTHS = {n: 5, d: 3, k: 2}
NUMPY = Library()


@pytest.mark.parametrize("layout", list(permutations((n, d, k))))
@pytest.mark.parametrize("own", [own for count in (1, 2, 3) for own in permutations((n, d, k), count)])
def test_over(own: tuple[Index, ...], layout: tuple[Index, ...]) -> None:
    """Element by element: it broadcasts against arrays of that layout."""
    array = np.arange(int(np.prod([LENGTHS[axis] for axis in own]))).reshape([LENGTHS[axis] for axis in own])
    code = NUMPY.over(Code("a", axes=own), layout)
    found = np.broadcast_to(eval(code.text, {"a": array}), [LENGTHS[axis] for axis in layout])
    for place in np.ndindex(found.shape):
        at = dict(zip(layout, place, strict=True))
        assert found[place] == array[tuple(at[axis] for axis in own)]
    assert code.axes == tuple(axis for axis in layout if axis in own)


def test_brackets_where_dimensions_are_added() -> None:
    assert NUMPY.over(Code("a + b", Level.SUM, (n,)), (d, n, k)).text == "(a + b)[:, None]"


def test_what_a_function_returns_is_known() -> None:
    code = NUMPY.call("exp", "x", axes=(n, d))
    assert code.text == "np.exp(x)"
    assert code.called
    assert NUMPY.over(code, (d, n)).called
    assert not NUMPY.over(Code("x", axes=(n, d)), (d, n)).called

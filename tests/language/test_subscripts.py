"""What may stand in brackets."""

from __future__ import annotations

import numpy as np
import pytest
from sympy import Idx, Integer, Symbol, Tuple

from symbackprop.errors import InvalidSubscript
from symbackprop.language.subscripts import subscripts_of

i = Idx(Symbol("i", integer=True), (0, 4))


@pytest.mark.parametrize(
    ("key", "expected"),
    [(i, (i,)), (3, (Integer(3),)), ((i, 2 * i + 1), (i, 2 * i + 1)), (np.int64(3), (Integer(3),)), ((), ()),
     (Tuple(i, 0), (i, Integer(0)))],
)  # fmt: skip
def test_subscripts(key: object, expected: object) -> None:
    assert subscripts_of("x", key) == expected


@pytest.mark.parametrize(
    ("key", "found"),
    [(slice(None), "a slice"), ((i, slice(1, 2)), "a slice"), (..., "Ellipsis"), (None, "None"), ("i", "str"),
     (i > 1, "StrictGreaterThan"), ([1, 2], "list"), (object(), "object")],
)  # fmt: skip
def test_what_can_be_none(key: object, found: str) -> None:
    with pytest.raises(InvalidSubscript, match=f"found {found}"):
        subscripts_of("x", key)

"""Calls, tuples, dictionaries and subscripts say what they are made of."""

from __future__ import annotations

import numpy as np
import pytest

from symbackprop.python_text.bracketed import call, dict_text, indexed, tuple_text


@pytest.mark.parametrize("items", [["1"], ["1", "2"], ["1", "2", "3"]])
def test_tuples(items: list[str]) -> None:
    assert eval(tuple_text(items)) == tuple(map(int, items))


def test_dictionaries_and_calls() -> None:
    assert eval(dict_text([("a", "1"), ("b", "2 + 3")])) == {"a": 1, "b": 5}
    assert eval(call("max", "1", "2")) == 2


@pytest.mark.parametrize(("items", "text"), [
    ([":", ":"], "x"), (["1", ":"], "x[1]"), ([":", "1"], "x[:, 1]"), (["None", ":", "::-1"], "x[None, :, ::-1]"),
])  # fmt: skip
def test_whole_dimensions_at_the_end_are_left_out(items: list[str], text: str) -> None:
    assert indexed("x", items) == text
    known = {"x": np.arange(6).reshape(2, 3)}
    np.testing.assert_array_equal(eval(text, known), eval(f"x[{', '.join(items)}]", known))

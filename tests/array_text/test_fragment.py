"""How strongly pieces of code bind."""

from __future__ import annotations

from symbackprop.array_text.fragment import Code, Level


def test_levels() -> None:
    total = Code("a + b", Level.SUM)
    assert total.at(Level.SUM) == "a + b"
    assert total.at(Level.PRODUCT) == "(a + b)"

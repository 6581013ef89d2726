"""Names of networks are names in C, each its own."""

from __future__ import annotations

import re

import pytest

from symbackprop.c.names import KEYWORDS, CNames, identifier


@pytest.mark.parametrize(("name", "expected"), [("W1", "W1"), ("layer.0/W", "layer_0_W"), ("θ", "u3b8"), ("1x", "x1x"),
                                                ("_a", "x_a"), ("~0", "x_0")])  # fmt: skip
def test_identifiers(name: str, expected: str) -> None:
    assert identifier(name) == expected


def test_all_are_different_and_none_is_a_keyword() -> None:
    names = ["a.b", "a_b", "a b", "int", "int_", "double", "work", "θ", "u3b8", "real", "x", "_", ""]
    called = CNames("net")
    found = [called(name) for name in names]
    assert len(set(found)) == len(names)
    assert not set(found) & KEYWORDS
    assert all(re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name) for name in found)
    assert [called(name) for name in names] == found

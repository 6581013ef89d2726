"""Values as NumPy a person would write: what the text computes is what the values are."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

from symbackprop.lower.passes import READABLE_PASSES, improved_module
from symbackprop.plain import emit
from tests.lower.cases import CASES, case, named
from workshop.fuzz.modules import compare_plain, load_module


def text_of(group: str, name: str) -> str:
    return emit(improved_module(case(group, name).module, READABLE_PASSES))


def line(group: str, name: str) -> str:
    """What defines y, or what is named for it."""
    body = text_of(group, name)
    return next(each.strip() for each in body.splitlines() if each.strip().startswith("y = "))


@pytest.mark.parametrize(("group", "name"), named())
def test_values_and_gradients(group: str, name: str) -> None:
    """What `expressions`, `products`, `reads`, `statements` and `spelling` write, aligned by `alignment`."""
    found = case(group, name)
    module: Any = load_module(text_of(group, name))
    with warnings.catch_warnings(), np.errstate(divide="ignore"):
        warnings.simplefilter("error")
        compare_plain(module, found.program, found.sizes, found.data, found.reference)


def test_every_group_is_compared() -> None:
    assert len(named()) == sum(map(len, CASES.values())) > 30


@pytest.mark.parametrize(("group", "name", "expected"), [
    ("contraction", "a matrix product", "y = x @ V.T"),
    ("contraction", "a scale", "y = 3 / N * (x @ V.T)"),
    ("reading", "gathered", "y = W[label] * x"),
    ("reading", "gathered twice", "y = W[label[:, None], part]"),
])  # fmt: skip
def test_as_a_person_writes_it(group: str, name: str, expected: str) -> None:
    assert line(group, name).partition("  #")[0] == expected

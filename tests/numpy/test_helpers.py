"""Helpers that others call come with them, and no other."""

from __future__ import annotations

import re

import pytest

from symbackprop.numpy.helpers import Helper, held, helpers_in
from symbackprop.resources import templates
from symbackprop.terms.build import UNIT, add, apply
from symbackprop.terms.term import Function


@pytest.mark.parametrize("helper", Helper)
def test_what_a_helper_calls_is_held(helper: Helper) -> None:
    text = (templates() / "numpy" / "helpers" / f"{helper.value}.py.j2").read_text(encoding="utf-8")
    called = {other for other in Helper if re.search(rf"\b{other.value}\(", text)}
    assert set(held([helper])) == called  # itself among them, by its definition


def test_each_once_in_their_order() -> None:
    assert held(reversed(Helper)) == list(Helper)
    assert held([]) == []


def test_numbers_known_from_sizes() -> None:
    assert helpers_in(add(apply(Function.ERF, UNIT), UNIT)) <= {Helper.ERF}
    assert helpers_in(UNIT) == set()

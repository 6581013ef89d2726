"""Conditions become masks; those on sizes and loop variables choose a branch."""

from __future__ import annotations

import pytest

from symbackprop.lower.values import Choose, Kind, Map, MapOp, Position
from tests.lower.cases import CASES, agrees, parts_of


@pytest.mark.parametrize("name", CASES["condition"])
def test_values_and_gradients(name: str) -> None:
    agrees("condition", name)


def test_sides_of_integers_have_no_minus() -> None:
    """2*n > d + 1 as it was written: the positive part against the negative."""
    masks = [part for part in parts_of("condition", "positions", Map) if part.op is MapOp.GREATER_EQUAL]
    sides = [arg for mask in masks for arg in mask.args if isinstance(arg, Position)]
    assert sides
    assert all(coefficient > 0 for side in sides for _, coefficient in side.poly.terms)


def test_integers_are_compared_as_integers() -> None:
    masks = [part for part in parts_of("condition", "integers", Map) if part.op in (MapOp.EQUAL, MapOp.NOT_EQUAL)]
    assert len(masks) == 2
    assert all(mask.kind is Kind.BOOL and Kind.FLOAT not in {a.kind for a in mask.args if a.axes} for mask in masks)


def test_a_condition_on_sizes_chooses() -> None:
    assert len(parts_of("condition", "sizes", Choose)) == 1
    assert not [part for part in parts_of("condition", "sizes", Map) if part.op is MapOp.SELECT]

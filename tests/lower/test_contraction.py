"""A sum over a product is one contraction; its guards are zeros on as few factors as will do."""

from __future__ import annotations

import pytest

from symbackprop.lower.values import Contract, Map, MapOp, Read
from tests.lower.cases import CASES, agrees, parts_of


@pytest.mark.parametrize("name", CASES["contraction"])
def test_values_and_gradients(name: str) -> None:
    agrees("contraction", name)


@pytest.mark.parametrize(("name", "factors"), [
    ("a matrix product", [2]), ("three factors", [4]), ("a batch", [3]), ("rows of dot products", [3]),
    ("a scale", [2]), ("a sum of products", [1, 2]),
])  # fmt: skip
def test_one_contraction_of_all_factors(name: str, factors: list[int]) -> None:
    """A square counts twice."""
    assert sorted(len(part.factors) for part in parts_of("contraction", name, Contract)) == factors


def test_a_guard_is_put_on_one_factor() -> None:
    (sum_,) = parts_of("contraction", "a guard", Contract)
    masked = [factor for factor in sum_.factors if isinstance(factor, Map) and factor.op is MapOp.SELECT]
    assert len(masked) == 1


def test_a_guard_is_put_on_what_may_be_infinite() -> None:
    (sum_,) = parts_of("contraction", "a guard on what may be infinite", Contract)
    (masked,) = [factor for factor in sum_.factors if isinstance(factor, Map) and factor.op is MapOp.SELECT]
    assert masked.args[1].op is MapOp.LOG


def test_a_guard_that_only_keeps_a_read_inside_is_the_frame_of_zeros() -> None:
    (sum_,) = parts_of("contraction", "a guard that keeps reads inside", Contract)
    assert [factor.padded for factor in sum_.factors if isinstance(factor, Read) and factor.tensor == "x"] == [True]
    assert not parts_of("contraction", "a guard that keeps reads inside", Map)

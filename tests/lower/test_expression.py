"""Sums, products, powers, functions, guarded values and reductions, as values."""

from __future__ import annotations

import pytest

from symbackprop.lower.expression import _CHAIN, _INVERSE, _UNARY
from symbackprop.lower.values import Choose, Fold, Map, MapOp
from symbackprop.terms.term import Function, Reduction
from tests.lower.cases import CASES, agrees, parts_of


@pytest.mark.parametrize("name", CASES["expression"])
def test_values_and_gradients(name: str) -> None:
    agrees("expression", name)


def test_every_function_is_lowered() -> None:
    assert {*_UNARY, *_CHAIN, *_INVERSE, Function.RELU, Function.STOP_GRADIENT} == set(Function)


def operations(name: str) -> list[MapOp]:
    return [part.op for part in parts_of("expression", name, Map)]


def test_signs_are_subtractions() -> None:
    assert MapOp.SUBTRACT in operations("signs")
    assert operations("signs").count(MapOp.MULTIPLY) <= 1  # by -1, where all but numbers are taken away


def test_small_powers_are_products_and_roots() -> None:
    assert MapOp.POWER not in operations("powers")
    assert MapOp.SQRT in operations("powers")
    assert MapOp.SQUARE in operations("powers")


def test_a_third_root_is_a_power() -> None:
    assert operations("roots").count(MapOp.POWER) == 1


def test_reductions() -> None:
    assert {fold.reduction for fold in parts_of("expression", "reductions", Fold)} == {Reduction.MAX, Reduction.PRODUCT}


def test_only_the_branch_that_holds_is_computed() -> None:
    assert len(parts_of("expression", "branches", Choose)) == 1


def test_a_log_sum_exp_that_is_left_is_taken_from_the_largest() -> None:
    """(A gradient asks for the exponentials too, and `optimise.by_parts` parts it before it is lowered.)"""
    (largest,) = parts_of("expression", "log-sum-exp", Fold)
    (exponentials,) = [part for part in parts_of("expression", "log-sum-exp", Map) if part.op is MapOp.EXP_NORMALIZED]
    assert exponentials.args == (largest.source, largest)

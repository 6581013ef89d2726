"""Forward mode: each slope against differences in high precision, and the conventions at kinks."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import pytest

from symbackprop.interpret import Float, Precise, Residues, Tangents
from symbackprop.terms.term import Function

STEPS = (Function.SIGN, Function.FLOOR, Function.CEILING, Function.STOP_GRADIENT)
TWO = (Function.ATAN2, Function.POW, Function.MAX, Function.MIN, Function.EXP_NORMALIZED, Function.DIFFERENCE)
INSIDE = {
    Function.LOG: ("0.3", "2.7"), Function.LOG1P: ("-0.4", "2.7"), Function.ASIN: ("-0.7", "0.6"),
    Function.ACOS: ("-0.7", "0.6"), Function.ACOSH: ("1.3", "4.1"), Function.ATANH: ("-0.7", "0.6"),
}  # fmt: skip


def slope_by_differences(function: Function, values: list[Any], place: int, precise: Precise) -> Any:
    """(f(u + h) - f(u - h)) / 2h with h so small that sixty digits leave twenty."""
    h = precise.context.mpf(10) ** -20
    up, down = list(values), list(values)
    up[place], down[place] = up[place] + h, down[place] - h
    return (precise.apply(function, up) - precise.apply(function, down)) / (2 * h)


@pytest.mark.parametrize("function", [f for f in Function if f not in (*TWO, *STEPS)])
def test_slope(function: Function) -> None:
    precise = Precise()
    dual = Tangents(precise)
    for text in INSIDE.get(function, ("-1.3", "0.4", "2.6")):
        u = precise.context.mpf(text)
        _, tangent = dual.apply(function, [(u, {0: dual.one})])
        expected = slope_by_differences(function, [u], 0, precise)
        assert abs(tangent.get(0, dual.zero) - expected) < 1e-18


@pytest.mark.parametrize("function", TWO)
@pytest.mark.parametrize("place", [0, 1])
def test_slope_of_two(function: Function, place: int) -> None:
    precise = Precise()
    dual = Tangents(precise)
    values = [precise.context.mpf("1.7"), precise.context.mpf("0.6")]
    seeded = [(u, {0: dual.one} if n == place else {}) for n, u in enumerate(values)]
    _, tangent = dual.apply(function, seeded)
    assert abs(tangent.get(0, dual.zero) - slope_by_differences(function, values, place, precise)) < 1e-18


@pytest.mark.parametrize("function", STEPS)
def test_steps_have_no_slope(function: Function) -> None:
    dual = Tangents(Float())
    assert not dual.apply(function, [(0.4, {0: 1.0})])[1]


@pytest.mark.parametrize("exponent", [Fraction(1, 2), Fraction(-1, 2), Fraction(3), Fraction(-2), Fraction(2, 3)])
def test_power(exponent: Fraction) -> None:
    dual = Tangents(Float())
    value, tangent = dual.power((1.7, {0: 1.0}), exponent)
    assert tangent[0] == pytest.approx(float(exponent) * value / 1.7)


def test_conventions_at_kinks() -> None:
    dual = Tangents(Float())
    at_zero = (0.0, {0: 1.0})
    assert not dual.apply(Function.RELU, [at_zero])[1]
    assert not dual.apply(Function.ABS, [at_zero])[1]
    _, shared = dual.apply(Function.MAX, [(2.0, {0: 1.0}), (2.0, {1: 1.0}), (1.0, {2: 1.0})])
    assert shared == {0: 0.5, 1: 0.5}


def test_masked_scores_have_no_slope() -> None:
    dual = Tangents(Float())
    low = (-math.inf, {0: 1.0})
    assert not dual.log_sum_exp([low, low])[1]
    assert dual.log_sum_exp([low, (1.0, {1: 1.0})])[1] == {1: 1.0}
    assert not dual.apply(Function.EXP_NORMALIZED, [low, (2.0, {})])[1]


def test_product_rule_in_residues() -> None:
    dual = Tangents(Residues())
    _, tangent = dual.multiply([(3, {0: 1}), (5, {1: 1}), (7, {0: 2})])
    assert tangent == {0: 5 * 7 + 3 * 5 * 2, 1: 21}

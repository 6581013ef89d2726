"""Float arithmetic: IEEE where IEEE speaks, high precision as the oracle elsewhere."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest

from symbackprop.interpret import Float, Precise
from symbackprop.terms.term import ConstantKind, Function, Relation

FLOAT, PRECISE = Float(), Precise()
ARGUMENTS = {
    Function.LOG: (0.3, 2.7), Function.LOG1P: (-0.4, 2.7), Function.ASIN: (-0.7, 0.6), Function.ACOS: (-0.7, 0.6),
    Function.ACOSH: (1.3, 4.0), Function.ATANH: (-0.7, 0.6),
}  # fmt: skip
TWO = (Function.ATAN2, Function.POW, Function.MAX, Function.MIN, Function.EXP_NORMALIZED, Function.DIFFERENCE)


@pytest.mark.parametrize("function", [f for f in Function if f not in TWO])
def test_function_agrees_with_high_precision(function: Function) -> None:
    for u in ARGUMENTS.get(function, (-1.3, 0.0, 2.6)):
        expected = float(PRECISE.apply(function, (PRECISE.given(u),)))
        assert FLOAT.apply(function, (u,)) == pytest.approx(expected, rel=1e-14, abs=1e-15)


@pytest.mark.parametrize("function", TWO)
def test_function_of_two_agrees_with_high_precision(function: Function) -> None:
    for u, v in ((0.7, -1.3), (2.5, 2.5), (1.1, 3.0)):
        expected = float(PRECISE.apply(function, (PRECISE.given(u), PRECISE.given(v))))
        assert FLOAT.apply(function, (u, v)) == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize("kind", list(ConstantKind))
def test_constants(kind: ConstantKind) -> None:
    assert FLOAT.constant(kind) == float(PRECISE.constant(kind))


def test_nothing_overflows_or_raises() -> None:
    huge = 1e4
    assert FLOAT.apply(Function.EXP, (huge,)) == math.inf
    assert FLOAT.apply(Function.SIGMOID, (-huge,)) == 0
    assert FLOAT.apply(Function.SIGMOID, (huge,)) == 1
    assert FLOAT.apply(Function.SOFTPLUS, (huge,)) == huge
    assert FLOAT.apply(Function.LOG_SIGMOID, (-huge,)) == -huge
    assert FLOAT.apply(Function.COSH, (huge,)) == math.inf
    assert FLOAT.apply(Function.SINH, (-huge,)) == -math.inf
    assert FLOAT.apply(Function.LOG, (0.0,)) == -math.inf
    assert math.isnan(FLOAT.apply(Function.LOG, (-1.0,)))
    assert FLOAT.power(0.0, Fraction(-1)) == math.inf
    assert math.isnan(FLOAT.power(-2.0, Fraction(1, 2)))
    assert FLOAT.power(-2.0, Fraction(3)) == -8
    assert math.isnan(FLOAT.add((math.inf, -math.inf)))
    assert FLOAT.add((1e308, 1e308, -1e308)) in (1e308, math.inf)


def test_masked_scores() -> None:
    low = -math.inf
    assert FLOAT.log_sum_exp([low, 1000.0, 1000.0]) == pytest.approx(1000 + math.log(2))
    assert FLOAT.log_sum_exp([low, low]) == low
    assert FLOAT.log_sum_exp([]) == low
    assert FLOAT.apply(Function.EXP_NORMALIZED, (low, low)) == 0
    assert FLOAT.apply(Function.EXP_NORMALIZED, (low, 3.0)) == 0


def test_comparisons_with_nan_are_false_except_unequal() -> None:
    for relation in Relation:
        assert FLOAT.compare(relation, math.nan, 1.0) is (relation is Relation.NE)

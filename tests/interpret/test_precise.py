"""Sixty digits: what ninety digits say, and what floats say as far as they go."""

from __future__ import annotations

from fractions import Fraction

import pytest

from symbackprop.interpret import Precise
from symbackprop.interpret.failures import Degenerate
from symbackprop.terms.term import ConstantKind, Function, Relation
from tests.interpret.test_functions import ARGUMENTS

FEW, MANY = Precise(), Precise(90)


@pytest.mark.parametrize("function", Function)
@pytest.mark.parametrize("shift", [0, Fraction(1, 7)])
def test_digits(function: Function, shift: Fraction | int) -> None:
    arguments = [Fraction(u) + shift for u in ARGUMENTS.get(function, (0.75,))]
    found, exact = (p.apply(function, [p.number(u) for u in arguments]) for p in (FEW, MANY))
    assert abs(MANY.context.mpf(found) - exact) <= abs(exact) * MANY.context.mpf(10) ** -55


@pytest.mark.parametrize("kind", ConstantKind)
def test_constants(kind: ConstantKind) -> None:
    found, exact = FEW.constant(kind), MANY.constant(kind)
    assert found == exact or abs(MANY.context.mpf(found) - exact) < MANY.context.mpf(10) ** -58


def test_numbers_that_are_not_real() -> None:
    number, nan = FEW.number, FEW.context.isnan
    assert nan(FEW.power(number(Fraction(-2)), Fraction(1, 2)))
    assert nan(FEW.apply(Function.LOG, [number(Fraction(-1))]))
    assert nan(FEW.apply(Function.ACOSH, [number(Fraction(1, 2))]))
    assert FEW.power(FEW.zero, Fraction(-1)) == FEW.infinity
    assert FEW.apply(Function.LOG, [FEW.zero]) == -FEW.infinity
    assert FEW.power(number(Fraction(-2)), Fraction(3)) == -8
    with pytest.raises(Degenerate):
        FEW.compare(Relation.GT, FEW.nan, FEW.zero)


def test_masked_scores() -> None:
    scores = [-FEW.infinity, FEW.one, FEW.zero]
    total = FEW.log_sum_exp(scores)
    weights = [FEW.apply(Function.EXP_NORMALIZED, [score, total]) for score in scores]
    assert weights[0] == 0
    assert abs(FEW.add(weights) - 1) < FEW.context.mpf(10) ** -58
    assert FEW.log_sum_exp([-FEW.infinity]) == -FEW.infinity

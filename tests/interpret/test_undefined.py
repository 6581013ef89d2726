"""What is not a number stays so in every arithmetic, wherever it stands among the others: an order that passes over it
would give a value to what has none."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import permutations

import pytest

from symbackprop.interpret import Float, Precise, Residues, Single
from symbackprop.interpret.ordered_residues import Regions
from symbackprop.terms.term import Function

ARITHMETICS = (Float(), Single(), Precise(), Residues(1), Regions(1))
OTHERS = (-math.inf, math.inf, Fraction(2), Fraction(-3))
FUNCTIONS = (Function.MAX, Function.MIN, Function.LOG_ADD_EXP, Function.EXP_NORMALIZED, Function.DIFFERENCE)


def undefined(value) -> bool:
    return bool(value != value)


@pytest.mark.parametrize("arithmetic", ARITHMETICS, ids=lambda each: type(each).__name__)
@pytest.mark.parametrize("other", OTHERS, ids=str)
def test_of_two(arithmetic, other):
    for pair in permutations((arithmetic.given(math.nan), arithmetic.given(other))):
        for function in FUNCTIONS:
            assert undefined(arithmetic.apply(function, pair)), function
        assert undefined(arithmetic.add(pair))
        assert undefined(arithmetic.multiply(pair))
        assert undefined(arithmetic.log_sum_exp(pair))


@pytest.mark.parametrize("arithmetic", ARITHMETICS, ids=lambda each: type(each).__name__)
def test_among_others(arithmetic):
    for order in permutations((math.nan, -math.inf, Fraction(2), math.nan)):
        values = [arithmetic.given(value) for value in order]
        assert undefined(arithmetic.apply(Function.MAX, values))
        assert undefined(arithmetic.apply(Function.MIN, values))
        assert undefined(arithmetic.log_sum_exp(values))

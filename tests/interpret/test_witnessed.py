"""Residues of real data: equal where the numbers are, ordered as they are."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from sympy import Max, exp, log, sqrt

from symbackprop import LogSumExp, Network, Sum
from symbackprop.functions import relu, sigmoid
from symbackprop.interpret import Float, Interpreter
from symbackprop.interpret.witnessed import Witnessed
from symbackprop.terms.term import Function, Relation


def test_order_is_that_of_the_numbers() -> None:
    numbers = Witnessed(3)
    third, half = numbers.number(Fraction(1, 3)), numbers.given(0.5)
    minus = numbers.given(-1)
    assert numbers.compare(Relation.GT, half, third)
    assert numbers.compare(Relation.GT, numbers.multiply([minus, third]), numbers.multiply([minus, half]))
    assert numbers.compare(Relation.EQ, numbers.add([third, third, third]), numbers.given(1))
    assert numbers.compare(Relation.GT, numbers.apply(Function.EXP, [half]), numbers.given(1.6))
    assert numbers.apply(Function.MAX, [third, half]) == half


@pytest.mark.parametrize("seed", range(5))
def test_values_are_those_of_floats(seed: int) -> None:
    net = Network("values")
    N = net.dim("N")
    n, m = net.indices(n=N, m=N)
    x, p = net.parameter("x", (N,)), net.tensor("p")
    p[n] = exp(x[n]) / Sum(exp(x[m]), m) + sigmoid(-x[n])
    net.loss = Sum(log(p[n]) + relu(x[n] - 1) + Max(x[n], -(x[n] ** 3), 2) / sqrt(2 + p[n]), n) + LogSumExp(x[n], n)
    program, data = net.to_program(), {"x": np.random.default_rng(seed).normal(0, 3, size=4)}
    numbers = Witnessed(seed)
    found = Interpreter(program, {"N": 4}, data, numbers).loss()
    truth = Interpreter(program, {"N": 4}, data, Float()).loss()
    assert float(numbers.real(found)) == pytest.approx(truth, rel=1e-12)

"""Numbers are exact, and those that a float64 holds: Python's own `Fraction` and `float` are the oracle."""

from __future__ import annotations

import sys
from fractions import Fraction

import pytest
import sympy
from sympy import Float, Rational

from symbackprop.errors import UndefinedConstant
from symbackprop.language.constants import decimal, exact_decimal, number_of


@pytest.mark.parametrize("text", ["0.1", "3.0", "-2.5e-7", "1e300", "5e-324", "0.30000000000000004"])
def test_a_decimal_is_what_was_written(text: str) -> None:
    assert exact_decimal(Float(float(text))) == Fraction(text)
    assert number_of(Float(float(text)), lambda: "a test") == Fraction(text)


def test_more_digits_than_a_float_has() -> None:
    written = "0.1234567890123456789012345"
    assert exact_decimal(Float(written, 25)) == Fraction(written)


def test_rationals_are_themselves() -> None:
    for value in (Fraction(1, 3), Fraction(-7), Fraction(2**1023), Fraction(1, 2**1000)):
        assert number_of(Rational(value.numerator, value.denominator), lambda: "a test") == value


@pytest.mark.parametrize(
    "value",
    [
        sympy.Integer(2) ** 1025, Rational(1, 2**1080), Float("1e400"), Float("1e-400"),
        -2 * Rational(int(sys.float_info.max)),
    ],
)  # fmt: skip
def test_what_no_float_holds_is_refused_shortly(value: sympy.Expr) -> None:
    with pytest.raises(UndefinedConstant, match="a float64 holds") as refused:
        number_of(value, lambda: f"z = {'7' * 400}")
    assert len(str(refused.value)) < 300
    assert "777777…" in str(refused.value)


def test_a_float_of_python_is_the_fraction_that_was_written() -> None:
    assert (str(decimal(0.1)), str(decimal(3)), str(decimal(2.5e-3))) == ("1/10", "3", "1/400")

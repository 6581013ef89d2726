"""The numbers of equations: those that a float64 holds, and no others."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

import sympy

from symbackprop.errors import UndefinedConstant
from symbackprop.language.told import Subject

_BITS = 1024  # of the largest float64, and of a numerator or denominator that can be divided as one


def number_of(expr: Any, subject: Subject) -> Fraction:
    """The exact value of a SymPy number; UndefinedConstant where a float64 would be infinite, or zero for another."""
    if isinstance(expr, sympy.Rational):
        value = Fraction(int(expr.p), int(expr.q))
        held = max(value.numerator.bit_length(), value.denominator.bit_length()) <= _BITS and _held(value)
    else:
        held = expr.is_zero or 0 < abs(float(expr)) < float("inf")
        value = exact_decimal(expr) if held else Fraction(0)
    if not held:
        raise UndefinedConstant(
            _legible(subject), expected="numbers that a float64 holds: 0, 4.9e-324 to 1.8e308, and quotients of such",
            found=_told(expr), remedy="measure in another unit, or put the logarithm into an exponential",
        )  # fmt: skip
    return value


def _held(value: Fraction) -> bool:
    try:
        return value == 0 or float(value) != 0
    except OverflowError:
        return False


def exact_decimal(value: sympy.Float) -> Fraction:
    """The number that was written: 0.1 is 1/10, not the nearest binary fraction."""
    return Fraction(repr(float(value))) if value._prec <= 53 else Fraction(str(value))


def decimal(value: Any) -> sympy.Expr:
    """A number of Python's as the fraction that its decimals say: 0.1 is 1/10."""
    return sympy.Rational(str(value)) if isinstance(value, float) else sympy.sympify(value)


def _legible(subject: Subject) -> str:
    """The equation, its longest numbers cut short."""
    try:
        text = subject()
    except ValueError:  # an integer of more digits than Python writes
        return "an equation"
    return re.sub(r"\d{40,}", lambda digits: f"{digits[0][:6]}…", text)


def _told(expr: Any) -> str:
    """The number, or about how large it is where it has more digits than anybody reads."""
    if isinstance(expr, sympy.Rational) and max(expr.p.bit_length(), expr.q.bit_length()) > 200:
        return f"{expr.n(3)}, a number of about {max(expr.p.bit_length(), expr.q.bit_length()) * 3 // 10} digits"
    text = str(expr)
    return text if len(text) <= 40 else str(expr.n(3))

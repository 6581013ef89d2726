"""Widths: those of the parts and what stands between them."""

from fractions import Fraction

import pytest

from symbackprop.formula.tree import (
    Big,
    Call,
    Chain,
    Digits,
    Element,
    Given,
    Joint,
    Label,
    Letter,
    Mark,
    Operator,
    Power,
    Product,
    Quotient,
    Range,
    Relation,
    Scripted,
    Sign,
    Sum,
    Word,
    integer,
    negative,
    times,
)
from symbackprop.formula.width import RELATION, SIGN, THIN, letters, width

A, B, X, I, N = (Letter(name) for name in "abxiN")


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        (Element(Letter("W"), (B, I)), 3.16),  # scripts are smaller
        (Quotient(Sum(((False, A), (False, B))), X), 4.5),  # as wide as the wider part
        (Power(Element(X, (N, I)), integer(2)), 3.16),  # one script below another
        (Scripted(X, None, Label(("1",))), 1 + 0.8 * 2.4),
        (Word("score"), 5.0),
        (Call("exp", (A,)), 3.5 + 1 + 1.4),
        (Given(r"\hat{x}_{q}"), 3.0),
        (Mark("max"), 3.5),
    ],
)
def test_widths(formula, expected):
    assert width(formula) == pytest.approx(expected)


def test_the_width_of_a_row_is_the_sum_of_its_parts():
    parts = [A, Element(X, (I, N)), Quotient(A, B), Digits("12")]
    alone = sum(map(width, parts))
    assert width(times(*parts)) == pytest.approx(alone + 3 * THIN)
    assert width(Sum(tuple((False, part) for part in parts))) == pytest.approx(alone + 3 * SIGN)
    assert width(Chain(Joint.ELEMENTWISE, tuple(parts))) == pytest.approx(alone + 3 * SIGN)
    assert width(negative(A)) == pytest.approx(SIGN + 1)
    assert width(Relation(A, ((Sign.EQUAL, B), (Sign.LESS, X)))) == pytest.approx(3 + 2 * RELATION)


def test_signs_are_narrow_in_scripts():
    inside = Element(X, (Sum(((False, A), (False, B))),))
    assert width(inside) == pytest.approx(1 + 0.8 * (1 + 1.2 + 1))


def test_a_sum_is_as_wide_as_its_limits():
    assert width(Big(Operator.SUM, (Range(I, integer(0), N),))) == pytest.approx(max(2.7, 0.8 * (1 + 1.3 + 1)) + 0.3)


def test_parentheses_count():
    assert width(times(A, Sum(((False, A), (False, B))))) == pytest.approx(1 + THIN + 2 * 0.7 + 2 + SIGN)
    assert width(Product(Fraction(1, 2), (A,))) == pytest.approx(1.5)
    assert letters("a(b") == pytest.approx(2.7)

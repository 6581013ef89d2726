"""Trees, and what print makes of them."""

from fractions import Fraction

from symbackprop.formula.strength import Strength
from symbackprop.formula.text import strength as text_strength
from symbackprop.formula.tree import (
    DOTS,
    Element,
    Fenced,
    Letter,
    Number,
    Power,
    Product,
    Quotient,
    Scripted,
    Sum,
    Word,
    integer,
    length,
    negative,
    times,
)
from symbackprop.formula.typeset import laid_out, scripts, strength

A, B, I = (Letter(name) for name in "abi")


def test_integers_are_signed():
    assert integer(3) == Number(Fraction(3))
    assert integer(-3) == negative(Number(Fraction(3)))


def test_one_factor_is_itself():
    assert times(A) is A


def test_length_is_what_is_read():
    assert length(times(Word("score"), Element(A, (I,)))) == 7
    assert length(Sum(((False, A), (True, Number(Fraction(1, 3)))))) == 2
    assert length(DOTS) == 0


def test_a_fraction_is_laid_out_as_one():
    assert laid_out(Product(Fraction(1), (A,), (B,))) == Quotient(A, B)


def test_weak_operands_get_parentheses():
    laid = laid_out(times(A, Sum(((False, A), (False, B)))))
    assert isinstance(laid.items[1], Fenced)
    assert laid_out(laid) == laid  # and no second pair


def test_scripts_stand_one_above_the_other():
    power = laid_out(Power(Element(A, (I,)), integer(2)))
    assert scripts(power) == (A, I, integer(2))
    assert scripts(laid_out(Element(Scripted(A, None, B), (I,)))) == (A, I, B)


def test_strengths_are_those_of_the_notation():
    power, sum_ = Power(A, integer(2)), Sum(((False, A), (False, B)))
    assert strength(Quotient(A, B)) == Strength.FACTOR
    assert text_strength(Product(Fraction(1), (A,), (B,))) == Strength.PRODUCT
    assert strength(sum_) == text_strength(sum_) == Strength.SUM
    assert strength(power) == text_strength(power) == Strength.FACTOR
    assert strength(Scripted(A, None, B)) == Strength.FACTOR  # takes no exponent

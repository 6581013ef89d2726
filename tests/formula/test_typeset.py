"""What print lays out otherwise than a line: the same numbers, the same ranges, one script above another."""

import random
from fractions import Fraction

import pytest

from symbackprop.formula import tree
from symbackprop.formula.strength import Strength
from symbackprop.formula.tree import (
    Big,
    Chain,
    Element,
    Fence,
    Joint,
    Letter,
    Operator,
    Power,
    Prefixed,
    Range,
    Sign,
    integer,
)
from symbackprop.formula.typeset import laid_out, scripts, spread, strength

A, B, I, N = (Letter(name) for name in "abiN")


def value(formula):
    """The number that is laid out, of formulas that are made of numbers."""
    match formula:
        case tree.Number(number):
            return number
        case tree.Digits(text):
            return Fraction(text)
        case tree.Quotient(above, below):
            return value(above) / value(below)
        case tree.Sum(addends):
            return sum(-value(each) if minus else value(each) for minus, each in addends)
        case Chain(Joint.DOT | Joint.TIMES, items):
            found = Fraction(1)
            for item in items:
                found *= value(item)
            return found
        case Power(base, exponent):
            return value(base) ** int(value(exponent))
        case tree.Product(number, above, below):
            found = Fraction(number)
            for item in above:
                found *= value(item)
            for item in below:
                found /= value(item)
            return found
        case tree.Fenced(_, inner):
            return value(inner)
        case tree.Sum(((True, inner),)):
            return -value(inner)
        case tree.Scripted(base, None, above) if above is not None:
            return value(base) ** int(value(above))
        case _:
            raise TypeError(formula)


@pytest.mark.parametrize("seed", range(100))
def test_numbers_are_what_they_were(seed):
    rng = random.Random(seed)
    below = rng.choice((1, 2, 3, 7, 8, 10, 100, 1000, 10**9, 10**20, 3 * 10**6))
    for number in (Fraction(rng.randint(0, 10**6), below), Fraction(rng.randint(1, 9), below)):
        assert value(laid_out(tree.Number(number))) == number


@pytest.mark.parametrize("seed", range(100))
def test_a_product_is_its_factors(seed):
    rng = random.Random(seed)
    above, below = ([integer(rng.choice((2, 3, 5, 7777, 12345))) for _ in range(rng.randrange(4))] for _ in range(2))
    product = tree.Product(Fraction(rng.randint(1, 4), rng.randint(1, 4)), tuple(above), tuple(below))
    found = spread(product)
    assert found
    assert value(tree.times(*found)) == value(product)
    assert value(laid_out(product)) == value(product)
    assert all(not isinstance(each, tree.Product) for each in found)


def test_a_power_of_ten_has_no_one_before_it():
    assert laid_out(tree.Number(Fraction(1, 10**5))) == laid_out(tree.Power(integer(10), tree.negative(integer(5))))


def test_no_sum_stands_above_a_fraction():
    total = tree.Prefixed(tree.Big(tree.Operator.SUM, (Letter("n"),)), A)
    assert spread(tree.Product(Fraction(1), (total,), (B,))) == (tree.Quotient(integer(1), B), total)


def test_what_is_long_stands_behind_its_fraction():
    long = Letter("abcdefghijkl"), A
    assert spread(tree.Product(Fraction(1, 2), (A, B), ())) == (tree.Quotient(tree.times(A, B), integer(2)),)
    assert spread(tree.Product(Fraction(1, 2), long * 6, ()))[0] == tree.Quotient(integer(1), integer(2))
    assert spread(tree.Product(Fraction(1), (), ())) == (integer(1),)


def test_ranges():
    zero, last = integer(0), tree.Sum(((False, N), (True, integer(1))))
    assert laid_out(Range(I, zero, zero, None)) == tree.Relation(I, ((Sign.EQUAL, zero),))
    assert laid_out(Range(I, zero, last, N)) == tree.Relation(zero, ((Sign.AT_MOST, I), (Sign.LESS, N)))
    assert laid_out(Range(I, zero, N, None)) == tree.Relation(zero, ((Sign.AT_MOST, I), (Sign.AT_MOST, N)))
    both = laid_out(Big(Operator.SUM, (Range(I, zero, N, None), Range(A, zero, B, None))))
    assert isinstance(both, Chain)  # a sign for each that has ends
    assert [item.above for item in both.items] == [N, B]
    assert [item.below.items for item in both.items] == [(I, zero), (A, zero)]
    assert laid_out(Big(Operator.MAX, (I,))).below == I


def test_a_log_sum_exp_is_written_out():
    found = laid_out(Prefixed(Big(Operator.LOGSUMEXP, (I,)), A))
    assert found == Prefixed(tree.Call("log", ()), Prefixed(Big(Operator.SUM, (I,)), tree.Call("exp", (A,))))
    mark = laid_out(tree.Indicator(A))
    assert mark.items[1] == tree.Fenced(Fence.BRACKETS, A)


def test_scripts_stand_above_each_other_where_there_is_room():
    squared = tree.Scripted(Element(A, (I,)), None, integer(2))
    assert scripts(squared) == (A, I, integer(2))
    twice = tree.Scripted(tree.Scripted(A, None, B), None, integer(2))
    assert scripts(twice) == (twice.base, None, integer(2))


def test_how_strongly_it_holds_together():
    found = [
        strength(each) for each in (A, tree.Number(Fraction(1, 2)), Power(A, B), tree.times(A, B), tree.Given("x^2"))
    ]
    assert found == [Strength.ATOM, Strength.FACTOR, Strength.FACTOR, Strength.PRODUCT, Strength.FACTOR]
    assert strength(tree.Product(Fraction(1), (A,), (B,))) is Strength.FACTOR  # one fraction
    assert strength(Element(tree.Scripted(A, None, B), (I,))) is Strength.FACTOR

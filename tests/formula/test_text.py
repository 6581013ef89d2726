"""Formulas as text: SymPy reads them back, and finds the value of the term that they were written from."""

import math
import random
import re
from fractions import Fraction

import pytest
import sympy

from symbackprop.formula.text import fraction_text, text
from symbackprop.formula.tree import (
    Big,
    Cases,
    Chain,
    Element,
    Indicator,
    Joint,
    Number,
    Operator,
    Power,
    Prefixed,
    Product,
    Range,
    Relation,
    Sign,
    Sum,
    Word,
    integer,
    negative,
    times,
)
from symbackprop.terms.build import access, add, apply, compare, indicator, mul, number, power, where
from symbackprop.terms.show import show
from symbackprop.terms.term import Access, Add, Apply, Compare, Connective, Function, Logic, Mul, Where
from symbackprop.terms.term import Number as NumberTerm
from symbackprop.terms.term import Power as PowerOf
from symbackprop.terms.term import Relation as Relates

A, B, C, I = (Word(name) for name in "abci")
VALUES = {"a": 0.7, "b": 1.9, "c": 2.3}
FUNCTIONS = {Function.EXP: math.exp, Function.TANH: math.tanh, Function.SIN: math.sin}
RELATIONS = {Relates.GT: lambda u, v: u > v, Relates.GE: lambda u, v: u >= v}


def random_term(rng, depth):
    if depth == 0:
        fraction = Fraction(rng.randint(-9, 9), rng.choice((1, 2, 3, 8)))
        return rng.choice([*map(access, VALUES), number(fraction)])
    inner = [random_term(rng, depth - 1) for _ in range(3)]
    match rng.randrange(6):
        case 0:
            return add(*inner)
        case 1:
            return mul(*inner)
        case 2:
            return apply(rng.choice(list(FUNCTIONS)), inner[0])
        case 3:
            return power(apply(Function.EXP, inner[0]), rng.choice((-2, -1, Fraction(1, 2), Fraction(2, 3), 3)))
        case 4:
            return where(compare(Relates.GT, inner[0], inner[1]), inner[2], number(0))
        case _:
            return where(compare(Relates.GE, inner[0], inner[1]), inner[2], inner[0])


def value(term):
    match term:
        case NumberTerm(number_):
            return float(number_)
        case Access(name, ()):
            return VALUES[name]
        case Add(args):
            return sum(map(value, args))
        case Mul(args):
            return math.prod(map(value, args))
        case PowerOf(base, exponent):
            return value(base) ** float(exponent)
        case Apply(function, (arg,)):
            return FUNCTIONS[function](value(arg))
        case Where(condition, then, otherwise):
            return value(then if holds(condition) else otherwise)
        case _:
            raise TypeError(term)


def holds(condition):
    match condition:
        case Compare(relation, left, right):
            return RELATIONS[relation](value(left), value(right))
        case Logic(Connective.AND, args):
            return all(map(holds, args))
        case _:
            raise TypeError(condition)


def read(line):
    """The value of a line, as SymPy reads it; a bracket is 1 where what stands in it holds."""
    line = re.sub(r" if \[([^\[\]]*)\] else ", r" if (\1) else ", line)
    while "[" in line:
        line = re.sub(r"\[([^\[\]]*)\]", r"(1 if (\1) else 0)", line)
    line = line.replace("·", "*").replace("^", "**").replace("≥", ">=").replace("≤", "<=")
    names = {name: sympy.Float(found, 30) for name, found in VALUES.items()}
    functions = {name: getattr(sympy, name) for name in ("exp", "tanh", "sin", "sqrt")}
    numbers = re.sub(r"(?<![\w.])(\d+(\.\d+)?(e-?\d+)?)", r"Float('\1', 30)", line)
    return float(eval(numbers, {"__builtins__": {}, "Float": sympy.Float, **names, **functions}))


def moderate(rng, depth):
    """(a term, its value), drawn until that is a number which the line's own digits tell."""
    while True:
        term = random_term(rng, depth)
        try:
            found = value(term)
        except (OverflowError, ZeroDivisionError):
            continue
        if math.isfinite(found) and 1e-8 < abs(found) < 1e12:
            return term, found


@pytest.mark.parametrize("seed", range(120))
def test_what_is_read_back_is_the_term(seed):
    term, expected = moderate(random.Random(seed), 1 + seed % 3)
    assert read(show(term)) == pytest.approx(expected, rel=1e-6), show(term)


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        (Sum(((False, A), (True, B))), "a - b"),
        (negative(A), "-a"),
        (times(A, Sum(((False, B), (False, C)))), "a·(b + c)"),
        (Sum(((False, A), (False, negative(B)))), "a + (-b)"),
        (Product(Fraction(1), (A,), (B, C)), "a/(b·c)"),
        (Product(Fraction(3, 2), (A,)), "1.5·a"),
        (Product(Fraction(1, 2), (A,)), "a/2"),
        (Product(Fraction(2, 3), (A,), (B,)), "2·a/(3·b)"),
        (Power(Sum(((False, A), (False, B))), integer(2)), "(a + b)^2"),
        (Power(A, Number(Fraction(1, 3))), "a^(1/3)"),
        (Element(A, (I, integer(0))), "a[i, 0]"),
        (Prefixed(Big(Operator.SUM, (Range(I, integer(0), A),)), times(B, C)), "Σ_i b·c"),
        (times(A, Prefixed(Big(Operator.SUM, (Range(I, integer(0), A),)), B)), "a·Σ_i b"),
        (Product(Fraction(1), (Prefixed(Big(Operator.SUM, (I,)), B),), (A,)), "(Σ_i b)/a"),
        (Product(Fraction(1), (C, Prefixed(Big(Operator.SUM, (I,)), B)), (A,)), "(c·Σ_i b)/a"),
        (Prefixed(Big(Operator.MAX, (I, A)), Sum(((False, B), (False, C)))), "max_{i,a}(b + c)"),
        (Range(I, integer(0), A), "i = 0..a"),
        (Relation(integer(0), ((Sign.AT_MOST, I), (Sign.LESS, A))), "0 ≤ i < a"),
        (Cases(((A, Relation(B, ((Sign.EQUAL, C),))),), I), "(a if [b = c] else i)"),
        (Chain(Joint.OR, (Chain(Joint.AND, (A, B)), C)), "(a and b) or c"),
        (Chain(Joint.DIVIDED, (A, Chain(Joint.ELEMENTWISE, (B, C)))), "a ⊘ (b ⊙ c)"),
    ],
)
def test_parentheses(formula, expected):
    assert text(formula) == expected


def test_numbers_are_exact():
    values = Fraction(3), Fraction(1, 2), Fraction(1, 3), Fraction(-7, 5)
    assert list(map(fraction_text, values)) == ["3", "0.5", "1/3", "-1.4"]
    assert fraction_text(Fraction(10**400, 3)) == f"1{'0' * 400}/3"  # no float holds it
    assert fraction_text(Fraction(1, 3 * 10**400)) == f"1/3{'0' * 400}"


def test_a_guard_is_a_factor():
    term = mul(access("a"), indicator(compare(Relates.GT, access("b"), access("c"))))
    assert show(term) == "[b > c]·a"


def test_an_indicator_over_a_divisor() -> None:
    c, u = Indicator(Word("c")), Word("u")
    assert text(Prefixed(c, Product(Fraction(1), (), (u,)))) == "[c]/u"
    assert text(Prefixed(c, Product(Fraction(1, 2), (), (u,)))) == "[c]/(2·u)"
    assert text(Prefixed(c, Product(Fraction(2), (), (u,)))) == "[c]·2/u"

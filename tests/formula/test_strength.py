"""Parentheses stand where a reader of the line would else read something else, and nowhere else: Python reads it."""

import random
from fractions import Fraction

import pytest

from symbackprop.formula import tree
from symbackprop.formula.strength import JOINTS, Strength, opens, parenthesised
from symbackprop.formula.text import text
from symbackprop.formula.tree import Big, Chain, Fence, Fenced, Indicator, Joint, Not, Operator, Prefixed, Word, integer
from symbackprop.formula.typeset import strength

VALUES = {"a": Fraction(3, 7), "b": Fraction(-5, 2), "c": Fraction(11, 3)}
A, B, C = map(Word, VALUES)
SUM = tree.Sum(((False, A), (True, B)))


def drawn(rng, depth):
    """(a formula, its value)."""
    if not depth:
        name = rng.choice(list(VALUES))
        return Word(name), VALUES[name]
    parts = [drawn(rng, depth - 1) for _ in range(3)]
    formulas, values = zip(*parts, strict=True)
    match rng.randrange(4):
        case 0:
            signs = [rng.random() < 0.5 for _ in parts]
            total = sum(-value if minus else value for minus, value in zip(signs, values, strict=True))
            return tree.Sum(tuple(zip(signs, formulas, strict=True))), total
        case 1 if values[2]:
            return tree.Product(Fraction(2, 3), formulas[:2], formulas[2:]), Fraction(2, 3) * values[0] * values[
                1
            ] / values[2]
        case 2:
            return tree.times(*formulas), values[0] * values[1] * values[2]
        case _:
            return tree.Power(formulas[0], integer(2)), values[0] ** 2


@pytest.mark.parametrize("seed", range(150))
def test_what_is_read_is_what_was_written(seed):
    formula, value = drawn(random.Random(seed), 3)
    line = text(formula).replace("^", "**").replace("·", "*")
    numbers = {name: Fraction(value) for name, value in VALUES.items()}
    read = eval(line.replace("/", "*one/"), {"one": Fraction(1), **numbers})
    assert read == value, line


def at(formula):
    return parenthesised(formula, strength)


def fenced(formula):
    return Fenced(Fence.PARENTHESES, formula)


def test_operands_that_hold_together_too_weakly():
    assert at(tree.Power(SUM, integer(2))).base == fenced(SUM)
    assert at(tree.Power(A, SUM)) == tree.Power(A, SUM)  # above, where it stands apart
    assert at(Chain(Joint.TIMES, (SUM, A))).items == (fenced(SUM), A)
    assert at(Chain(Joint.ELEMENTWISE, (Chain(Joint.BESIDE, (A, B)), C))).items[0] == fenced(
        Chain(Joint.BESIDE, (A, B))
    )
    assert at(Chain(Joint.AND, (Chain(Joint.OR, (A, B)), C))).items[0] == fenced(Chain(Joint.OR, (A, B)))
    assert at(Chain(Joint.LIST, (SUM, Chain(Joint.COMMA, (A, B))))).items == (SUM, fenced(Chain(Joint.COMMA, (A, B))))
    assert at(Not(A)) == Not(fenced(A))
    assert at(A) is A


def test_a_sum_over_indices_takes_all_factors_behind_it():
    total = Prefixed(Big(Operator.SUM, (A,)), Chain(Joint.TIMES, (B, C)))
    assert at(total) == total
    assert at(Prefixed(Big(Operator.SUM, (A,)), SUM)).body == fenced(SUM)
    assert at(Chain(Joint.TIMES, (A, total))).items == (A, total)  # at the end
    assert at(Chain(Joint.TIMES, (total, A))).items == (fenced(total), A)
    largest = Prefixed(Big(Operator.MAX, (A,)), Chain(Joint.TIMES, (B, C)))
    assert at(largest).body == fenced(largest.body)  # a function of one factor
    found = [
        opens(head) for head in (Big(Operator.SUM, ()), Big(Operator.PRODUCT, ()), Big(Operator.MAX, ()), Indicator(A))
    ]
    assert found == [True, True, False, True]


def test_every_joint_has_its_strength():
    assert set(JOINTS) == set(Joint) - {Joint.PLUS, Joint.MINUS}  # which stand before pieces alone
    assert list(Strength) == sorted(Strength)

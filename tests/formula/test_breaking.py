"""Where formulas are broken: the pieces side by side are the formula, and lines of them fit."""

import random
from fractions import Fraction
from itertools import pairwise

import pytest

from symbackprop import derive, zoo
from symbackprop.formula.breaking import ROOM, fill, fine, pieces, total
from symbackprop.formula.latex import latex, line
from symbackprop.formula.tree import (
    Big,
    Call,
    Indicator,
    Joint,
    Letter,
    Operator,
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
from symbackprop.formula.width import width
from symbackprop.latex import Names
from symbackprop.terms.namer import Namer
from symbackprop.terms.writing import Writer

A, B, I = (Letter(name) for name in "abi")
LONG = [Word(letter * 18) for letter in "pqrs"]


def plain(written):
    """Without spaces, and with parentheses that are all alike."""
    for loose, fixed in ((r"\bigl(", r"\left("), (r"\bigr)", r"\right)"), (r"\,", "")):
        written = written.replace(loose, fixed)
    return written.replace(" ", "")


@pytest.mark.parametrize("name", ["lstm", "attention", "gmm", "lenet"])
def test_the_pieces_are_the_formula(name):
    derivation = derive(zoo.load(name))
    writer = Writer(Names.of(derivation.program), Namer(derivation.program.table))
    for equation in (*derivation.forward, *derivation.backward):
        formula = writer.term(equation.equation.rhs)
        assert plain(line(fine(formula))) == plain(latex(formula))
        if not any(isinstance(part.formula, Product) for part in pieces(formula)):
            broken = plain(line(pieces(formula)))
            assert sorted(broken) == sorted(plain(latex(formula))) or r"\frac" in broken


def test_a_short_formula_is_one_piece():
    (piece,) = pieces(Sum(((False, A), (True, B))))
    assert (piece.join, piece.apart) == (None, False)


def test_addends_and_factors():
    wide = Sum(tuple((place == 1, word) for place, word in enumerate(LONG)))
    assert [piece.join for piece in pieces(wide)] == [None, Joint.MINUS, Joint.PLUS, Joint.PLUS]
    assert [piece.join for piece in pieces(times(*LONG))] == [None, *[Joint.TIMES] * 3]
    assert latex(pieces(Product(Fraction(1), tuple(LONG), (A,)))[0].formula) == r"\frac{1}{a}"
    first, *_ = pieces(negative(times(*LONG)))
    assert latex(first.formula).startswith(r"-\mathrm")


def test_an_addend_in_pieces_stands_apart():
    parts = pieces(Sum(((False, A), (False, times(*LONG)), (False, B))))
    assert [piece.apart for piece in parts] == [False, True, False, False, False, True]


def test_parentheses_may_close_on_another_line():
    wide = Sum(tuple((False, word) for word in LONG))
    for formula in (times(A, wide), Call("tanh", (wide,))):
        written = [line([piece]) for piece in pieces(formula)]
        assert sum(r"\bigl(" in part for part in written) == sum(r"\bigr)" in part for part in written) == 1
    assert r"\tanh" in latex(pieces(Call("tanh", (wide,)))[0].formula)


def test_guards_are_pieces_of_their_own():
    guard = Indicator(Relation(A, ((Sign.EQUAL, B),)))
    parts = pieces(Prefixed(guard, Prefixed(guard, times(*LONG))))
    assert [piece.formula for piece in parts[:2]] == [guard, guard]
    assert [piece.join for piece in parts[:3]] == [None, Joint.TIMES, Joint.TIMES]


def test_the_smallest_parts_keep_a_sum_with_its_first_factor():
    sum_ = Prefixed(Big(Operator.SUM, (Range(I, integer(0), A),)), times(A, B))
    found = fine(Sum(((False, sum_), (True, A))))
    assert [(latex(piece.formula), piece.join) for piece in found] == [
        (r"\sum_{i=0}^{a} a", None), ("b", Joint.TIMES), ("a", Joint.MINUS),
    ]  # fmt: skip


def test_lines_are_filled_up_to_their_room():
    rng = random.Random(3)
    for _ in range(50):
        words = [(False, Word("w" * rng.randint(1, 30))) for _ in range(rng.randint(2, 9))]
        parts, room = pieces(Sum(tuple(words))), rng.uniform(20, 60)
        lines = fill(5.0, parts, room)
        assert [part for filled in lines for part in filled] == list(parts)
        for place, filled in enumerate(lines):
            used = total(filled) + (5.0 if place == 0 else 0.0)
            assert used <= room or len(filled) == 1
        for before, after in pairwise(lines):
            start = 5.0 if before is lines[0] else 0.0
            assert start + total(before) + after[0].width > room
    assert width(A) < ROOM

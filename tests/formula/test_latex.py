"""Formulas in LaTeX: braces and fences match, and parentheses stand where they must."""

import random
import re
from fractions import Fraction

import pytest

from symbackprop import derive, zoo
from symbackprop.formula.breaking import Piece
from symbackprop.formula.latex import latex, line, prose
from symbackprop.formula.tree import (
    Big,
    Chain,
    Fence,
    Fenced,
    Given,
    Joint,
    Label,
    Letter,
    Operator,
    Power,
    Prefixed,
    Product,
    Range,
    Scripted,
    Sum,
    integer,
    negative,
    times,
)
from symbackprop.latex import Names
from symbackprop.terms.writing import Writer
from tests.formula.test_text import random_term

A, B, I, N = (Letter(name) for name in "abiN")
Z1 = Scripted(Letter("z"), None, Label(("1",)))


def is_balanced(written):
    depth = 0
    for token in re.findall(r"\\.|[{}]", written):
        depth += {"{": 1, "}": -1}.get(token, 0)
        if depth < 0:
            return False
    fences = [len(re.findall(rf"\\{name}(?![a-z])", written)) for name in ("left", "right", "begin", "end")]
    return depth == 0 and fences[0] == fences[1] and fences[2] == fences[3]


@pytest.mark.parametrize("seed", range(60))
def test_braces_and_fences_match(seed):
    assert is_balanced(latex(Writer(Names({}, {})).term(random_term(random.Random(seed), 3))))


@pytest.mark.parametrize("name", ["lstm", "lenet", "attention"])
def test_equations_are_balanced(name):
    derivation = derive(zoo.load(name))
    assert all(is_balanced(equation.latex()) for equation in (*derivation.forward, *derivation.backward))


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        (Power(Z1, integer(2)), r"\left(z^{(1)}\right)^{2}"),
        (Power(Given("z^{(1)}"), integer(2)), r"\left(z^{(1)}\right)^{2}"),
        (Power(Given(r"\theta"), integer(2)), r"\theta^{2}"),
        (Product(Fraction(3, 2), (A,), (B,)), r"\frac{3 \, a}{2 \, b}"),
        (Product(Fraction(1), (), (B,)), r"\frac{1}{b}"),
        (negative(Product(Fraction(1, 2), (A,))), r"-\frac{a}{2}"),
        (times(A, negative(B)), r"a \, \left(-b\right)"),
        (Fenced(Fence.BRACES, N), r"\left\{N\right\}"),
        (Fenced(Fence.FLOOR, Product(Fraction(1), (N,), (integer(2),))), r"\left\lfloor \frac{N}{2} \right\rfloor"),
        (Prefixed(Big(Operator.LOGSUMEXP, (Range(I, integer(0), N),)), A), r"\log \sum_{i=0}^{N} \exp\left(a\right)"),
        (Prefixed(Big(Operator.MAX, (Range(I, integer(0), N),)), Sum(((False, A), (False, B)))),
         r"\max_{0 \le i \le N} \left(a + b\right)"),
        (Range(I, integer(0), A, N), r"0 \le i < N"),
        (Range(I, integer(3), integer(3)), "i = 3"),
        (Chain(Joint.CROSS, (Sum(((False, N), (True, integer(1)))), A)), r"\left(N - 1\right) \times a"),
    ],
)  # fmt: skip
def test_parentheses(formula, expected):
    assert latex(formula) == expected


def test_what_is_long_stands_behind_its_fraction():
    long = tuple(Letter(name) for name in "abcdefghij")
    assert latex(Product(Fraction(1), long[:4], (N,))) == r"\frac{a \, b \, c \, d}{N}"
    assert latex(Product(Fraction(1), long, (N,))).startswith(r"\frac{1}{N} \, a \, b")


def test_a_line_of_pieces():
    parts = (Piece(A, Joint.TIMES), Piece(B, Joint.MINUS))
    assert line(parts) == r"\, a - b"
    assert line(parts, starts=True) == r"\cdot a - b"


def test_words_in_running_text():
    assert prose("log_z & δ") == r"log\_z \& $\delta{}$"


def test_fractions_and_scripts_of_unicode():
    assert prose("½ x² + ₃") == r"$\frac{1}{2}$ x$^{2}$ + $_{3}$"
    assert prose("ⁿ, ⁻, ᵀ") == r"$^{n}$, $^{-}$, $^\top$"

r"""Formulas with their places to break: where nothing breaks they are as they were."""

import re

import pytest

from symbackprop import derive, zoo
from symbackprop.document.breakable import ATOM, breakable, chained
from symbackprop.formula.breaking import pieces
from symbackprop.formula.latex import latex, line
from symbackprop.formula.tree import Element, Fence, Fenced, Joint, Letter, Loose, Row, Sum, Word, chain
from symbackprop.formula.width import width

A = Element(Letter("a"), (Letter("n"),))


def closed(text: str) -> str:
    """What TeX sees where a formula stays flat, without spaces."""
    text = re.sub(r"\\sbp[ba]\{((?:\\[a-z]+|[^{}]|\{\{[^{}]*\}\{[^{}]*\}\})*)\}", r"\1", text)
    text = text.replace(r"\sbpl{,\,}", r",\,").replace(r"\sbpt", r"\,")
    text = text.replace(r"\sbpo", r"\left").replace(r"\sbpc ", r"\right").replace(r"\sbpc)", r"\right)")
    text = text.replace(r"\bigl", r"\left").replace(r"\bigr", r"\right").replace(r"\sbpc", r"\right")
    return re.sub(r"\\sbp[ghs]|[{}\s]", "", text)


@pytest.mark.parametrize("name", ["mlp", "lstm", "attention", "gcn"])
def test_flat_it_is_the_formula(name):
    """Every sign and every factor of every step, but for quotients and cases, which have two forms."""
    for formula in derive(zoo.load(name)).document("full").formulas():
        for step in formula.steps:
            found = chained(step.pieces)
            if "sbpq" not in found and "sbpcases" not in found:
                assert closed(found) == closed(line(step.pieces)), found


def test_a_short_formula_is_as_it_is():
    assert breakable(A) == latex(A) == "a_{n}"


def test_places():
    long = Sum(
        ((False, A), (True, chain(Joint.TIMES, [A] * 12)), (False, Fenced(Fence.PARENTHESES, Sum(((False, A),) * 12))))
    )
    assert width(long) > ATOM
    text = breakable(long)
    assert text.startswith(r"\sbpg{a_{n} \sbpb{-} \sbpg{a_{n} \sbpt a_{n}")
    assert r"\sbpb{+} \sbpg{\sbpo( \sbpg{a_{n} \sbpb{+} a_{n}" in text
    assert text.count("a_{n}") == 25
    assert chained(pieces(long)).count("a_{n}") == 25


def test_brackets_stay_with_the_name_before_them_and_leave_an_open_parenthesis_alone() -> None:
    extents = Fenced(Fence.BRACKETS, chain(Joint.LIST, [A] * 12))
    assert breakable(Row((Word("score"), extents))).startswith(r"\sbpg{\sbph{\mathrm{score}}{\sbpg{\sbpo[")
    assert r"\sbph" not in breakable(Row((Loose(True), extents, Loose(False))))

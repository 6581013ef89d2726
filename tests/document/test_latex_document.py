"""A document as LaTeX: a block in its environment, each formula once, words escaped, lines no wider than the room."""

from __future__ import annotations

import re

import pytest

from symbackprop import derive, zoo
from symbackprop.document.latex_document import LINE, fragment, standalone
from symbackprop.document.model import Display, Document, Formula, Listing, Paragraph, Reference, Section, Step, Table
from symbackprop.formula.breaking import pieces
from symbackprop.formula.latex import latex
from symbackprop.formula.tree import Element, Letter, Sign, Sum
from symbackprop.formula.width import width

Z, N = Element(Letter("z"), (Letter("n"),)), Letter("N")


def formula(addends: int, label: str) -> Formula:
    """z_n = a_n + … + a_n, of so many addends."""
    right = Sum(tuple((place % 3 == 1, Element(Letter("a"), (Letter("n"),))) for place in range(addends)))
    return Formula(Z, (Step(Sign.EQUAL, pieces(right), ("by ", Reference("F1"))),), label=label)


def test_blocks() -> None:
    document = Document("my_net", (
        Section("forward", "Forward & back", (
            Paragraph(("50 % of x_hat, see ", Reference("F1"))), Display((formula(2, "F1"), formula(40, "F2"))),
        )),
        Section("code", "Code", (Listing(("def f(x_1):", "    return {x_1: 2}", "")),)),
        Section("cost", "Cost", (Table("cost", ("", "multiply-adds"), ((("forward",), ("3",)),)),)),
    ))  # fmt: skip
    text = fragment(document)
    assert text.startswith("% The gradients of my_net; needs amsmath, amssymb and longtable.")
    assert r"\subsection*{Forward \& back}" in text
    assert r"50 \% of x\_hat, see \eqref{my_net:F1}" in text
    assert text.count(r"\begin{align*}") == text.count(r"\end{align*}") == 1
    for label in ("F1", "F2"):
        assert text.count(rf"\tag{{{label}}}\label{{my_net:{label}}}") == 1
    assert r"return \{x\_1: 2\}\par" in text
    assert r"\textit{multiply-adds}" in text
    assert standalone(document).count(r"\begin{document}") == 1


def test_a_long_formula_takes_several_lines_and_loses_nothing() -> None:
    document = Document("d", (Section("s", "S", (Display((formula(60, "F1"),)),)),))
    (display,) = re.findall(r"\\begin\{align\*\}(.*?)\\end\{align\*\}", fragment(document), re.DOTALL)
    rows = display.split(r"\\")
    assert len(rows) >= 3
    assert display.count("a_{n}") == 60
    wide = width(Element(Letter("a"), (Letter("n"),)))
    assert all(row.count("a_{n}") * wide <= LINE for row in rows)


@pytest.mark.parametrize("name", ["mlp", "lstm", "gcn"])
def test_every_formula_of_a_network_once(name: str) -> None:
    derivation = derive(zoo.load(name))
    document = derivation.document()
    text = standalone(document)
    assert text.count(r"\tag{") == len(derivation.forward) + len(derivation.backward)
    for found in document.formulas():
        assert not found.label or text.count(rf"\tag{{{found.label}}}") == 1
        assert latex(found.left) in text
    assert text.count("{") - text.count(r"\{") == text.count("}") - text.count(r"\}")
    for environment in set(re.findall(r"\\begin\{(\w+\*?)\}", text)):
        assert text.count(rf"\begin{{{environment}}}") == text.count(rf"\end{{{environment}}}")

"""What is printed of the whole zoo, asked of the trees: letters, products, symbols, numbers, conventions."""

from __future__ import annotations

from fractions import Fraction

import pytest

from symbackprop import derive, zoo
from symbackprop.document.model import Level, Math, Paragraph
from symbackprop.formula import tree
from symbackprop.formula.html_tables import formula as html_formula
from symbackprop.formula.tree import Big, Element, Number, Operator, Prefixed, Product, Range, Relation, Sign, Word
from symbackprop.latex.printed_names import Names
from symbackprop.terms.namer import Namer
from symbackprop.terms.writing import Writer
from tests.document import printed


@pytest.mark.parametrize("name", zoo.names())
def test_letters_products_symbols_and_numbers(name: str) -> None:
    derivation = derive(zoo.load(name))
    for level in Level:
        document = derivation.document(level.value)
        assert not printed.letters_of_two_ranges(document)
        formulas = list(document.formulas())
        assert not [found for formula in formulas for found in printed.clashing_letters(formula)]
        sides = [side for formula in formulas for side in printed.sides(formula)]
        assert not [found for side in sides for found in printed.odd_products(side)]
        assert not [found for side in sides for found in printed.read_as_powers(side)]
        labels = [formula.label for formula in formulas if formula.label]
        assert labels == [equation.label for equation in (*derivation.forward, *derivation.backward)]
        said = {run.formula for section in document.sections if section.key == "conventions" for block in section.blocks
                if isinstance(block, Paragraph) for run in block.runs if isinstance(run, Math)}  # fmt: skip
        indicators = any(isinstance(part, tree.Indicator) for side in sides for part in tree.within(side))
        assert any(isinstance(formula, tree.Indicator) for formula in said) == indicators


@pytest.mark.parametrize("name", zoo.names())
def test_bound_letters_of_comments(name: str) -> None:
    """A comment is written by the same walk, with the names of the code."""
    joint = derive(zoo.load(name)).derived.joint
    writer = Writer(namer=Namer.of(joint))
    assert not [found for e in joint.equations for found in printed.clashing_in(writer.equation(e))]


@pytest.mark.parametrize("name", ["lenet", "unet", "vit"])
def test_a_notebook_has_the_letters_of_the_text(name: str) -> None:
    """In each letter one range, as everywhere."""
    derivation = derive(zoo.load(name))
    joint, shown = derivation.derived.joint, derivation._repr_html_()
    for equation in (*derivation.forward, *derivation.backward):
        assert html_formula(Writer(Names.of(joint), Namer.of(joint)).equation(equation.equation)) in shown


def test_the_checks_see_what_they_are_for() -> None:
    n, i = Word("n"), Word("i")
    total = Prefixed(Big(Operator.SUM, (Range(n, Number(0), Word("N")),)), Element(Word("x"), (n,)))
    assert printed.clashing_in(Relation(Element(Word("z"), (n,)), ((Sign.EQUAL, total),))) == ["n in Σ_n"]
    assert not printed.clashing_in(Relation(Element(Word("z"), (i,)), ((Sign.EQUAL, total),)))
    product = Product(Fraction(1, 10), (i,), (Product(Fraction(1), (Word("C"), Word("N"))),))
    assert printed.odd_products(product)
    assert printed.odd_products(tree.times(Number(Fraction(1)), i))
    assert printed.read_as_powers(tree.Scripted(Word("u"), None, tree.Label(("exp",))))

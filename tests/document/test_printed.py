"""What is printed of the whole zoo, asked of the trees: letters, products, symbols, numbers, conventions."""

from __future__ import annotations

from fractions import Fraction
from itertools import groupby
from pathlib import Path

import pytest
from sympy import exp, tanh

from symbackprop import Network, Sum, derive, generate, zoo
from symbackprop.document.model import Formula, Level, Math, Paragraph
from symbackprop.formula import tree
from symbackprop.formula.html_tables import formula as html_formula
from symbackprop.formula.tree import Big, Element, Number, Operator, Prefixed, Product, Range, Relation, Sign, Word
from symbackprop.latex.printed_names import Names
from symbackprop.terms.namer import Namer
from symbackprop.terms.writing import Writer
from tests.document import printed

GENERATED = Path(__file__).parents[2] / "generated"  # the modules of the zoo


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
def test_matrix_forms_and_pages(name: str) -> None:
    """The matrix forms ask the same, and a page shows what the trees say."""
    document = derive(zoo.load(name)).document("steps", "matrix")
    assert not printed.letters_of_two_ranges(document)
    formulas = list(document.formulas())
    assert any(isinstance(formula.matrix, Formula) for formula in formulas)
    assert not [found for formula in formulas for found in printed.clashing_letters(formula)]
    sides = [side for formula in formulas for side in printed.sides(formula)]
    assert not [found for side in sides for found in (*printed.odd_products(side), *printed.read_as_powers(side))]
    assert not [found for side in sides for found in printed.odd_markup(side)]


@pytest.mark.parametrize("name", zoo.names())
def test_comments_of_modules(name: str) -> None:
    """Numbers in order in each function (of the plain style there is one, with all of them), and no odd products.

    Backward computes a result as soon as what it reads is there, so that less memory is in use: each equation stays in
    one piece, in an order of its own.
    """
    net = zoo.load(name)
    derivation = derive(net)
    labels = [equation.label for equation in (*derivation.forward, *derivation.backward)]
    plain, fast = generate(net, style="plain"), (GENERATED / f"{name}.py").read_text(encoding="utf-8")
    ((_, numbers),) = [found for found in printed.numbers_by_function(plain) if found[1]]
    assert list(dict.fromkeys(numbers)) == [label for label in labels if label in numbers]
    for text in (plain, fast):
        for function, found in printed.numbers_by_function(text):
            if text is fast and function == "backward":
                pieces = [label for label, _ in groupby(found)]
                assert sorted(pieces, key=labels.index) == sorted(set(pieces), key=labels.index)
            else:
                assert found == sorted(found, key=labels.index), function
    comments = printed.comments(fast)
    assert {label for label, _ in comments} <= set(labels)
    assert not [found for _, comment in comments for found in printed.odd_text(comment)]


def test_a_plain_module_keeps_the_order_of_the_derivation() -> None:
    """Also where what predict needs, and a module shares with forward, comes behind what it does not."""
    net = Network("aux")
    N, D = net.dims("N D")
    n, i, j = net.indices(n=N, i=D, j=D)
    x, W, (z, r, y) = net.input("x", (N, D)), net.parameter("W", (D, D)), net.tensors("z r y")
    z[n, j] = Sum(W[j, i] * x[n, i], i)
    r[n] = exp(Sum(z[n, j] ** 2, j))
    y[n, j] = tanh(z[n, j])
    net.loss = Sum(y[n, j] ** 2, n, j) + Sum(r[n] ** 2, n)
    net.output(y)
    ((_, numbers),) = [found for found in printed.numbers_by_function(generate(net, style="plain")) if found[1]]
    assert numbers == ["F1", "F2", "F3", "F4", "F5", "B1", "B2", "B3"][: len(numbers)]


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
    assert printed.odd_text("-1·[n = k]")
    assert printed.odd_text("a/(10·(C·N))")
    assert printed.odd_text("2·1·a")
    assert not printed.odd_text("a/(10·(C·N - 1)) + 21·b[1] - 0.1·c")
    assert printed.numbers_by_function("\ndef f(x):\n    # (F2) a\n    b  # (F1)\n") == [("f", ["F2", "F1"])]
    two = tree.Row((Number(2), Number(3)))
    assert printed.odd_markup(two)
    assert printed.odd_markup(tree.Row((Number(1), i)))
    assert printed.odd_markup(tree.Row((Number(10), tree.Fenced(tree.Fence.PARENTHESES, tree.Row((i, n))))))
    assert not printed.odd_markup(
        tree.Row((Number(10), tree.Fenced(tree.Fence.PARENTHESES, tree.Sum(((False, i), (True, n))))))
    )
    assert printed.read_as_powers(tree.Scripted(Word("u"), None, tree.Label(("exp",))))

"""Formulas in MathML: each is well formed and reads letter for letter like the LaTeX of the same tree, converted by
latex2mathml; every element has the children that it must have."""

import re
import unicodedata
from xml.etree import ElementTree

import pytest
from latex2mathml.converter import convert

from symbackprop import derive, zoo
from symbackprop.document.compose import build
from symbackprop.document.model import Display, Formula, Level, Math, Paragraph, Table
from symbackprop.errors import UnknownNotation
from symbackprop.formula.alphabets import styled
from symbackprop.formula.latex import latex
from symbackprop.formula.mathml import mathml
from symbackprop.formula.tree import (
    Big,
    Call,
    Cases,
    Chain,
    Digits,
    Element,
    Fence,
    Fenced,
    Given,
    Joint,
    Letter,
    Mark,
    Operator,
    Prefixed,
    Range,
    Relation,
    Row,
    Scripted,
    Sign,
    Style,
    Sum,
    Word,
    integer,
    times,
)
from symbackprop.latex.printed_names import adjoint, identifier

CHILDREN = {"msup": 2, "msub": 2, "msubsup": 3, "mfrac": 2, "munder": 2, "mover": 2, "munderover": 3, "mroot": 2}
LEAVES = {"mi", "mn", "mo", "mtext", "mspace"}
ROWS = {"math", "mrow", "msqrt", "mtable", "mtr", "mtd"}

# between them they have every construct; the larger ones of the zoo repeat these
NAMES = ("lstm", "gmm", "crf", "vae", "word2vec", "neural_ode", "deep_mlp", "siamese")
X, Y, I, J, N = (Letter(name) for name in "xyijN")


def formulas(document):
    """Every formula in the document, as it is turned into MathML."""
    for section in document.sections:
        for block in section.blocks:
            cells = []
            match block:
                case Paragraph(runs):
                    cells = [runs]
                case Table():
                    cells = [cell for row in block.rows for cell in row]
                case Display(displayed):
                    for formula in displayed:
                        steps = list(formula.steps)
                        yield from (formula.left, *formula.ranges)
                        if isinstance(formula.matrix, Formula):
                            yield from (formula.matrix.left, *formula.matrix.ranges)
                            steps.extend(formula.matrix.steps)
                        yield from (piece.formula for step in steps for piece in step.pieces)
                        cells += [step.reason for step in steps]
            yield from (run.formula for runs in cells for run in runs if isinstance(run, Math))


def check(tree):
    for node in tree.iter():
        assert "\\" not in (node.text or "")
        assert not (node.tail or "").strip()
        if node.tag in LEAVES:
            assert not len(node)
            assert node.tag == "mspace" or node.text, ElementTree.tostring(tree)
        elif node.tag in CHILDREN:
            assert len(node) == CHILDREN[node.tag], ElementTree.tostring(tree)
        else:
            assert node.tag in ROWS, node.tag


def letters(xml):
    """The letters that are read, in order: 𝑛 is the n of an index, and scripts are where one finds them."""
    text = unicodedata.normalize("NFKC", re.sub(r"<[^>]*>", "", xml)).replace("ϵ", "ε").replace("ϕ", "φ")
    return sorted(re.sub(r"\s|\u2061", "", text.replace("\\", "")))


def converted(formula):
    tree = ElementTree.fromstring(convert(latex(formula).replace(r"\bigl(", "(").replace(r"\bigr)", ")")))
    return "".join(tree.itertext())


@pytest.mark.parametrize("name", NAMES)
def test_every_formula(name):
    document = build(derive(zoo.load(name)).scheduled, Level.FULL, matrix=True)
    for formula in dict.fromkeys(formulas(document)):
        for display in (False, True):
            shown = mathml(formula, display)
            tree = ElementTree.fromstring(shown)
            check(tree)
            assert letters("".join(tree.itertext())) == letters(converted(formula)), latex(formula)


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        (Word("log_z"), "<mi>log_z</mi>"),
        (Call("diag", ()), "<mi>diag</mi>"),
        (identifier("Wq"), '<msup><mi>W</mi><mi mathvariant="normal">q</mi></msup>'),
        (identifier("a1_erf"), "<msup><mi>a</mi><mi>(1)\u2009(erf)</mi></msup>"),
        (Element(identifier("W2"), (J, integer(0))), "<msubsup><mi>W</mi><mi>𝑗,0</mi><mi>(2)</mi></msubsup>"),
        (
            Element(X, (N, Sum(((False, I), (True, integer(1)))))),
            "<msub><mi>x</mi><mrow><mi>N</mi><mo>,</mo><mi>i</mi><mo>−</mo><mn>1</mn></mrow></msub>",
        ),
        (Element(X, (Row((I, Mark("'"))), J)), "<msub><mi>x</mi><mi>𝑖′,𝑗</mi></msub>"),
        (
            Row((Scripted(J, Digits("2")), Mark("'"))),
            "<msubsup><mi>j</mi><mn>2</mn><mo>′</mo></msubsup>",
        ),
        (Word("a<b"), "<mi>a&lt;b</mi>"),
        (Scripted(Letter("1", Style.BOLD), None, Mark("⊤")), "<msup><mn>𝟏</mn><mo>⊤</mo></msup>"),
        (identifier("x_hat"), '<mover accent="true"><mi>x</mi><mo stretchy="false">^</mo></mover>'),
        (Mark("+="), '<mo lspace="0.2778em" rspace="0.2778em">+=</mo>'),
        (Fenced(Fence.BRACES, X), "<mrow><mo>{</mo><mi>x</mi><mo>}</mo></mrow>"),
        (Fenced(Fence.PARENTHESES, X), "<mrow><mo>(</mo><mi>x</mi><mo>)</mo></mrow>"),
        (Relation(X, ((Sign.LESS, Y),)), "<mi>x</mi><mo>&lt;</mo><mi>y</mi>"),
        (
            adjoint(identifier("z1")),
            "<msup><mi>δ</mi><msup><mi>z</mi><mi>(1)</mi></msup></msup>",
        ),
        (times(X, Y), '<mi>x</mi><mspace width="0.167em" /><mi>y</mi>'),
        (
            Cases(((X, Relation(I, ((Sign.EQUAL, J),))),), Y),
            '<mrow><mo>{</mo><mtable><mtr><mtd class="l"><mi>x</mi></mtd><mtd class="l"><mtext>if </mtext><mi>i</mi>'
            '<mo>=</mo><mi>j</mi></mtd></mtr><mtr><mtd class="l"><mi>y</mi></mtd><mtd class="l">'
            "<mtext>otherwise</mtext></mtd></mtr></mtable></mrow>",
        ),
        (Given(r"\mathrm{log\_z}"), "<mi>log_z</mi>"),
        (Given(r"\operatorname{diag}"), "<mi>diag</mi>"),
        (Given(r"\mathbb{1}"), "<mn>𝟙</mn>"),
        (Given(r"\hat{x}"), '<mover accent="true"><mi>x</mi><mo stretchy="false">^</mo></mover>'),
        (Given(r"W^{\mathrm{q}}"), "<msup><mi>W</mi><mtext>q</mtext></msup>"),
        (Given(r"x'"), "<mi>𝑥′</mi>"),
    ],
)
def test_constructs(formula, expected):
    assert mathml(formula) == f"<math>{expected}</math>"


def test_a_sign_behind_a_break_stands_between_operands():
    assert 'form="infix"' in mathml(X, opening=Joint.PLUS)
    assert 'form="infix"' in mathml(X, opening=Joint.ELEMENTWISE)
    assert 'form="infix"' not in mathml(Sum(((True, X),)))
    assert mathml(X, opening=Sign.EQUAL) == "<math><mo>=</mo><mi>x</mi></math>"


def test_limits_are_above_and_below_in_displays():
    sum_ = Prefixed(Big(Operator.SUM, (Range(I, integer(0), N),)), X)
    assert "<munderover>" in mathml(sum_, display=True)
    assert "<msubsup>" in mathml(sum_)


@pytest.mark.parametrize("given", [r"\nosuchsymbol x", r"\left( x", "x^"])
def test_what_cannot_be_shown_is_refused(given):
    with pytest.raises(UnknownNotation):
        mathml(Given(given))


def test_unknown_styles_are_refused():
    with pytest.raises(UnknownNotation, match="another style"):
        styled("x", "gothic")


def test_chains_have_their_signs():
    for joint, sign in ((Joint.ELEMENTWISE, "⊙"), (Joint.AND, "∧"), (Joint.CROSS, "×")):
        assert f"<mo>{sign}</mo>" in mathml(Chain(joint, (X, Y)))

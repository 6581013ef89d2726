"""LaTeX as MathML: nothing of LaTeX is left, nothing is lost, and every element has the children that it must have."""

import re
import unicodedata
from collections import Counter
from xml.etree import ElementTree

import pytest

from symbackprop import derive, zoo
from symbackprop.document.build import build
from symbackprop.document.model import Display, Level, Math, Paragraph, Table
from symbackprop.errors import UnknownNotation
from symbackprop.report.alphabets import styled
from symbackprop.report.mathml import inline, whole_pieces

CHILDREN = {"msup": 2, "msub": 2, "msubsup": 3, "mfrac": 2, "munder": 2, "mover": 2, "munderover": 3, "mroot": 2}
LEAVES = {"mi", "mn", "mo", "mtext", "mspace"}
ROWS = {"math", "mrow", "msqrt", "mtable", "mtr", "mtd"}
# commands whose names are letters of the formula; every other command is a symbol or a layout
SPOKEN = {"log", "exp", "sin", "cos", "tan", "arcsin", "arccos", "arctan", "sinh", "cosh", "tanh", "max", "min"}


# between them they have every construct; the larger ones of the zoo repeat these
NAMES = ("lstm", "gmm", "crf", "vae", "word2vec", "neural_ode", "deep_mlp", "siamese")


def mathematics(document):
    """Every piece of LaTeX in the document, as it is turned into MathML."""
    for section in document.sections:
        for block in section.blocks:
            match block:
                case Paragraph(runs):
                    cells = [runs]
                case Table():
                    cells = [cell for row in block.rows for cell in row]
                case Display(formulas):
                    cells = [step.reason for formula in formulas for step in formula.steps]
                    for formula in formulas:
                        yield formula.left
                        yield formula.ranges
                        steps = list(formula.steps)
                        if formula.matrix is not None and formula.matrix.step is not None:
                            yield formula.matrix.left
                            yield formula.matrix.ranges
                            steps.append(formula.matrix.step)
                        for step in steps:
                            first, *rest = whole_pieces(step.pieces)
                            yield f"{step.relation} {first}"
                            yield from rest
            yield from (run.latex for runs in cells for run in runs if isinstance(run, Math))


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


def letters(latex):
    """The letters and digits that a reader of the LaTeX sees."""
    plain = re.sub(r"\\(begin|end)\{\w+\}(\{\w+\})?", " ", latex)
    plain = re.sub(r"\\([A-Za-z]+)", lambda found: found[1] if found[1] in SPOKEN else " ", plain)
    return Counter(letter for letter in plain if letter.isascii() and letter.isalnum())


@pytest.mark.parametrize("name", NAMES)
def test_every_formula(name):
    document = build(derive(zoo.load(name)).scheduled, Level.FULL, matrix=True)
    for latex in dict.fromkeys(filter(str.strip, mathematics(document))):
        tree = ElementTree.fromstring(inline(latex, display=True))
        check(tree)
        text = unicodedata.normalize("NFKC", "".join(tree.itertext()))  # 𝑛 is the n of an index
        shown = Counter(letter for letter in text if letter.isascii() and letter.isalnum())
        if not re.search(r"\\(math(bf|bb|cal|sf|tt|frak|scr)|boldsymbol|bm)\b", latex):  # their letters are others
            assert shown == letters(latex), latex


@pytest.mark.parametrize(
    ("latex", "expected"),
    [
        (r"\mathrm{log\_z}", "<mi>log_z</mi>"),
        (r"\operatorname{diag}", "<mi>diag</mi>"),
        (r"W^{\mathrm{q}}", '<msup><mi>W</mi><mi mathvariant="normal">q</mi></msup>'),
        (r"a^{(1)\,\mathrm{erf}}", "<msup><mi>a</mi><mi>(1)\u2009erf</mi></msup>"),
        (r"W^{(2)}_{j,0}", "<msubsup><mi>W</mi><mi>𝑗,0</mi><mi>(2)</mi></msubsup>"),
        (r"x_{n,h-1}", "<msub><mi>x</mi><mrow><mi>n</mi><mo>,</mo><mi>h</mi><mo>−</mo><mn>1</mn></mrow></msub>"),
        (r"\mathrm{a<b}", "<mi>a&lt;b</mi>"),
        (r"\mathbb{1}", "<mn>𝟙</mn>"),
        (r"\mathbf{1}^{\top}", "<msup><mn>𝟏</mn><mo>⊤</mo></msup>"),
        (r"\hat{x}", '<mover accent="true"><mi>x</mi><mo stretchy="false">^</mo></mover>'),
        (r"\mathrel{{+}{=}}", '<mo lspace="0.2778em" rspace="0.2778em">+=</mo>'),
        (r"\left(x\right)", "<mrow><mo>(</mo><mi>x</mi><mo>)</mo></mrow>"),
        (r"a < b", "<mi>a</mi><mo>&lt;</mo><mi>b</mi>"),
    ],
)
def test_constructs(latex, expected):
    assert inline(latex) == f"<math>{expected}</math>"


def test_a_sign_behind_a_break_stands_between_operands():
    assert 'form="infix"' in inline("+ x", continues=True)
    assert 'form="infix"' not in inline("+ x")
    assert 'form="infix"' not in inline("x + y", continues=True)


def test_limits_are_above_and_below_in_displays():
    assert "<munderover>" in inline(r"\sum_{i=0}^{N} x", display=True)
    assert "<msubsup>" in inline(r"\sum_{i=0}^{N} x")


@pytest.mark.parametrize("latex", [r"\nosuchsymbol x", r"\left( x", "x^"])
def test_what_cannot_be_shown_is_refused(latex):
    with pytest.raises(UnknownNotation):
        inline(latex)


def test_unknown_styles_are_refused():
    with pytest.raises(UnknownNotation, match="another style"):
        styled("x", "gothic")


def test_pieces_are_put_together_where_a_fence_is_open():
    assert whole_pieces(("a", r"+ \left(b", r"- c\right)", "+ d")) == ("a", r"+ \left(b - c\right)", "+ d")
    assert whole_pieces((r"\{ x", r"y \}")) == (r"\{ x", r"y \}")  # plain braces
    assert whole_pieces((r"\frac{a", "+ b}{c}")) == (r"\frac{a + b}{c}",)

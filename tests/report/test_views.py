"""Documents as the page's template takes them."""

import re
from types import SimpleNamespace

import pytest

from symbackprop.document.model import (
    Display,
    Document,
    Formula,
    Level,
    Math,
    Matrix,
    Paragraph,
    Reference,
    Section,
    Step,
    Table,
)
from symbackprop.formula.breaking import Join, Piece
from symbackprop.formula.tree import Fence, Fenced, Letter, Range, Relation, Scripted, Sign, Sum, integer, times
from symbackprop.report import level_of
from symbackprop.report.views import runs_html, sections_of


def letters(names):
    return [Letter(name) for name in names]


a, b, c, d, e, n, j, t, x, y = letters("abcdenjtxy")
FORMULA = Formula(
    Scripted(Letter("δ"), n),
    (
        Step(Sign.EQUAL, (Piece(times(a, b)), Piece(c, Join.MINUS))),
        Step(
            Sign.EQUIVALENT,
            (Piece(Fenced(Fence.PARENTHESES, Sum(((False, d), (False, e))))),),
            ("by ", Reference("F2"), " & ", Math(Relation(x, ((Sign.LESS, y),)))),
        ),
    ),
    (Range(n, integer(0), Letter("M"), Letter("N")), Range(j, integer(0), Letter("G"), Letter("H"))),
    "B7",
    Matrix(Letter("δ"), Step(Sign.EQUAL, (Piece(Letter("A")),)), (Range(t, integer(1), integer(1)),)),
    "d_z",
)


def maths(html):
    """The text of each math element."""
    return [re.sub("<.*?>", "", found) for found in re.findall("<math>.*?</math>", html)]


def test_a_formula():
    (section,) = sections_of(Document("net", (Section("backward", "Backward", (Display((FORMULA,)),)),)))
    (block,) = section.blocks
    (view,) = block.formulas
    assert (section.key, section.title, block.kind) == ("backward", "Backward", "display")
    assert (view.label, view.name) == ("B7", "d_z")
    first, second = view.index.steps
    assert maths(first.html) == ["=a", "b", "−c"]  # factors and addends break apart
    assert first.html.count("\u2009") == 1
    assert 'form="infix"' in first.html.split("\u2009")[1]
    assert maths(second.html) == ["≡(d+e)"]  # a fence does not
    assert second.reason == 'by <a class="ref" href="#F2">(F2)</a> &amp; <math><mi>x</mi><mo>&lt;</mo><mi>y</mi></math>'
    assert [maths(part) for part in view.index.ranges] == [["0≤n&lt;N,"], ["0≤j&lt;H"]]
    assert maths(view.matrix.left) == ["δ"]
    assert maths(view.matrix.steps[0].html) == ["=A"]
    assert [maths(part) for part in view.matrix.ranges] == [["t=1"]]


def test_without_a_matrix_form():
    formula = Formula(x, (Step(Sign.EQUAL, (Piece(integer(1)),)),), matrix=Matrix(reason="three indices meet"))
    ((block,),) = [section.blocks for section in sections_of(Document("", (Section("", "", (Display((formula,)),)),)))]
    assert block.formulas[0].matrix is None
    assert block.formulas[0].no_matrix == "three indices meet"


def test_tables_and_paragraphs():
    table = Table("sizes", ("size", "what"), (((Math(Letter("N")),), ("a < b",)),))
    (section,) = sections_of(Document("", (Section("s", "S", (table, Paragraph(("one & two",)))),)))
    cells, text = section.blocks
    assert cells.rows == (("<math><mi>N</mi></math>", "a &lt; b"),)
    assert cells.name == "sizes"
    assert text.html == "one &amp; two"


def test_what_is_no_run_or_block():
    with pytest.raises(TypeError, match="no run of text"):
        runs_html((3,))
    with pytest.raises(TypeError, match="no block of a document"):
        sections_of(Document("", (Section("", "", ("text",)),)))


@pytest.mark.parametrize(
    ("forward", "backward", "level"), [(3, 5, Level.FULL), (100, 151, Level.STEPS), (323, 405, Level.RESULT)]
)
def test_less_is_said_of_more(forward, backward, level):
    programs = SimpleNamespace(equations=range(forward)), SimpleNamespace(equations=range(backward))
    assert level_of(SimpleNamespace(forward=programs[0], backward=programs[1])) is level

"""Documents as the page's template writes them."""

import re
from dataclasses import replace
from types import SimpleNamespace

import pytest
from jinja2 import UndefinedError

from symbackprop.document.model import (
    Display,
    Formula,
    Level,
    Listing,
    Math,
    Paragraph,
    Reference,
    Section,
    Step,
    Table,
)
from symbackprop.formula.breaking import Piece
from symbackprop.formula.tree import Fence, Fenced, Joint, Letter, Range, Relation, Scripted, Sign, Sum, integer, times
from symbackprop.phrases import ENGLISH
from symbackprop.report import level_of
from symbackprop.report.page import WRITERS
from symbackprop.report.views import ranges_html, runs_html, step_html
from symbackprop.resources import filled


def letters(names):
    return [Letter(name) for name in names]


a, b, c, d, e, n, j, t, x, y = letters("abcdenjtxy")
FORMULA = Formula(
    Scripted(Letter("δ"), n),
    (
        Step(Sign.EQUAL, (Piece(times(a, b)), Piece(c, Joint.MINUS))),
        Step(
            Sign.EQUIVALENT,
            (Piece(Fenced(Fence.PARENTHESES, Sum(((False, d), (False, e))))),),
            ("by ", Reference("F2"), " & ", Math(Relation(x, ((Sign.LESS, y),)))),
        ),
    ),
    (Range(n, integer(0), Letter("M"), Letter("N")), Range(j, integer(0), Letter("G"), Letter("H"))),
    "B7",
    Formula(Letter("δ"), (Step(Sign.EQUAL, (Piece(Letter("A")),)),), (Range(t, integer(1), integer(1)),)),
    "d_z",
)


def written(*blocks):
    """The HTML of a section of these blocks."""
    context = {
        "sections": [Section("backward", "Backward", blocks)],
        "places": {"B7": ["backward"]},
        "words": ENGLISH,
        **WRITERS,
    }
    return filled("report", ("document.html.j2",), context, html=True)


def maths(html):
    """The text of each math element."""
    return [re.sub("<.*?>", "", found) for found in re.findall("<math>.*?</math>", html)]


def test_a_formula():
    html = written(Display((FORMULA,)))
    assert html.startswith('<section id="backward">\n<h2>Backward</h2>\n<div class="display">')
    assert '<div class="eq" id="B7" data-l="B7">' in html
    assert 'aria-label="Equation B7: d_z, computed in backward">(B7)</a>' in html
    index, matrix = html.split('<div class="form matrix">')
    assert maths(index) == ["δn", "=a", "b", "−c", "≡(d+e)", "x&lt;y", "0≤n&lt;N,", "0≤j&lt;H"]
    assert maths(matrix) == ["δ", "=A", "t=1"]


def test_the_parts_of_a_formula():
    first, second = map(step_html, FORMULA.steps)
    assert maths(first) == ["=a", "b", "−c"]  # factors and addends break apart
    assert first.count("\u2009") == 1
    assert 'form="infix"' in first.split("\u2009")[1]
    assert maths(second) == ["≡(d+e)"]  # a fence does not
    reason = 'by <a class="ref" href="#F2">(F2)</a> &amp; <math><mi>x</mi><mo>&lt;</mo><mi>y</mi></math>'
    assert runs_html(FORMULA.steps[1].reason) == reason
    assert f'<span class="reason">{reason}</span>' in written(Display((FORMULA,)))
    assert [maths(part) for part in ranges_html(FORMULA.ranges).split(" ")] == [["0≤n&lt;N,"], ["0≤j&lt;H"]]


def test_without_a_matrix_form():
    formula = Formula(x, (Step(Sign.EQUAL, (Piece(integer(1)),)),), label="F1", matrix="three indices meet")
    html = written(Display((formula,)))
    assert '<p class="none">No matrix form: three indices meet.</p>' in html
    assert "form matrix" not in html
    assert "No matrix form" not in written(Display((replace(formula, matrix=""),)))
    assert "No matrix form" not in written(Display((replace(formula, label=""),)))


def test_tables_and_paragraphs():
    table = Table("sizes", ("size", "what"), (((Math(Letter("N")),), ("a < b",)),))
    cells, text = written(table, Paragraph(("one & two",))).split("</table>")
    assert '<table class="of-sizes">' in cells
    assert "<tr><td><math><mi>N</mi></math></td><td>a &lt; b</td></tr>" in cells
    assert "<p>one &amp; two</p>" in text


def test_what_is_no_run_or_block():
    with pytest.raises(TypeError, match="no run of text"):
        runs_html((3,))
    with pytest.raises(UndefinedError, match="Listing"):
        written(Listing(("return loss",)))


@pytest.mark.parametrize(
    ("forward", "backward", "level"), [(3, 5, Level.FULL), (100, 151, Level.STEPS), (323, 405, Level.RESULT)]
)
def test_less_is_said_of_more(forward, backward, level):
    programs = SimpleNamespace(equations=range(forward)), SimpleNamespace(equations=range(backward))
    assert level_of(SimpleNamespace(forward=programs[0], backward=programs[1])) is level

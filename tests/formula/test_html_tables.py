"""Tables for notebooks: what is text is escaped, what is a formula is MathML, nothing has a colour."""

from xml.etree import ElementTree

import pytest

from symbackprop.errors import UnknownNotation
from symbackprop.formula import tree
from symbackprop.formula.html_tables import formula, html_table, note
from symbackprop.formula.mathml import mathml
from symbackprop.latex.printed_names import identifier

UNKNOWN = r"\nosuchcommand x"


def test_cells() -> None:
    symbol = identifier("W1")
    text = html_table("a < b", ("", "x & y"), [("<i>", symbol), ("FAIL\nhere", "FAIL")], numbers=(1,), strong="FAIL")
    title, _, table = text.partition("\n")
    assert title == "<p><b>a &lt; b</b></p>"
    root = ElementTree.fromstring(table)
    assert [len(row) for row in root.iter("tr")] == [2, 2, 2]
    assert "&lt;i&gt;" in text
    assert formula(symbol) in text
    assert "FAIL<br/>here" in text
    assert "<b>FAIL</b>" in text
    assert [cell.get("style", "").split(";")[0] for cell in root.iter("td")] == [
        "text-align:left",
        "text-align:right",
    ] * 2


def test_notes() -> None:
    assert note("1 < 2") == "<p>1 &lt; 2</p>"
    assert note("") == ""


def test_a_symbol_without_mathml_stays_in_dollars() -> None:
    assert "<mi" in formula(tree.Given(r"\Theta"))
    with pytest.raises(UnknownNotation):
        mathml(tree.Given(UNKNOWN))
    assert formula(tree.Given(UNKNOWN)) == f"${UNKNOWN}$"

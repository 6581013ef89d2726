"""A document gives its formulas in the order of reading, and takes a module's source behind them."""

from symbackprop.document.model import Display, Document, Formula, Listing, Paragraph, Section, Table
from symbackprop.formula.tree import Letter

A, B, C = (Formula(Letter(name), (), label=name) for name in "abc")
DOCUMENT = Document("d", (
    Section("forward", "F", (Paragraph(("words",)), Display((A, B)), Table("cost", (), ()))),
    Section("empty", "E", ()),
    Section("backward", "B", (Display((C,)), Listing(("x = 1",)))),
))  # fmt: skip


def test_formulas_in_order():
    assert list(DOCUMENT.formulas()) == [A, B, C]


def test_the_source_stands_behind_all_sections_line_by_line():
    found = DOCUMENT.with_appendix("Code", "import numpy\n\nx = 1\n\n")
    assert found.sections[:-1] == DOCUMENT.sections
    code = found.sections[-1]
    assert (code.key, code.title, code.blocks) == ("code", "Code", (Listing(("import numpy", "", "x = 1")),))
    assert list(found.formulas()) == list(DOCUMENT.formulas())

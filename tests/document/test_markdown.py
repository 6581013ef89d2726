"""Markdown: displayed formulas hold no dollar, and every table has its columns."""

import re

import pytest

from symbackprop import derive, zoo
from symbackprop.document.markdown import blocks, text
from symbackprop.document.model import Code, Document, Paragraph, Section


@pytest.mark.parametrize("name", ["mlp", "crf", "embedding", "lenet"])
def test_formulas_and_tables(name):
    derivation = derive(zoo.load(name))
    text = derivation.markdown(form="matrix", level="full")
    displays = re.findall(r"\$\$(.*?)\$\$", text, re.DOTALL)
    assert len(displays) == text.count("$$") // 2
    assert all("$" not in display and display.count("{") == display.count("}") for display in displays)
    assert all(r"\_" in word or "_" not in word for d in displays for word in re.findall(r"\\text\{([^}]*)\}", d))
    tags = re.findall(r"\\tag\{(\w+)\}", text)
    assert sorted(tags) == sorted(e.label for e in (*derivation.forward, *derivation.backward))
    for table in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
        assert len({line.count("|") for line in table.splitlines()}) == 1


def test_words_mark_nothing():
    """A title and a description are the author's own words; code in them stands as it is."""
    about = (Paragraph(("x_1 * y costs $5 < $6, \\ and ` ", Code("a_b * c"))),)
    found = text(Document("d", (Section("s", "S", about),), "Of *all*_", about=about).titled(None, "A_B", ""))
    said = r"x\_1 \* y costs \$5 \< \$6, \\ and \` `a_b * c`"
    assert found == f"## Of \\*all\\*\\_\n\n*A\\_B*\n\n{said}\n\n### S\n\n{said}\n"
    assert blocks(about) == said

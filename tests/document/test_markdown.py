"""Markdown: displayed formulas hold no dollar, and every table has its columns."""

import re

import pytest

from symbackprop import derive, zoo


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

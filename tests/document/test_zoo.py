"""The documents of the zoo: their numbers are those of the code, and they compile without a warning."""

import re
import shutil
import subprocess

import pytest

from symbackprop import derive, generate, zoo
from symbackprop.document import latex_document
from symbackprop.document.model import Document, Paragraph, Reference, Table
from symbackprop.formula.width import is_wide


def references(document: Document) -> set[str]:
    runs = [run for formula in document.formulas() for step in formula.steps for run in step.reason]
    for section in document.sections:
        for block in section.blocks:
            match block:
                case Paragraph(more):
                    runs += more
                case Table(_, header, rows):
                    assert all(len(row) == len(header) for row in rows)
                    runs += [run for row in rows for cell in row for run in cell]
    return {run.label for run in runs if isinstance(run, Reference)}


@pytest.mark.parametrize("name", zoo.names())
def test_a_document(name, tmp_path):
    net = zoo.load(name)
    derivation = derive(net)
    document = derivation.document("full", "matrix")
    labels = [formula.label for formula in document.formulas() if formula.label]
    assert sorted(labels) == sorted(e.label for e in (*derivation.forward, *derivation.backward))
    assert references(document) <= set(labels)
    cited = {label for found in re.findall(r"# \((\w\d+(?:, \w\d+)*)\)", generate(net)) for label in found.split(", ")}
    assert {equation.label for equation in derivation.backward} <= cited <= set(labels)
    text = latex_document.standalone(document)
    assert not any(map(is_wide, text))  # no Chinese letter
    assert len(set(re.findall(r"\\sbpnumber\{\w+\}", text))) == len(labels)
    plain = re.sub(r"\\.", "", text)
    assert plain.count("{") == plain.count("}")
    for environment in set(re.findall(r"\\begin\{(\w+\*?)\}", text)):
        assert text.count(rf"\begin{{{environment}}}") == text.count(rf"\end{{{environment}}}")
    if shutil.which("pdflatex"):
        compiles(text, tmp_path)


def compiles(text: str, folder) -> None:
    """In a stock TeX Live, without a warning and without a line that is too wide."""
    (folder / "derivation.tex").write_text(text)
    command = ["pdflatex", "-draftmode", "-interaction=nonstopmode", "-halt-on-error", "derivation.tex"]
    for _ in range(3):  # a first run does not know the numbers, a second may change the widths of a table
        run = subprocess.run(command, cwd=folder, capture_output=True, check=False)
        log = (folder / "derivation.log").read_text(errors="replace")
        assert run.returncode == 0, log[-2000:]
        wrong = re.findall(r"(?:Overfull|Underfull|Warning).*", log)
        if not wrong:
            return
    raise AssertionError(wrong)

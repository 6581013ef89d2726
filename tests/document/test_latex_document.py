"""A document as LaTeX: a block in its environment, each formula once, words escaped."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from symbackprop import derive, zoo
from symbackprop.cli.main import cli
from symbackprop.document.latex_document import fragment, standalone
from symbackprop.document.model import (
    Display,
    Document,
    Formula,
    Listing,
    Paragraph,
    Reference,
    Section,
    Step,
    Table,
    Verbatim,
)
from symbackprop.formula.breaking import pieces
from symbackprop.formula.latex import latex
from symbackprop.formula.tree import Element, Letter, Sign, Sum
from symbackprop.picture.network_graph import graph_of
from symbackprop.picture.paper import printed

Z, N = Element(Letter("z"), (Letter("n"),)), Letter("N")


def formula(addends: int, label: str) -> Formula:
    """z_n = a_n + … + a_n, of so many addends."""
    right = Sum(tuple((place % 3 == 1, Element(Letter("a"), (Letter("n"),))) for place in range(addends)))
    return Formula(Z, (Step(Sign.EQUAL, pieces(right), ("by ", Reference("F1"))),), label=label)


def test_straight_quotes_open_and_close() -> None:
    said = 'Of "straight quotes" ("as typed"), a 3" nail, "'
    document = Document("quotes", (Section("forward", said, (Listing(('x = "y"',)),)),))
    text = fragment(document)
    assert r"\subsection{Of ``straight quotes'' (``as typed''), a 3'' nail, ''}" in text
    assert r'\sbpline{0}{x = "y"}' in text


def test_blocks() -> None:
    document = Document("my_net", (
        Section("forward", "Forward & back", (
            Paragraph(("50 % of x_hat, see ", Reference("F1"))), Display((formula(2, "F1"), formula(40, "F2"))),
        )),
        Section("code", "Code", (Listing(("def f(x_1):", "    return {x_1: 2}", "")),)),
        Section("cost", "Cost", (Table("cost", ("", "multiply-adds"), ((("forward",), ("3",)),)),)),
        Section("empty", "Empty", ()),
    ))  # fmt: skip
    text = fragment(document)
    assert text.startswith("% The gradients of my_net; needs amsmath and amssymb.")
    assert r"\subsection{Forward \& back}" in text
    assert r"50 \% of x\_hat, see \eqref{my_net:F1}" in text
    assert text.count("\\sbpdisplay{%") == 1
    for label in ("F1", "F2"):
        assert text.count(rf"\sbpnumber{{{label}}}{{my_net:{label}}}") == 1
    assert r"\sbpline{4}{return \{x\_1: 2\}}" in text
    assert r"\textit{multiply-adds}" in text
    assert r"\subsection{Empty}" in text
    assert standalone(document).count(r"\begin{document}") == 1


def test_a_long_formula_loses_nothing_and_may_break_before_every_addend() -> None:
    document = Document("d", (Section("s", "S", (Display((formula(60, "F1"),)),)),))
    text = fragment(document)
    rows = text[text.index("\\sbpdisplay{%") :]
    assert rows.count("a_{n}") == 60
    assert rows.count(r"\sbpb{+}") + rows.count(r"\sbpb{-}") == 59


def test_a_title_an_author_and_a_date() -> None:
    about = (Paragraph(("50 % of é",)), Verbatim(("z = Σ_k  x_k",)))
    document = Document("d", (Section("s", "S", (Paragraph(("a",)),)),), about=about).titled("Of x_1", "A & B", "today")
    whole, part = standalone(document), fragment(document)
    assert r"\title{Of x\_1}" in whole
    assert r"\author{A \& B}" in whole
    assert r"\date{today}" in whole
    assert r"\section[{Of x\_1}]" in part
    assert r"\textit{A \& B, today}" in part
    for text in (whole, part):
        assert r"50 \% of \'{e}" in text
        assert r"\sbpline{0}{z = $\Sigma{}$\_k\sbpspaces{2}x\_k}" in text
    assert r"\date{}" in standalone(Document("d", ()))


@pytest.mark.parametrize("name", ["mlp", "lstm", "gcn"])
def test_every_formula_of_a_network_once(name: str) -> None:
    derivation = derive(zoo.load(name))
    document = derivation.document()
    text = standalone(document)
    assert text.count(r"\sbpnumber{") == len(derivation.forward) + len(derivation.backward)
    for found in document.formulas():
        assert not found.label or text.count(rf"\sbpnumber{{{found.label}}}") == 1
        assert latex(found.left) in text
    assert text.count("{") - text.count(r"\{") == text.count("}") - text.count(r"\}")
    for environment in set(re.findall(r"\\begin\{(\w+\*?)\}", text)):
        assert text.count(rf"\begin{{{environment}}}") == text.count(rf"\end{{{environment}}}")


def last_page(text: str, folder: Path) -> float:
    """How much of the last page is full, as LaTeX has it in the third run; 1 of the only one."""
    told = (
        r"\AtEndDocument{\typeout{LAST \arabic{page} \the\dimexpr\pagetotal/4\relax, \the\dimexpr\textheight/4\relax.}}"
    )
    (folder / "a.tex").write_text(text.replace(r"\begin{document}", f"{told}\n\\begin{{document}}"), encoding="utf-8")
    for _ in range(3):
        command = ["pdflatex", "-interaction=nonstopmode", "a.tex"]
        out = subprocess.run(command, cwd=folder, capture_output=True, check=False).stdout.decode(errors="replace")
    found = re.search(r"LAST (\d+) ([\d.]+)pt, ([\d.]+)pt", out)
    assert found is not None
    return 1.0 if found[1] == "1" else float(found[2]) / float(found[3])


@pytest.mark.skipif(not shutil.which("pdflatex"), reason="no LaTeX engine")
def test_no_last_page_is_nearly_empty(tmp_path: Path) -> None:
    for many in range(16, 40, 3):
        words = tuple(Paragraph(("some words " * 25,)) for _ in range(many))
        folder = tmp_path / str(many)
        folder.mkdir()
        assert last_page(standalone(Document("d", (Section("s", "S", words),), "T")), folder) >= 0.25


def test_a_whole_document_has_the_picture_of_the_network_as_the_command_gives_it() -> None:
    derivation = derive(zoo.load("mlp"))
    picture = printed(graph_of(derivation.scheduled))
    whole = derivation.latex(standalone=True)
    assert picture in whole
    assert whole == standalone(derivation.document(), picture)
    told = CliRunner().invoke(cli, ["latex", "mlp", "--standalone"])
    assert told.output == whole
    assert picture not in derivation.latex()


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("pdflatex"), reason="no LaTeX engine")
@pytest.mark.parametrize("name", ["gru_seq2seq", "word2vec", "mlp"])
def test_nor_is_that_of_a_derivation(name: str, tmp_path: Path) -> None:
    """The first is long, and breaks otherwise on shorter pages."""
    derivation = derive(zoo.load(name))
    picture = printed(graph_of(derivation.scheduled))
    assert last_page(standalone(derivation.document("full", "matrix"), picture), tmp_path) >= 0.25

"""`--title`, `--author` and `--date` of `latex` and `report` stand in what is written, as the words that they are."""

import re
import shutil
import subprocess
import unicodedata
from html import unescape

import pytest

import symbackprop
from symbackprop import zoo
from symbackprop.errors import InvalidArgument

TITLE, AUTHOR, DATE = r'A & B <b>c</b> "q" $x$ 50% #1 \foo_{c} ~^', "M. Müller & <i>Söhne</i>", "<2026_01>"
GIVEN = ("--title", TITLE, "--author", AUTHOR, "--date", DATE)
LATEX = (
    r"A \& B \textless{}b\textgreater{}c\textless{}/b\textgreater{} ``q'' \$x\$ 50\% \#1 "
    r"\textbackslash{}foo\_\{c\} \textasciitilde{}\textasciicircum{}"
)
needs_latex = pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no LaTeX engine is installed")
needs_text = pytest.mark.skipif(shutil.which("pdftotext") is None, reason="no pdftotext is installed")


def in_html(tag: str, page: str) -> str:
    (found,) = re.findall(rf"^<{tag}>(.*)</{tag.split()[0]}>$", page, re.MULTILINE)
    assert "<" not in found
    return unescape(found)


def test_a_document(command):
    text = command("latex", "mlp", "--standalone", *GIVEN).out
    (title,) = re.findall(r"^\\title\{(.*)\}$", text, re.MULTILINE)
    assert title == LATEX
    assert re.findall(r"^\\author\{(.*)\}$", text, re.MULTILINE) == [
        r"M. M\"{u}ller \& \textless{}i\textgreater{}S\"{o}hne\textless{}/i\textgreater{}"
    ]
    assert re.findall(r"^\\date\{(.*)\}$", text, re.MULTILINE) == [r"\textless{}2026\_01\textgreater{}"]


def test_a_part_of_a_document(command):
    text = command("latex", "mlp", *GIVEN).out
    assert re.search(r"^\\section\[\{(.*)\}\]\{\\raggedright \1\}$", text, re.MULTILINE)[1] == LATEX
    assert r"\textless{}2026\_01\textgreater{}" in text
    assert text == symbackprop.derive(zoo.load("mlp")).latex(title=TITLE, author=AUTHOR, date=DATE)


def test_markdown(command, tmp_path):
    target = tmp_path / "mlp.md"
    assert command("latex", "mlp", "-o", target, *GIVEN).status == 0
    first, _, second, *_ = target.read_text(encoding="utf-8").splitlines()
    assert first == r'## A & B \<b>c\</b> "q" \$x\$ 50% #1 \\foo\_{c} ~^'
    assert second == r"*M. Müller & \<i>Söhne\</i>, \<2026\_01>*"


@needs_latex
@needs_text
def test_a_pdf(command, tmp_path):
    target = tmp_path / "mlp.pdf"
    assert command("latex", "mlp", "--level", "result", "-o", target, *GIVEN).status == 0
    first = subprocess.run(
        ["pdftotext", "-l", "1", target, "-"], capture_output=True, check=True, encoding="utf-8"
    ).stdout
    for word in ("A & B <b>c</b> “q” $x$ 50% #1", "Müller & <i>Söhne</i>", "<2026"):
        assert word in unicodedata.normalize("NFC", first)


def test_a_page(command, tmp_path):
    target = tmp_path / "page.html"
    assert command("report", "softmax_regression", "-o", target, *GIVEN).status == 0
    page = target.read_text(encoding="utf-8")
    assert in_html("h1", page) == TITLE
    assert in_html("title", page) == f"{TITLE}: backpropagation"
    assert in_html('p class="signed"', page) == f"{AUTHOR}, {DATE}"
    assert page == symbackprop.report(zoo.load("softmax_regression"), title=TITLE, author=AUTHOR, date=DATE)


def test_each_alone(command):
    assert r"\author{Ada}" in command("latex", "mlp", "--standalone", "--author", "Ada").out
    assert r"\date{today}" in command("latex", "mlp", "--standalone", "--date", "today").out
    plain = command("latex", "mlp", "--standalone").out
    assert command("latex", "mlp", "--standalone", "--author", "", "--date", "").out == plain


def test_several_lines_are_one(command):
    text = command("latex", "mlp", "--standalone", "--title", " a\n\nb ", "--author", "c\nd").out
    assert r"\title{a b}" in text
    assert r"\author{c d}" in text


@pytest.mark.parametrize("title", ["", " ", "\n"])
def test_a_title_without_words_is_refused(command, tmp_path, title):
    for arguments in (("latex", "mlp"), ("latex", "mlp", "-o", tmp_path / "a.md"),
                      ("report", "softmax_regression", "-o", tmp_path / "a.html")):  # fmt: skip
        done = command(*arguments, "--title", title)
        assert (done.status, done.out) == (2, "")
        assert f"title: expected words, found {title!r}" in done.err
    assert not list(tmp_path.iterdir())
    for given in (title, 3, b"a"):
        with pytest.raises(InvalidArgument, match="title: expected words"):
            symbackprop.derive(zoo.load("mlp")).document(title=given)
    with pytest.raises(InvalidArgument, match="author: expected words, found 3"):
        symbackprop.derive(zoo.load("mlp")).latex(author=3)

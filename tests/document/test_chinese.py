"""Documents in Chinese: no English prose outside code and names, no Chinese in an English one, and a PDF."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from symbackprop import Network, Sum, derive, jacobian_vector_product, zoo
from symbackprop.document import latex_document, markdown
from symbackprop.document.model import Display, Document, Formula, Paragraph, Table
from symbackprop.errors import InvalidArgument
from symbackprop.formula import tree

HAS_CTEX = (
    bool(shutil.which("xelatex") and shutil.which("kpsewhich"))
    and not subprocess.run(["kpsewhich", "ctex.sty"], capture_output=True, check=False).returncode
)


def said(document: Document) -> Iterator[str]:
    """All words of a document, those inside formulas too."""
    yield document.words.gradients_of.text(name="")
    for section in document.sections:
        yield section.title
        for block in section.blocks:
            match block:
                case Paragraph(runs):
                    yield from words_of(runs)
                case Table(_, header, rows):
                    yield from header
                    for row in rows:
                        yield from words_of([run for cell in row for run in cell])
                case Display(formulas):
                    yield from words_of(formulas)


def words_of(value: object) -> Iterator[str]:
    match value:
        case tree.Formula():
            yield from within(value)
        case Formula():
            yield from words_of([step.reason for step in value.steps])
            yield from words_of([piece.formula for step in value.steps for piece in step.pieces])
            yield from words_of([value.left, value.matrix])
        case str():
            yield value
        case list() | tuple():
            for item in value:
                yield from words_of(item)
        case _ if hasattr(value, "formula"):
            yield from words_of(value.formula)


def within(value: object) -> Iterator[str]:
    """The words inside a formula, names aside."""
    match value:
        case tree.Words(text):
            yield text
        case tree.Cases(rows, otherwise, when, else_):
            yield from (when, else_)
            yield from within((*rows, otherwise))
        case tree.Formula():
            for name in value.__match_args__:
                yield from within(getattr(value, name))
        case tuple():
            for item in value:
                yield from within(item)


def names_of(program) -> set[str]:
    indices = {str(axis.index).rstrip("'") for equation in program.equations for axis in equation.axes}
    return {*program.table, *program.dims, *indices, "loss", "d_", "exp"}


@pytest.mark.parametrize("name", zoo.names())
def test_no_english_in_chinese(name: str) -> None:
    derivation = derive(zoo.load(name))
    # what an author wrote of an input stays as it is
    known = names_of(derivation.derived.joint) | {tensor.note for tensor in derivation.program.tensors}
    texts = [text for text in said(derivation.document("full", "matrix", language="zh")) if text not in known]
    assert {word for text in texts for word in re.findall(r"[A-Za-z_][A-Za-z0-9_]+", text)} - known == set()


def test_the_same_formulas() -> None:
    derivation = derive(zoo.load("lstm"))
    english, chinese = (derivation.document("full", "matrix", language=language) for language in ("en", "zh"))
    assert [s.key for s in english.sections] == [s.key for s in chinese.sections]
    for one, other in zip(english.formulas(), chinese.formulas(), strict=True):
        assert (one.left, one.ranges, one.label, one.tensor) == (other.left, other.ranges, other.label, other.tensor)
        assert [s.pieces for s in one.steps if "direct" not in str(s)] == [
            s.pieces for s in other.steps if "直接" not in str(s)
        ]


def test_sentences() -> None:
    text = derive(zoo.load("lstm")).markdown(level="full", language="zh")
    assert text.startswith("## 长短期记忆网络")
    assert "联立递推，依次取 $t=1,\\, \\dots,\\, T$ 计算：(F3) 至 (F10)。" in text.replace("t = 1", "t=1")
    assert "由 $z$ 的链式法则还可得到" in text
    assert r"\text{（}\text{由 }\text{(F12)}\text{ 得}\text{）}" in text
    assert "其误差项直接代入用到它的式子。" in text
    assert r"\text{（}\text{链式法则}\text{）}" in text


def test_a_layer_and_a_direction() -> None:
    net = Network("pair")
    N, D = net.dims("N D")
    n, i = net.indices(n=N, i=D)
    x, w, y = net.input("x", (N, D)), net.parameter("w", (D,)), net.tensor("y")
    y[n] = Sum(w[i] * x[n, i], i)
    net.output(y)
    layer = derive(net).markdown(language="zh")
    assert "的余切向量，已给定" in layer
    assert "对它求导，便得到余切向量与该层雅可比矩阵的乘积" in layer
    net.loss = Sum(y[n] ** 2, n)
    assert "$w$ 的方向" in derive(jacobian_vector_product(net), wrt=["w"]).markdown(language="zh")


def test_what_chinese_latex_needs() -> None:
    document = derive(zoo.load("mlp")).document(language="zh")
    first = latex_document.fragment(document).splitlines()[0]
    assert first == "% mlp 的梯度：需要 ctex、amsmath 与 amssymb，用 XeLaTeX 或 LuaLaTeX 编译。"
    assert r"\usepackage[UTF8,scheme=plain]{ctex}" in latex_document.standalone(document)
    assert "ctex" not in latex_document.standalone(derive(zoo.load("mlp")).document())
    assert "ctex" not in markdown.text(document)


def test_a_name_in_chinese_is_printed_where_the_fonts_have_it() -> None:
    net = Network("net")
    (N,) = net.dims("N")
    n = net.index("n", N)
    w = net.parameter("权重", (N,))
    net.loss = Sum(w[n] ** 2, n)
    assert r"\texttt{权重}" in derive(net).latex(language="zh")
    assert "权" not in derive(net).latex()


def test_a_language_that_there_is_not() -> None:
    with pytest.raises(InvalidArgument, match='expected "en" or "zh", found \'de\''):
        derive(zoo.load("mlp")).latex(language="de")


@pytest.mark.skipif(not HAS_CTEX, reason="no xelatex with ctex")
@pytest.mark.parametrize("name", ["mlp", "lstm", "embedding", "crf"])
def test_it_compiles(name: str, tmp_path: Path) -> None:
    document = derive(zoo.load(name)).document("full", "matrix", language="zh")
    (tmp_path / "derivation.tex").write_text(latex_document.standalone(document), encoding="utf-8")
    command = ["xelatex", "-interaction=nonstopmode", "-halt-on-error", "derivation.tex"]
    for _ in range(2):
        run = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
        log = (tmp_path / "derivation.log").read_text(errors="replace")
        assert run.returncode == 0, log[-2000:]
    assert not re.findall(r"Missing character.*|Overfull \\hbox.*", log)
    assert (tmp_path / "derivation.pdf").stat().st_size > 20_000

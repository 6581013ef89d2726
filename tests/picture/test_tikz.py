"""TikZ: the drawing, node by node, in a document that loads the package and nothing else."""

import re
import shutil
import subprocess

import pytest

from symbackprop import Network, Sum, derive, zoo
from symbackprop.formula.latex import latex
from symbackprop.picture.drawing import draw
from symbackprop.picture.network_graph import graph_of
from symbackprop.picture.outlines import HEIGHT
from symbackprop.picture.paper import bands
from symbackprop.picture.tikz import fitted, tikz

NAMES = ["mlp", "lstm", "vae", "resnet"]


@pytest.mark.parametrize("name", NAMES)
def test_every_box_and_arrow_once(name):
    derivation = derive(zoo.load(name))
    drawing = draw(graph_of(derivation.scheduled))
    text = tikz(drawing)
    assert len(re.findall(r"^\\draw\[->", text, re.MULTILINE)) == len(drawing.arrows)
    assert text.count(r"\node[") == sum(1 + (box.delta is not None) for box in drawing.boxes)
    for box in drawing.boxes:
        assert f"{{${latex(box.symbol)}$}}" in text
    assert text.isascii()
    assert text.count("{") == text.count("}")


def test_bands_hold_all_of_the_drawing():
    drawing = draw(graph_of(derive(zoo.load("mamba")).scheduled))
    pieces = bands(drawing, 500.0)
    assert len(pieces) > 2
    texts = [tikz(drawing, band) for band in pieces]
    for box in drawing.boxes:
        assert sum(f"{{${latex(box.symbol)}$}}" in text for text in texts) >= 1
        assert sum(top <= box.y and box.y + HEIGHT <= bottom for top, bottom in pieces) == 1


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="needs a LaTeX engine")
def test_a_document_needs_tikz_alone(tmp_path):
    net = Network("odd_names")
    N, D = net.dims("N D")
    n, i = net.indices(n=N, i=D)
    x, w = net.input("x", (N, D)), net.parameter("weight_of_it", (D,))
    y = net.tensor("what_comes_out")
    y[n] = Sum(w[i] * x[n, i], i)
    net.loss = Sum(y[n] ** 2, n)
    pictures = [derive(net).picture().tikz, *(derive(zoo.load(name)).picture().tikz for name in NAMES)]
    begin = r"\documentclass[twocolumn]{article}\usepackage{tikz}\setlength{\parindent}{0pt}\begin{document}"
    text = "\n\n".join([begin, *pictures, r"\end{document}"])
    (tmp_path / "a.tex").write_text(text, encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "a.tex"]
    told = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, errors="replace", check=False)
    assert told.returncode == 0, told.stdout[-2000:]
    assert "Overfull" not in told.stdout  # each is scaled to its column
    assert "Missing character" not in (tmp_path / "a.log").read_text(errors="replace")


def test_a_picture_may_be_turned():
    drawing = draw(graph_of(derive(zoo.load("mlp")).scheduled))
    assert r"\rotatebox{90}" in fitted(drawing, turned=True)
    assert r"\rotatebox" not in fitted(drawing)

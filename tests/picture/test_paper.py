"""What of a picture a printed page has room for; and what is printed where tikz is missing."""

import re
import shutil
import subprocess

import pytest

from symbackprop import derive, zoo
from symbackprop.document import latex_document
from symbackprop.formula.tree import Letter
from symbackprop.picture.drawing import draw
from symbackprop.picture.network_graph import Edge, Flow, Graph, Node, NodeKind, graph_of
from symbackprop.picture.outlines import HEIGHT
from symbackprop.picture.paper import PACKAGE, bands, printed


def of(name):
    return graph_of(derive(zoo.load(name)).scheduled)


@pytest.mark.parametrize(
    ("name", "words", "shape"),
    [("mlp", "Solid arrows ", None), ("resnet", "The network, its parts folded. ", None),
     ("lstm_classifier", "Solid arrows ", "rotatebox"), ("mamba", "It goes on over the pages.", "scalebox")],
)  # fmt: skip
def test_the_fullest_view_that_can_be_read(name, words, shape):
    text = printed(of(name))
    assert words in text
    for macro in ("rotatebox", "scalebox"):
        assert (rf"\{macro}{{" in text) == (macro == shape)


def test_what_cannot_be_read_is_not_printed():
    nodes = [Node(f"x{k}", NodeKind.INPUT, Letter("x")) for k in range(80)]
    loss = Node("loss", NodeKind.LOSS, Letter("L"), None, ("F1",))
    wide = Graph((*nodes, loss), tuple(Edge(k, 80, Flow.READ) for k in range(80)))
    text = printed(wide)
    assert "81 tensors, is too large for a page" in text
    assert "tikzpicture" not in text


def test_bands_end_between_layers_and_have_room():
    drawing = draw(of("mamba"))
    for room in (200.0, 500.0, 5000.0):
        found = bands(drawing, room)
        assert found[0][0] == 0.0
        assert found[-1][1] == drawing.height
        assert [bottom for _, bottom in found[:-1]] == [top for top, _ in found[1:]]
        assert all(bottom - top <= room for top, bottom in found)
        assert all(not box.y <= cut <= box.y + HEIGHT for box in drawing.boxes for _, cut in found)


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="needs a LaTeX engine")
@pytest.mark.parametrize("there", [True, False], ids=["tikz", "no tikz"])
def test_a_machine_without_tikz_has_its_document(there, tmp_path):
    derivation = derive(zoo.load("mlp"))
    text = latex_document.standalone(derivation.document("result"), printed(graph_of(derivation.scheduled)))
    assert text.count(PACKAGE) == 1
    if not there:
        text = text.replace("{tikz.sty}", "{no-such-package.sty}")
    (tmp_path / "a.tex").write_text(text, encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "a.tex"]
    told = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, errors="replace", check=False)
    assert told.returncode == 0, told.stdout[-2000:]
    assert ("tikz.sty" in told.stdout) == there


def test_a_part_of_a_document_has_no_picture():
    derivation = derive(zoo.load("mlp"))
    assert "tikz" not in derivation.latex()
    assert not re.search("tikz|subsection.*The network", latex_document.standalone(derivation.document()))

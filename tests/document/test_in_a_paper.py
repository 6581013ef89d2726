"""A fragment in a paper with the packages that its first line names: no error, no line too wide."""

import re
import shutil
import subprocess

import pytest

from symbackprop import derive, zoo
from symbackprop.document.latex_document import standalone
from symbackprop.document.model import Document, Listing, Paragraph, Section, Verbatim

pytestmark = pytest.mark.skipif(not shutil.which("pdflatex"), reason="no LaTeX engine")

FEW = ("mlp", "crf", "lenet", "siamese", "attention")
PAPER = r"""\documentclass%s{article}
\usepackage{%s}
\begin{document}
%s
\end{document}
"""


def compiled(folder, options, text, packages=""):
    """What TeX complains of."""
    named = re.search(r"needs (.*)\.", text.partition("\n")[0])[1].replace(" and ", ",")
    (folder / "d.tex").write_text(PAPER % (options, named + packages, text))
    for _ in range(2):
        command = ["pdflatex", "-interaction=nonstopmode", "d.tex"]
        subprocess.run(command, cwd=folder, capture_output=True, check=False)
    log = (folder / "d.log").read_text(errors="replace")
    return re.findall(r"^!.*|Overfull \\hbox.*|.*undefined.*|.*multiply.*", log, re.MULTILINE)


@pytest.mark.parametrize("name", [n if n in FEW else pytest.param(n, marks=pytest.mark.slow) for n in zoo.names()])
def test_a_fragment(name, tmp_path):
    derivation = derive(zoo.load(name))
    for level, form in (("full", "matrix"), ("steps", "index")):
        text = derivation.latex(form, level=level)
        for options in ("", "[twocolumn]"):
            assert compiled(tmp_path, options, text) == [], (level, form, options)


SHARDED = [("mlp", {"n": "data", "j": "model"}), ("crf", {"n": "data"}), ("resnet", {"h": "data", "n": "model"})]
OTHERS = [("transformer_block", {"n": "data", "a": "model", "f": "model", "t": "model"}),
          ("gpt2", {"n": "data", "a": "model", "j": "model", "v": "model"}), ("wavenet", {"t": "time", "n": "data"}),
          ("moe", {"n": "data", "e": "model"}), ("unet", {"h": "data", "w": "model"}),
          *((name, {"v" if name == "gcn" else "n": "data"}) for name in zoo.names())]  # fmt: skip


@pytest.mark.parametrize(("name", "shard"), [*SHARDED, *(pytest.param(*o, marks=pytest.mark.slow) for o in OTHERS)])
def test_on_devices(name, shard, tmp_path):
    text = derive(zoo.load(name)).latex(level="result", shard=shard)
    for options in ("", "[twocolumn]"):
        assert compiled(tmp_path, options, text) == [], options


@pytest.mark.skipif(not shutil.which("pdftotext"), reason="needs poppler")
def test_words_and_code_are_printed_as_they_stand(tmp_path):
    said, code = "if 0 < x | y > 1", "if a_b < {c} > d | e:"
    section = Section("s", "S", (Paragraph((f"Sure, {said}",)), Verbatim((code,)), Listing((code,))))
    document = Document("d", (section,), f"What {said}", about=(Paragraph((said,)),))
    (tmp_path / "a.tex").write_text(standalone(document), encoding="utf-8")
    subprocess.run(["pdflatex", "-interaction=nonstopmode", "a.tex"], cwd=tmp_path, capture_output=True, check=False)
    told = subprocess.run(["pdftotext", "a.pdf", "-"], cwd=tmp_path, capture_output=True, check=True).stdout.decode()
    told = "".join(told.split())
    assert told.count("".join(said.split())) == 3
    assert told.count("".join(code.split())) == 2


def test_two_fragments_and_links(tmp_path):
    text = "\n".join(derive(zoo.load(name)).latex() for name in ("mlp", "rnn"))
    assert compiled(tmp_path, "", text) == []
    assert compiled(tmp_path, "[twocolumn]", text + "\n\\eqref{mlp:B1} \\eqref{rnn:F1}", ",hyperref") == []

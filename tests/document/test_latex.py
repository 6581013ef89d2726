"""Every document compiles in a stock TeX Live, without a warning and without a line that is too wide."""

import re
import shutil
import subprocess

import pytest

from symbackprop import derive, zoo
from symbackprop.document import latex


@pytest.mark.skipif(not shutil.which("pdflatex"), reason="pdflatex is not installed")
@pytest.mark.parametrize("name", zoo.names())
def test_it_compiles_without_a_warning(tmp_path, name):
    text = latex.standalone(derive(zoo.load(name)).document("full", "matrix"))
    (tmp_path / "derivation.tex").write_text(text)
    command = ["pdflatex", "-draftmode", "-interaction=nonstopmode", "-halt-on-error", "derivation.tex"]
    for _ in range(3):
        run = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    log = (tmp_path / "derivation.log").read_text(errors="replace")
    assert run.returncode == 0, log[-2000:]
    assert re.findall(r"(?:Overfull|Underfull|Warning).*", log) == []


@pytest.mark.parametrize("name", ["mlp", "gpt2"])
def test_every_reference_is_defined_and_braces_match(name):
    text = latex.fragment(derive(zoo.load(name)).document("full", "matrix"))
    labels = re.findall(r"\\label\{([^}]*)\}", text)
    assert len(set(labels)) == len(labels)
    assert set(re.findall(r"\\eqref\{([^}]*)\}", text)) <= set(labels)
    plain = re.sub(r"\\.", "", text)
    assert plain.count("{") == plain.count("}")
    for name in re.findall(r"\\begin\{(\w+\*?)\}", text):
        assert text.count(rf"\begin{{{name}}}") == text.count(rf"\end{{{name}}}")

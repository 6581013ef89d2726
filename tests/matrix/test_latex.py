"""Matrix forms in LaTeX: as in a paper, and such that they compile."""

import shutil
import subprocess

import pytest

from symbackprop import derive, zoo
from symbackprop.latex import Names
from symbackprop.matrix import MatrixEquation, layouts, matrix_form
from symbackprop.matrix.latex import MATRIX_CONVENTIONS, matrix_latex, matrix_pieces, matrix_ranges


def forms_of(name):
    """(the matrix form of each equation that has one, by tensor; the names)."""
    program = derive(zoo.load(name)).program
    chosen = layouts(program)
    forms = [(equation.target, matrix_form(equation, program, chosen)) for equation in program.equations]
    return [(target, form) for target, form in forms if isinstance(form, MatrixEquation)], Names.of(program)


@pytest.fixture(scope="module")
def mlp():
    forms, names = forms_of("mlp")
    return {target: matrix_latex(form, names) for target, form in forms}


PERCEPTRON = {
    "z1": r"z^{(1)} = x \, W^{(1)\,\top} + \mathbf{1}_{N} \, b^{(1)\,\top}",
    "a1": r"a^{(1)} = \tanh\left(z^{(1)}\right)",
    "d_z2": r"\delta^{z^{(2)}} = \frac{1}{N} \, \left(p - y\right)",
    "d_a1": r"\delta^{a^{(1)}} = \delta^{z^{(2)}} \, W^{(2)}",
    "d_z1": r"\delta^{z^{(1)}} = \delta^{a^{(1)}} \odot \left(\mathbf{1} - a^{(1)} \odot a^{(1)}\right)",
    "d_W1": r"\frac{\partial \mathcal{L}}{\partial W^{(1)}} = \left(\delta^{z^{(1)}}\right)^{\top} \, x",
    "d_b1": r"\frac{\partial \mathcal{L}}{\partial b^{(1)}} = \left(\delta^{z^{(1)}}\right)^{\top} \, \mathbf{1}_{N}",
}


@pytest.mark.parametrize("target", PERCEPTRON)
def test_a_perceptron_as_in_a_textbook(mlp, target):
    assert mlp[target] == PERCEPTRON[target]


def test_labels_conditions_and_ranges():
    forms, names = forms_of("attention")
    form = dict(forms)
    assert matrix_latex(form["o"], names) == r"o_{n,a} = w_{n,a} \, v_{n,a}"
    assert matrix_ranges(form["o"], names) == r"0 \le n < N,\ 0 \le a < A"
    assert matrix_ranges(form["loss"], names) == ""
    score = matrix_latex(form["score"], names)
    assert r"& \text{where } \left[t \ge s\right]_{t,s} \\ -\infty & \text{elsewhere}" in score
    assert matrix_latex(form["d_score_sum"], names).endswith(
        r"= \frac{1}{\sqrt{K}} \, \left(\left[t \ge s\right]_{t,s} \odot \delta^{\mathrm{score}}_{n,a}\right)"
    )
    assert r"\sum_{n=0}^{N - 1} \left(\delta^{v}_{n,a}\right)^{\top} \, x_{n}" in matrix_latex(form["d_Wv"], names)


def test_pieces_make_the_whole():
    for name in ("mlp", "lstm", "resnet"):
        forms, names = forms_of(name)
        for _, form in forms:
            left, pieces = matrix_pieces(form, names)
            assert all(pieces)
            whole = matrix_latex(form, names).replace(" ", "").replace("\\,", "")
            assert (left.replace("&", "") + "".join(pieces)).replace(" ", "").replace("\\,", "") == whole


DOCUMENT = r"""\documentclass{article}
\usepackage[a0paper]{geometry}
\usepackage{amsmath}
\begin{document}
%s
\end{document}
"""


def test_it_compiles_without_a_warning(tmp_path):
    if shutil.which("pdflatex") is None:
        pytest.skip("pdflatex is not installed")
    body = f"{MATRIX_CONVENTIONS}\n"
    for name in ("mlp", "moe", "siamese", "crf", "resnet"):
        forms, names = forms_of(name)
        for _, form in forms:
            left, pieces = matrix_pieces(form, names)
            body += rf"\begin{{align*}}{left} {' '.join(pieces)} && {matrix_ranges(form, names)}\end{{align*}}" + "\n"
    (tmp_path / "forms.tex").write_text(DOCUMENT % body, encoding="utf-8")
    run = subprocess.run(["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "forms.tex"], cwd=tmp_path,
                         capture_output=True, text=True, check=False)  # fmt: skip
    assert run.returncode == 0, run.stdout[-2000:]
    assert "Warning" not in run.stdout

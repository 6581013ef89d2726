"""Matrix forms in LaTeX, as in a paper. That they compile is tested with the documents that hold them."""

import pytest

from symbackprop import derive, zoo
from symbackprop.formula.breaking import pieces
from symbackprop.formula.latex import BETWEEN_RANGES, latex, line
from symbackprop.latex import Names
from symbackprop.matrix import MatrixEquation, layouts, matrix_form
from symbackprop.matrix.form_writing import FormWriter
from symbackprop.terms.writing import Writer


def forms_of(name):
    """(the matrix form of each equation that has one, by tensor; the names)."""
    program = derive(zoo.load(name)).program
    chosen = layouts(program)
    forms = [(equation.target, matrix_form(equation, program, chosen)) for equation in program.equations]
    return [(target, form) for target, form in forms if isinstance(form, MatrixEquation)], Names.of(program)


def matrix_latex(form, names):
    return latex(FormWriter(Writer(names)).equation(form))


def matrix_ranges(form, names):
    return BETWEEN_RANGES.join(map(latex, Writer(names).ranges(form.axes)))


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
    for name in ("mlp", "lstm", "lenet"):
        forms, names = forms_of(name)
        for _, form in forms:
            writer = FormWriter(Writer(names))
            right = writer.form(form.right)
            broken = line(pieces(right)).replace(r"\bigl(", r"\left(").replace(r"\bigr)", r"\right)")
            assert broken.replace(" ", "") == latex(right).replace(" ", "")

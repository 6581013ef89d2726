"""What a document says: numbers that are those of the code, and the argument for each δ."""

import pytest
from sympy import Eq

from symbackprop import LogSumExp, Network, Sum, derive, zoo
from symbackprop.document.model import Display, Formula, Math, Paragraph, Reference
from symbackprop.formula.latex import SIGNS, latex, line
from symbackprop.formula.tree import Sign


def displayed(document, key):
    (section,) = [section for section in document.sections if section.key == key]
    return [formula for block in section.blocks if isinstance(block, Display) for formula in block.formulas]


def written(formula: Formula) -> str:
    return " ".join([latex(formula.left), *(f"{SIGNS[s.sign]} {line(s.pieces)}" for s in formula.steps)])


def test_the_argument_for_a_delta():
    document = derive(zoo.load("mlp")).document("full")
    argument = [f for f in displayed(document, "backward") if "z^{(1)}" in latex(f.left)]
    chain, local, put_in, result, fused = map(written, argument)
    assert chain == (
        r"\delta^{z^{(1)}}_{n,j} \equiv \frac{\partial \mathcal{L}}{\partial z^{(1)}_{n,j}} "
        r"= \sum_{n',j'} \delta^{a^{(1)}}_{n',j'} \, \frac{\partial a^{(1)}_{n',j'}}{\partial z^{(1)}_{n,j}}"
    )
    assert local == (
        r"\frac{\partial a^{(1)}_{n',j'}}{\partial z^{(1)}_{n,j}} = \mathbf{1}\left[n = n'\right] \, "
        r"\mathbf{1}\left[j = j'\right] \, \left(1 - \left(a^{(1)}_{n',j'}\right)^{2}\right)"
    )
    assert put_in.startswith(r"\delta^{z^{(1)}}_{n,j} = \sum_{n'=0}^{N - 1} \sum_{j'=0}^{H - 1} \mathbf{1}")
    assert result == (
        r"\delta^{z^{(1)}}_{n,j} = \delta^{a^{(1)}}_{n,j} \, \left(1 - \left(a^{(1)}_{n,j}\right)^{2}\right)"
    )
    assert argument[3].label == "B3"
    assert fused == (  # Nielsen's BP2
        r"\delta^{z^{(1)}}_{n,j} = \left(1 - \left(a^{(1)}_{n,j}\right)^{2}\right) \, "
        r"\sum_{k=0}^{C - 1} W^{(2)}_{k,j} \, \delta^{z^{(2)}}_{n,k}"
    )
    assert argument[4].steps[0].reason == ("with ", Reference("B2"))
    assert argument[1].steps[0].reason == ("from ", Reference("F2"))


def test_symbols_sizes_and_what_is_assumed():
    document = derive(zoo.load("lenet")).document("result")
    sizes, symbols = document.sections[0].blocks
    assert "H_{1}" in [latex(row[0][0].formula) for row in sizes.rows]  # of pooled images, a rounded quotient
    shapes = {row[1][0].text: latex(row[3][0].formula) for row in symbols.rows if isinstance(row[3][0], Math)}
    assert shapes["p1"] == r"N \times F \times H_{1} \times W_{1}"
    conventions = document.sections[1].blocks[0]
    assert "Ties of a maximum or minimum share the gradient equally." in conventions.runs


def test_what_is_assumed_is_named_where_it_is_used():
    """Of two facts the one that gives a sum of the chain rule its value, behind the equation that it leads to."""
    net = Network("softmax")
    N, C = net.dims("N C")
    n, k = net.indices(n=N, k=C)
    z, y = net.parameter("z", (N, C)), net.input("y", (N, C))
    net.assume(Eq(Sum(y[n, k], k), 1))
    net.assume(N <= 100)
    net.loss = -Sum(y[n, k] * (z[n, k] - LogSumExp(z[n, k], k)), n, k) / N
    fact = r"\sum_{k=0}^{C - 1} y_{n,k} = 1"
    equivalent = r"\equiv \frac{\partial \mathcal{L}}{\partial \ell_{n}} "  # a line of its own where all is said
    for level, between in (("steps", equivalent), ("full", "")):
        document = derive(net).document(level)
        found = [
            (f, step.reason)
            for f in displayed(document, "gradients")
            for step in f.steps
            if fact in [latex(run.formula) for run in step.reason if isinstance(run, Math)]
        ]
        assert [written(formula) for formula, _ in found] == [rf"\delta^{{\ell}}_{{n}} {between}= \frac{{1}}{{N}}"]
        assert found[0][1][0] == "with "
    results = displayed(derive(net).document("result"), "gradients")
    assert not [step.reason for formula in results for step in formula.steps if step.reason]


def test_a_labelled_equation_names_what_is_assumed():
    net = Network("weights")
    N, K = net.dims("N K")
    n, k = net.indices(n=N, k=K)
    y, u = net.input("y", (N, K)), net.parameter("u", (N,))
    net.assume(Eq(Sum(y[n, k], k), 1))
    net.loss = Sum(y[n, k] * u[n] ** 2, n, k)
    for level in ("steps", "full"):
        *_, last = displayed(derive(net).document(level), "gradients")
        assert last.label
        assert r"\sum_{k=0}^{K - 1} y_{n,k} = 1" in [
            latex(r.formula) for r in last.steps[0].reason if isinstance(r, Math)
        ]


def test_a_recurrence_says_its_order():
    document = derive(zoo.load("lstm")).document("steps")
    said = [b.runs for section in document.sections for b in section.blocks if isinstance(b, Paragraph)]
    told = [run for runs in said if runs[0] == "Evaluated together, for " for run in runs if isinstance(run, Math)]
    assert [latex(run.formula) for run in told] == [r"t = 1,\, \dots,\, T", r"t = T,\, \dots,\, 1", "t - 1"]


def test_costs_are_left_out_of_results_alone():
    derivation = derive(zoo.load("mlp"))
    keys = {level: [s.key for s in derivation.document(level).sections] for level in ("result", "steps", "full")}
    assert keys["result"] == ["symbols", "conventions", "forward", "backward", "gradients"]
    assert keys["steps"] == keys["full"] == [*keys["result"], "cost"]


def test_a_matrix_form_or_the_reason_for_none():
    formulas = [f for f in derive(zoo.load("embedding")).document("result", "matrix").formulas() if f.label]
    forms = {f.label: f.matrix for f in formulas}
    assert any(isinstance(form, Formula) for form in forms.values())
    assert any(isinstance(form, str) for form in forms.values())
    assert all(forms.values())


def test_the_fused_error_in_matrices():
    document = derive(zoo.load("mlp")).document("result", "matrix")
    (found,) = [f.matrix for f in document.formulas() if f.steps[-1].reason == ("with ", Reference("B2"))]
    assert isinstance(found, Formula)
    assert latex(found.left) == r"\delta^{z^{(1)}}"
    assert line(found.steps[0].pieces) == (
        r"\left(\delta^{z^{(2)}} \, W^{(2)}\right) \odot \left(\mathbf{1} - a^{(1)} \odot a^{(1)}\right)"
    )


def test_members_of_families_of_matrices():
    """Which axes are rows and columns, and which are labels, is said."""
    lstm, mlp = (derive(zoo.load(name)).document("result", "matrix") for name in ("lstm", "mlp"))
    (conventions,) = [section for section in lstm.sections if section.key == "conventions"]
    text = "".join(run if isinstance(run, str) else f"${latex(run.formula)}$" for run in conventions.blocks[-1].runs)
    assert "a family of matrices or vectors" in text
    assert r"$W_{e}$ of size $H \times D$" in text
    assert "$b_{e}$ of size $H$" in text
    assert "family" not in str([section for section in mlp.sections if section.key == "conventions"])


def test_a_network_whose_sizes_are_all_numbers():
    net = Network("numbers")
    n, i = net.indices(n=3, i=4)
    x, w = net.input("x", (3, 4)), net.parameter("w", (4,))
    net.loss = Sum(Sum(w[i] * x[n, i], i) ** 2, n)
    derivation = derive(net)
    (symbols,) = derivation.document("full", "matrix").sections[0].blocks
    assert symbols.kind == "symbols"
    assert "needs amsmath and amssymb." in derivation.latex(form="matrix", level="full")
    assert "| symbol |" in derivation.markdown(form="matrix", level="full")


def test_a_line_says_which_equations_were_put_in():
    formulas = derive(zoo.load("deep_mlp")).document().formulas()
    cited = [[run.label for run in step.reason if isinstance(run, Reference)] for f in formulas if not f.label
             for step in f.steps if latex(f.left).startswith(r"\delta^{z}_") and step.reason]  # fmt: skip
    assert cited[-2:] == [["B2"], ["B4"]]


def test_what_is_only_defined_is_one_line_with_its_value():
    formulas = list(derive(zoo.load("mlp")).document().formulas())
    assert not [f for f in formulas if [step.sign for step in f.steps] == [Sign.EQUIVALENT]]
    assert [step.sign for f in formulas for step in f.steps][6:8] == [Sign.EQUIVALENT, Sign.EQUAL]


@pytest.mark.parametrize("name", ["gmm", "bert_mlm"])
def test_no_line_is_printed_twice(name):
    for section in derive(zoo.load(name)).document("full").sections:
        for block in section.blocks:
            if isinstance(block, Display):
                lines = [(latex(f.left), step.pieces, f.ranges) for f in block.formulas for step in f.steps]
                assert len(lines) == len(set(lines))


def test_a_part_of_gradients_says_who_reads_it():
    document = derive(zoo.load("gmm")).document()
    said = [block.runs for section in document.sections for block in section.blocks if isinstance(block, Paragraph)]
    (of_part,) = (runs for runs in said if isinstance(runs[0], Math) and latex(runs[0].formula) == "S")
    assert [run.label for run in of_part if isinstance(run, Reference)] == ["B7", "B9"]


def test_a_sign_stands_before_indicators():
    lines = {
        name: [line(step.pieces) for f in derive(zoo.load(name)).document().formulas() for step in f.steps]
        for name in ("attention", "crf")
    }
    assert any(each.startswith(r"-\mathbf{1}\left[n = n'\right]") and "w" in each for each in lines["attention"])
    assert any(r"\mathbf{1}\left[t = T - 1\right]" in each for each in lines["crf"])
    for each in (each for found in lines.values() for each in found):
        assert r"\right] \, \left(-" not in each

"""The document of a layer: what is given, and that its inner product is told and not computed."""

import pytest

from symbackprop import Network, Sum, derive, report
from symbackprop.document.model import Math, Paragraph, Reference
from symbackprop.formula.latex import latex
from symbackprop.verify.matrix import check_matrix_forms
from tests.derive.layers import LAYERS
from tests.derive.test_layers import dense
from tests.document.test_compose import displayed, written


def said(document, key):
    (section,) = [section for section in document.sections if section.key == key]
    paragraphs = [block for block in section.blocks if isinstance(block, Paragraph)]
    return ["".join(map(told, p.runs)) for p in paragraphs]


def told(run):
    match run:
        case Math(formula):
            return latex(formula)
        case Reference(label):
            return label
        case _:
            return run


def test_the_argument_starts_from_cotangents():
    document = derive(dense()).document("full")
    first, *_ = said(document, "conventions")
    assert first.startswith(r"\mathcal{L} = \sum_{n=0}^{N - 1} \sum_{j=0}^{H - 1} \bar{y}_{n,j} \, y_{n,j} + ")
    assert "never computed" in first
    assert [formula.label for formula in displayed(document, "forward")] == ["F1", "F2", "F3"]
    of_u, of_y, of_z = said(document, "backward")
    assert of_u == r"u is an output, with the cotangent \bar{u}_{n}. Its adjoint is substituted wherever it occurs."
    assert of_y == r"y is read by F3 and is an output, with the cotangent \bar{y}_{n,j}."
    assert of_z == "z is read by F2."
    lines = [written(formula) for formula in displayed(document, "backward")]
    assert r"\delta^{u}_{n} \equiv \frac{\partial \mathcal{L}}{\partial u_{n}} = \bar{u}_{n}" in lines
    chain = next(line for line in lines if line.startswith(r"\delta^{y}_{n,j} \equiv"))
    assert chain.endswith(r"= \bar{y}_{n,j} + \sum_{n'} \delta^{u}_{n'} \, \frac{\partial u_{n'}}{\partial y_{n,j}}")
    assert r"\delta^{y}_{n,j} = \bar{y}_{n,j} + 2 \, \bar{u}_{n} \, y_{n,j}" in lines


def test_symbols_are_kept_apart():
    """A tensor that is written with a bar itself, and notation chosen for an output."""
    net = Network("bars")
    N = net.dim("N")
    n, x = net.index("n", N), net.input("x", (N,))
    y, y_bar = net.tensors("y y_bar")
    y_bar[n] = x[n] ** 2
    y[n] = y_bar[n] ** 2
    net.output(y)
    text = derive(net).latex()
    assert r"\mathrm{d\_y}" in text
    net.notation(y=r"\Upsilon")
    assert r"\bar{\Upsilon}" in derive(net).latex()


@pytest.mark.parametrize("make", LAYERS, ids=lambda make: make.__name__)
def test_matrix_forms(make):
    """Of every equation that has one, the inner product among them; and a page is made."""
    rows = check_matrix_forms(derive(make()).derived)
    assert all(row.passed for row in rows)
    html = report(make())
    assert "Gradients verified" in html


def test_sizes_that_stand_in_one_equation_alone():
    """Two equations over tensors of the same shapes, of which only the second has K in it."""
    net = Network("alone")
    N, D, K = net.dims("N D K")
    n, d, k = net.indices(n=N, d=D, k=K)
    names = [net.dim(f"S{place}") for place in range(6)]
    indices = [net.index(f"s{place}", size) for place, size in enumerate(names)]
    x, w = net.input("x", (N, D, *names)), net.parameter("w", (K,))
    a, b, c = net.tensors("a b c")
    here = (n, d, *indices)
    a[here] = 2 * x[here]
    b[here] = a[here] / K
    c[here] = b[here] * Sum(w[k], k)
    net.output(c)
    assert all(row.passed for row in check_matrix_forms(derive(net).derived))

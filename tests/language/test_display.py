"""What a notebook shows of a network, complete or not."""

from xml.etree import ElementTree

from sympy import Le

from symbackprop import Network, Sum, zoo
from symbackprop.language.display import text_of


def test_equations_as_they_were_written():
    net = Network("n")
    N, D = net.dims("N D")
    n, i = net.indices(n=N, i=D)
    x, w = net.input("x", (N, D)), net.parameter("w", (D,))
    assert net._repr_latex_() == r"$\displaystyle \begin{array}{ll}\end{array}$"
    z = net.tensor("z1")
    z[n] = Sum(w[i] * x[n, i], i)
    net.notation(w=r"\omega")
    first = r"z^{(1)}_{n} = \sum_{i=0}^{D - 1} \omega_{i} \, x_{n,i} & 0 \le n < N"
    assert net._repr_latex_() == rf"$\displaystyle \begin{{array}}{{ll}}{first}\end{{array}}$"
    net.loss = Sum(z[n], n)
    assert r" \\ \mathcal{L} = \sum_{n=0}^{N - 1} z^{(1)}_{n} & " in net._repr_latex_()


def test_every_network_of_the_zoo_has_a_display():
    for name in zoo.names():
        shown = zoo.load(name)._repr_latex_()
        assert shown.count("{") == shown.count("}")
        assert shown.count(r"\mathcal{L} =") == 1


def test_tables_and_text():
    net = Network("n")
    N, D, V = net.dims("N D V")
    n, i = net.indices(n=N, i=D)
    x, w, m = net.input("x", (N, D)), net.parameter("w", (D,)), net.buffer("m", (), 0)
    t, mask = net.input("t", (N,), dtype="int", high=V), net.random("mask", (N,), "normal")
    z, _ = net.tensors("z q")
    z[n] = Sum(w[i] * x[n, i], i) * mask[n] + t[n] + m
    net.update(m, m / 2)
    net.loss = Sum(z[n], n)
    net.output(z)
    net.assume(Le(D, N))
    text = text_of(net._written)
    assert text.splitlines()[:6] == [
        "network n", "  input x (N, D)", "  parameter w (D,)", "  buffer m ()", "  input t (N,) integers below V",
        "  random mask (N,) normal",
    ]  # fmt: skip
    assert "  update(m, m/2)" in text
    assert text.splitlines()[-3:] == ["  not yet defined: q", "  assumed: D <= N", "  outputs: z"]
    shown = net._repr_html_()
    for word in (
        ">next value<",
        ">loss<",
        ">output<",
        ">integers below V<",
        "<p>not yet defined: q</p>",
        "n = 0..N - 1",
    ):
        assert word in shown
    assert shown.count("<math") == 5 + 3


def test_every_network_of_the_zoo_has_tables():
    for name in zoo.names():
        for table in zoo.load(name)._repr_html_().split("<table")[1:]:
            ElementTree.fromstring("<table" + table.split("</table>")[0] + "</table>")

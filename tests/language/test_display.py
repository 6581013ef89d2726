"""What a notebook shows of a network, complete or not."""

from symbackprop import Network, Sum, zoo


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

"""What is known of a tensor while the network is written."""

from __future__ import annotations

from symbackprop import Network, Sum


def test_axes_are_called_as_they_are_first_written() -> None:
    net = Network("axes")
    N, D = net.dims("N D")
    n, m, i = net.indices(n=N, m=N, i=D)
    x, z = net.input("x", (N, N, D)), net.tensor("z")
    declared = net._book.tensors["x"]
    assert declared.axis_names(3) == ("i", "j", "k")
    z[n] = Sum(x[n, n, i] + x[n, 0, i], i)  # the second axis has no name of its own yet
    assert declared.axes == {0: "n", 2: "i"}
    assert len(set(declared.axis_names(3))) == 3
    w = net.tensor("w")
    w[n] = Sum(x[m, m, i], m, i)
    assert declared.axis_names(3) == ("n", "m", "i")
    assert net._book.tensors["z"].axis_names(1) == ("n",)


def test_a_rank_is_known_once_a_definition_stands() -> None:
    net = Network("rank")
    (N,) = net.dims("N")
    n = net.index("n", N)
    z, y = net.tensors("z y")
    y[n] = z[n, 0]
    declared = net._book.tensors["z"]
    assert declared.rank is None
    assert [rank for rank, _ in declared.ranks_read] == [2]
    z[n, 0] = 1
    assert declared.rank == 2


def test_a_definition_names_all_that_stands_in_it() -> None:
    net = Network("mentions")
    a, b, z = net.parameter("a", ()), net.parameter("b", ()), net.tensor("z")
    z[()] = a + b - b + 0 * b
    (definition,) = net._book.tensors["z"].definitions
    assert definition.mentions == {"a"}  # SymPy has taken b out before it is read
    assert definition.text() == "z = a"

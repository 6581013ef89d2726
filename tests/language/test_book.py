"""What is known of names while a network is written."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from symbackprop import Network, errors
from symbackprop.terms.poly import Dim, Index, Poly


def written() -> SimpleNamespace:
    net = Network("book")
    N, D = net.dims("N D")
    n, t = net.indices(n=N, t=(1, D))
    x, z = net.input("x", (N, D)), net.tensor("z")
    return SimpleNamespace(net=net, book=net._book, N=N, D=D, n=n, t=t, x=x, z=z)


def test_names() -> None:
    b = written()
    assert b.book.names() == {"n": b.n, "t": b.t, "N": b.N, "D": b.D, "x": b.x, "z": b.z}


def test_a_tensor_goes_before_an_index_of_its_name() -> None:
    net = Network("same")
    (N,) = net.dims("N")
    index, tensor = net.index("a", N), net.input("a", (N,))
    assert index in net._book.axes
    assert net._book.names()["a"] is tensor


def test_ranges_of_tensors_as_far_as_they_are_defined() -> None:
    b = written()
    size = Poly.of(Dim("D"))
    assert b.book.tensor("x").shape == (Poly.of(Dim("N")), size)
    with pytest.raises(errors.UndefinedTensor):
        b.book.tensor("z")
    b.z[b.t] = b.x[0, b.t - 1]
    assert (b.book.tensor("z").origin, b.book.tensor("z").shape) == ((Poly.of(1),), (size,))
    b.z[0] = 0
    assert (b.book.tensor("z").origin, b.book.tensor("z").shape) == ((Poly.of(0),), (size + 1,))


def test_facts_of_indices() -> None:
    b = written()
    t = Poly.of(Index("t"))
    known = b.book.facts_of([Index("t"), Index("unheard")])
    assert known.proves(t - 1)
    assert known.proves(Poly.of(Dim("D")) - t)
    assert not known.proves(t - 2)


def test_tensors_of_others() -> None:
    b, other = written(), written()
    assert b.book.own(b.x, lambda: "a test").symbol is b.x
    assert b.x != other.x
    with pytest.raises(errors.ForeignTensor, match="a test: expected tensors of network 'book'"):
        b.book.own(other.x, lambda: "a test")

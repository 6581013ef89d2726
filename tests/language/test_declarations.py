"""Sizes, indices and tensors as they are declared, against SymPy's own symbols."""

from __future__ import annotations

import pytest
from sympy import Idx, Symbol, latex, sqrt

from symbackprop import Network, errors
from symbackprop.terms.program import TensorKind


def test_sizes_are_positive_integer_symbols() -> None:
    net = Network("sizes")
    N, D = net.dims("N, D")
    assert N == Symbol("N", integer=True, positive=True)
    assert net.dims("K") == (Symbol("K", integer=True, positive=True),)
    assert D.is_positive


def test_indices_are_idx_and_print_as_their_names() -> None:
    net = Network("indices")
    N, T = net.dims("N T")
    n, t = net.indices(n=N, t=(1, T))
    assert isinstance(n, Idx)
    assert (n.lower, n.upper, t.lower, t.upper) == (0, N - 1, 1, T)
    assert (str(t - 1), latex(n)) == ("t - 1", "n")
    assert net.index("n", N) == n  # the same again is no mistake


def test_names_are_shared_by_sizes_and_tensors_but_not_by_indices() -> None:
    net = Network("names")
    (N,) = net.dims("N")
    net.index("x", N)
    x = net.input("x", (N,))
    assert net.symbols == {"x": x}
    for declare in (net.dim, net.tensor):
        with pytest.raises(errors.DuplicateName, match="choose another"):
            declare("x")
    assert net.has_name("x")
    assert not net.has_name("n")
    with pytest.raises(errors.DuplicateName):
        net.index("x", (1, N))
    assert net.index_if_free("x", (1, N)) is None
    assert net.index_if_free("y", N) == net.index("y", N)


def test_every_kind_of_tensor() -> None:
    net = Network("kinds")
    N, V = net.dims("N V")
    net.input("x", (N,))
    net.input("ids", (N,), dtype="int", high=V)
    net.parameter("w", (N, 3))
    net.buffer("b", (N,), "zeros")
    net.random("r", (N,), "uniform")
    net.tensors("y z")
    kinds = {name: known.kind for name, known in net._book.tensors.items()}
    assert kinds == {
        "x": TensorKind.INPUT, "ids": TensorKind.INPUT, "w": TensorKind.PARAMETER, "b": TensorKind.BUFFER,
        "r": TensorKind.RANDOM, "y": TensorKind.INTERMEDIATE, "z": TensorKind.INTERMEDIATE,
    }  # fmt: skip
    assert set(net._book.given) == {"x", "ids", "w", "b", "r"}


@pytest.mark.parametrize(
    ("declare", "error"),
    [
        (lambda net, N: net.input("x", N), errors.InvalidSize),
        (lambda net, N: net.input("x", "N"), errors.InvalidSize),
        (lambda net, N: net.input("x", (0,)), errors.InvalidSize),
        (lambda net, N: net.index("i", ()), errors.InvalidSize),
        (lambda net, N: net.input("x", (N,), "bool"), errors.InvalidArgument),
        (lambda net, N: net.input("x", (N,), high=3), errors.InvalidArgument),
        (lambda net, N: net.input("x"), errors.InvalidArgument),
        (lambda net, N: net.parameter("w", (N,), init=sqrt(-N)), errors.SymbackpropError),
    ],
)
def test_refused(declare, error) -> None:  # type: ignore[no-untyped-def]
    net = Network("refused")
    (N,) = net.dims("N")
    with pytest.raises(error):
        declare(net, N)
    assert not net.has_name("x")

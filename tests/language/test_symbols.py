"""Tensors, their elements and reductions as SymPy has them: they print, and know their symbols."""

from __future__ import annotations

import pickle

import pytest
from sympy import Symbol, latex, pretty

from symbackprop import LogSumExp, Network, Product, ReduceMax, ReduceMin, Sum, delta, errors
from symbackprop.functions import gelu, leaky_relu, relu
from symbackprop.language.symbols import TensorSymbol
from symbackprop.terms.build import apply, number
from symbackprop.terms.term import Function


def test_printing() -> None:
    net = Network("printing")
    N, D = net.dims("N D")
    n, i = net.indices(n=N, i=D)
    x, W1 = net.input("x", (N, D)), net.parameter("W1", (N, D))
    total = Sum(W1[n, i] * x[n, i], i)
    assert str(total) == "Sum(W1[n, i]*x[n, i], i)"
    assert latex(total) == r"\sum_{i} {W_{1}}_{n, i} {x}_{n, i}"
    assert latex(ReduceMax(x[n, 2 * i], i)) == r"\max_{i} \left({x}_{n, 2 i}\right)"
    assert latex(leaky_relu(x[n, i])) == r"\operatorname{leaky\_relu}\left({x}_{n, i}, 0.01\right)"
    for expression in (total, Product(x[n, i], i), ReduceMin(x[n, i], i), LogSumExp(x[n, i], n, i), relu(x[0, 0])):
        assert pretty(expression)
        assert latex(expression)
        assert repr(expression) == str(expression)
    assert total.free_symbols == {W1, x, n}
    assert repr(net) == "Network('printing'): 2 tensors, 0 equations"


def test_documentation_of_functions_prints() -> None:
    assert str(gelu(Symbol("x"), approximate="tanh")) == "gelu(x, tanh)"
    assert apply(Function.RELU, number(-1)) is number(0)


def test_shapes_as_far_as_they_are_known() -> None:
    net = Network("known")
    N, D = net.dims("N D")
    n, i = net.indices(n=N, i=D)
    x, y, z = net.input("x", (N, D)), net.input("y", (N,), dtype="int", high=D), net.tensor("z")
    assert (x.shape, x.rank, x.dtype, y.dtype) == ((N, D), 2, "float", "int")
    assert (x.is_whole, z.is_whole) == (True, False)
    with pytest.raises(errors.UndefinedTensor):
        _ = z.shape
    z[n + 1, i] = x[n, i]
    assert (z.shape, z.is_whole) == ((N, D), True)
    assert y[n].is_integer
    assert x[n, i].is_integer is None
    assert delta(z).shape == z.shape


def test_a_name_in_two_networks_is_two_tensors() -> None:
    first, second = (Network("twice").parameter("w", ()) for _ in range(2))
    assert first != second
    assert delta(first) != delta(second)
    assert delta(first) == delta(first)
    assert len({first, second, delta(first), delta(second)}) == 4


def test_what_belongs_to_a_network_is_not_copied() -> None:
    w = Network("own").parameter("w", ())
    for symbol in (w, delta(w)):
        with pytest.raises(TypeError, match="belongs to its network"):
            pickle.dumps(symbol)


def test_a_delta_is_of_a_tensor_of_floats_and_defined_by_nothing() -> None:
    net = Network("deltas")
    (N,) = net.dims("N")
    n = net.index("n", N)
    w, label = net.parameter("w", (N,)), net.input("label", (N,), dtype="int", high=N)
    for wrong in (w[n], "w", label, w[n] + 1):
        with pytest.raises(errors.InvalidClaim):
            delta(wrong)
    with pytest.raises(errors.InvalidClaim, match=r"net\.claim"):
        delta(w)[n] = 1


def test_sympy_does_not_differentiate_elements() -> None:
    net = Network("slopes")
    (N,) = net.dims("N")
    n = net.index("n", N)
    w = net.parameter("w", (N,))
    for by in (w[n], (w[n], 2), w[0]):
        with pytest.raises(errors.InvalidArgument, match="derive"):
            w[n].diff(by)
    assert (w[n] ** 2).diff(Symbol("q")) == 0


def test_a_tensor_is_no_sequence() -> None:
    w = Network("sequence").parameter("w", ())
    with pytest.raises(TypeError):
        list(w)
    assert isinstance(w, TensorSymbol)

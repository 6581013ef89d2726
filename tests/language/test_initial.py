"""How parameters and buffers start, and what random tensors are drawn from."""

from __future__ import annotations

from fractions import Fraction

import pytest
import sympy
from sympy import sqrt

from symbackprop import Network, errors
from symbackprop.terms.build import number


def test_default_initialisers() -> None:
    net = Network("defaults")
    (N,) = net.dims("N")
    kinds = {}
    for rank in range(4):
        net.parameter(f"w{rank}", (N,) * rank)
        found = net._book.tensors[f"w{rank}"].initializer
        assert found is not None
        kinds[rank] = found.name
    assert kinds == {0: "zeros", 1: "zeros", 2: "glorot_uniform", 3: "glorot_uniform"}


def test_a_sympy_number_is_a_standard_deviation() -> None:
    """1/sqrt(D) stays one when D is 4, and no constant 1/2 that leaves all units alike."""
    net = Network("std")
    net.parameter("a", (4, 4), init=1 / sqrt(4))  # Python's float: the user's own constant
    net.parameter("b", (4, 4), init=1 / sqrt(sympy.Integer(4)))
    net.parameter("c", (4, 4), init=3)
    names = [declared.initializer.name for declared in net._book.tensors.values() if declared.initializer]
    assert names == ["normal", "normal", "constant"]


@pytest.mark.parametrize(
    ("distribution", "parameters", "expected"),
    [
        ("bernoulli", {"p": 0.9}, [Fraction(9, 10)]), ("normal", {}, [0, 1]), ("normal", {"std": 2}, [0, 2]),
        ("uniform", {"low": -1}, [-1, 1]),
    ],
)  # fmt: skip
def test_noise(distribution: str, parameters: dict[str, object], expected: list[Fraction]) -> None:
    net = Network("noise")
    (N,) = net.dims("N")
    net.random("r", (N,), distribution, **parameters)
    noise = net._book.tensors["r"].noise
    assert noise is not None
    assert noise.distribution.value == distribution
    assert list(noise.arguments) == [number(value) for value in expected]


@pytest.mark.parametrize(
    ("declare", "error"),
    [
        (lambda net, N: net.random("r", (N,), "poisson"), errors.UnknownDistribution),
        (lambda net, N: net.random("r", (N,), "bernoulli"), errors.UnknownDistribution),
        (lambda net, N: net.random("r", (N,), "normal", p=1), errors.UnknownDistribution),
        (lambda net, N: net.random("r", (N,), "bernoulli", p=2), errors.InvalidArgument),
        (lambda net, N: net.random("r", (N,), "normal", std=-1), errors.InvalidArgument),
        (lambda net, N: net.random("r", (N,), "uniform", low=2), errors.InvalidArgument),
        (lambda net, N: net.parameter("w", (N,), init="he_normal"), errors.UnknownInitializer),
        (lambda net, N: net.parameter("w", (N, N), init="xavier"), errors.UnknownInitializer),
        (lambda net, N: net.parameter("w", (N,), init=float("nan")), errors.UnknownInitializer),
        (lambda net, N: net.parameter("w", (N,), init=sympy.Integer(-1)), errors.UnknownInitializer),
        (lambda net, N: net.parameter("w", (N,), init=[1]), errors.UnknownInitializer),
    ],
)
def test_refused(declare, error) -> None:  # type: ignore[no-untyped-def]
    net = Network("refused")
    (N,) = net.dims("N")
    with pytest.raises(error):
        declare(net, N)
    assert not net.symbols

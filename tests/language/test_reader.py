"""An equation is read once, in time linear in what is written, whatever its spelling."""

from __future__ import annotations

import sys

import numpy as np
import pytest
import sympy
from sympy import Piecewise, Rational, oo, sqrt, tanh

from symbackprop import Mean, Network, Sum
from symbackprop.functions import gelu, leaky_relu
from symbackprop.interpret.interpreter import Interpreter
from symbackprop.terms.program import Program


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (lambda u, v, k: Sum(u * v, k), lambda u, v, k: Sum(v * u, k)),
        (lambda u, v, k: 0.1 * u, lambda u, v, k: u / 10),
        (lambda u, v, k: sqrt(u) ** 2, lambda u, v, k: u),
        (lambda u, v, k: Piecewise((u, k > 0), (0, True)), lambda u, v, k: Piecewise((0, k < 1), (u, True))),
        (lambda u, v, k: sympy.Abs(u - v), lambda u, v, k: sympy.Abs(v - u)),
        (lambda u, v, k: sympy.Max(u, sympy.Max(v, 0)), lambda u, v, k: sympy.Max(0, v, u)),
        (lambda u, v, k: leaky_relu(u), lambda u, v, k: leaky_relu(u, Rational(1, 100))),
        (lambda u, v, k: gelu(u), lambda u, v, k: gelu(u, approximate="none")),
    ],
)
def test_spellings(first: object, second: object) -> None:
    def rhs(write: object) -> object:
        net = Network("spelling")
        (N,) = net.dims("N")
        k = net.index("k", N)
        u, v, z = net.input("u", (N,)), net.input("v", (N,)), net.tensor("z")
        z[k] = write(u[k], v[k], k)  # type: ignore[operator]
        return net._book.tensors["z"].definitions[0].equation.rhs

    assert rhs(first) is rhs(second)


def test_sympy_does_not_decide_what_infinities_decide() -> None:
    net = Network("infinite")
    (N,) = net.dims("N")
    k = net.index("k", N)
    u, z, w = net.input("u", (N,)), net.tensor("z"), net.parameter("w", ())
    z[k] = Piecewise((1, u[k] > -oo), (0, True)) + w
    net.loss = Sum(z[k], k)
    values = Interpreter(net.to_program(), {"N": 2}, {"u": np.array([1.0, -np.inf]), "w": 0.0})
    assert list(values.array("z")) == [1, 0]


def _chain(depth: int) -> Program:
    net = Network("chain")
    N, H = net.dims("N H")
    n, i, j = net.indices(n=N, i=H, j=H)
    h = net.input("x", (N, H))
    for layer in range(depth):
        W, b = net.parameter(f"W{layer}", (H, H)), net.parameter(f"b{layer}", (H,))
        z, a = net.tensors(f"z{layer} a{layer}")
        z[n, j] = Sum(W[j, i] * h[n, i], i) + b[j]
        a[n, j] = tanh(z[n, j])
        h = a
    net.loss = Mean(h[n, j] ** 2, n, j)
    return net.to_program()


def test_reading_is_linear() -> None:
    """Counted in calls, which do not depend on the machine's load."""

    def calls(depth: int) -> int:
        count = 0

        def tally(*_: object) -> None:
            nonlocal count
            count += 1

        previous = sys.getprofile()
        sys.setprofile(tally)
        try:
            _chain(depth)
        finally:
            sys.setprofile(previous)
        return count

    calls(80)  # fills the caches alike
    few, many = calls(20), calls(80)
    assert many < 5 * few

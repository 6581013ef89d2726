"""A monotone function is taken of a maximum: values and gradients are those of what was written."""

from __future__ import annotations

import numpy as np
import pytest
from sympy import Max, Min, exp, tanh

from symbackprop import Network, ReduceMax, ReduceMin, Sum, derive, generate, verify
from symbackprop.functions import relu, sigmoid, softplus
from symbackprop.interpret import Float, Interpreter
from symbackprop.optimise.monotone import monotone_outside
from symbackprop.terms.show import show

SIZES = {"N": 3, "K": 4}
FORMS = {
    "relu": (lambda p, u: ReduceMax(relu(u), p.k), "relu(max_i(u[n, i]))"),
    "the larger of it and a number": (lambda p, u: ReduceMax(Max(u, 1), p.k), None),
    "cut off": (lambda p, u: ReduceMin(Min(relu(u), 2), p.k), None),
    "a function of a sum": (lambda p, u: ReduceMax(tanh(2 * u + p.b[p.n]), p.k), "tanh(2·max_i(u[n, i]) + b[n])"),
    "functions of functions": (lambda p, u: ReduceMin(sigmoid(softplus(exp(u))), p.k),
                               "sigmoid(softplus(exp(min_i(u[n, i]))))"),
    "an addend with the index": (lambda p, u: ReduceMax(u + p.v[p.k] + p.b[p.n], p.k),
                                 "max_i(u[n, i] + v[i]) + b[n]"),
    "a negative factor": (lambda p, u: ReduceMax(-2 * u, p.k), None),
    "a square": (lambda p, u: ReduceMax(u**2, p.k), None),
    "two with the index": (lambda p, u: ReduceMax(Max(u, p.v[p.k]), p.k), None),
    "a sum": (lambda p, u: Sum(relu(u), p.k), None),
}  # fmt: skip


class Page:
    def __init__(self, name: str) -> None:
        self.net = Network("page")
        N, K = self.net.dims("N K")
        self.n, self.k = self.net.indices(n=N, k=K)
        self.u = self.net.parameter("u", (N, K))
        self.b, self.v = self.net.parameter("b", (N,)), self.net.parameter("v", (K,))
        self.y = self.net.tensor("y")
        self.y[self.n] = FORMS[name][0](self, self.u[self.n, self.k])
        self.net.loss = Sum(self.y[self.n] ** 2 + self.b[self.n], self.n) + Sum(self.v[self.k], self.k)


@pytest.mark.parametrize("name", FORMS)
def test_forms(name: str) -> None:
    program = Page(name).net.to_program()
    changed, expected = monotone_outside(program), FORMS[name][1]
    if expected is None:
        assert changed.equations == program.equations
        return
    assert show(changed.equations[0]).split(" = ", 1)[1].startswith(expected)
    rng = np.random.default_rng(0)
    for _ in range(5):
        data = {"u": rng.normal(size=(3, 4)), "b": rng.normal(size=3), "v": rng.normal(size=4)}
        values = [Interpreter(each, SIZES, data, Float()).array("y") for each in (program, changed)]
        np.testing.assert_allclose(*values, rtol=1e-15)


@pytest.mark.parametrize("name", FORMS)
def test_gradients_are_those_of_what_was_written(name: str) -> None:
    assert verify(Page(name).net).passed


def test_of_nothing_it_stays() -> None:
    """max over nothing is -oo, of which relu is 0."""
    net = Network("empty")
    N, K = net.dims("N K")
    n, k = net.indices(n=N, k=(1, K - 1))
    u, y = net.parameter("u", (N, K)), net.tensor("y")
    y[n] = ReduceMax(relu(u[n, k]), k)
    net.loss = Sum(y[n], n)
    program = net.to_program()
    assert monotone_outside(program).equations == program.equations


def test_pooling_of_an_activation_has_no_array_of_windows() -> None:
    net = Network("pool")
    N, H = net.dims("N H")
    n, h, i = net.indices(n=N, h=H, i=2)
    x, w, p = net.input("x", (N, 2 * H)), net.parameter("w", (H,)), net.tensor("p")
    p[n, h] = ReduceMax(relu(x[n, 2 * h + i]) + w[h], i)
    net.loss = Sum(p[n, h] ** 2, n, h)
    assert verify(net).passed
    assert all(len(tensor.shape) <= 3 for tensor in derive(net).scheduled.forward.program.tensors)
    assert "np.maximum.reduce" not in generate(net)

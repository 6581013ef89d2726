"""Integers that 64 bits do not hold, and whole numbers where floats are wanted: values as the interpreter has them."""

from __future__ import annotations

from collections.abc import Callable
from inspect import signature
from typing import Any

import numpy as np
import pytest
from sympy import Eq, Mod, Piecewise, erf

from symbackprop import Network, Product, Sum, generate, load, verify
from symbackprop.interpret import Interpreter
from tests.lower.cases import CASES, agrees

Value = Callable[..., Any]  # of N, M, n, m and label[n]
VALUES: dict[str, tuple[Value, tuple[int, int]]] = {
    "a number to a size": (lambda N, M, n, m, label: 10**N, (25, 2)),
    "a number to a negative size": (lambda N, M, n, m, label: 2**-N + 3 ** (M - N), (30, 2)),
    "a size to a position": (lambda N, M, n, m, label: N**n + 2**-n, (30, 2)),
    "a power of a size": (lambda N, M, n, m, label: N**20 + 3 * M, (25, 2)),
    "a power of a position": (lambda N, M, n, m, label: n**20, (25, 2)),
    "a power of a relative position": (
        lambda N, M, n, m, label: ((n - N / 2) / N) ** 8 + ((2 * n + 1) / N) ** 9,
        (900, 2),
    ),
    "a power near its zero": (lambda N, M, n, m, label: (n - 700) ** 8 * (n + 1) ** 3, (900, 2)),
    "a polynomial": (lambda N, M, n, m, label: N**8 + M**8 + n**8 - 3 * n**7 * N + (n // 3) ** 9, (30, 30)),
    "a product of a label": (lambda N, M, n, m, label: label * n**8 + (label + 1) ** 9, (300, 300)),
    "a label to a position": (lambda N, M, n, m, label: (label + 1) ** n + (label + 1) ** -n, (30, 30)),
    "a sum of powers": (lambda N, M, n, m, label: Sum(m**9 * n**9, m) / N**9, (130, 130)),
    "a product of positions": (lambda N, M, n, m, label: Product(m + 1, m), (3, 40)),
    "a condition on powers": (
        lambda N, M, n, m, label: Piecewise((1, (n - 100) ** 8 > N**5), (2, n**10 > (label + 1) ** 10), (3, True)),
        (130, 100),
    ),
    "a condition on sizes": (lambda N, M, n, m, label: Piecewise((1, N**9 + 3 > 20 * M**9), (2, True)) * n, (130, 100)),
    "a remainder": (lambda N, M, n, m, label: Piecewise((1, Eq(Mod(n, 2), 0)), (2, True)), (10, 2)),
    "erf of sizes and positions": (lambda N, M, n, m, label: erf(N - 2) * erf(n - M) + erf(label - 3), (5, 3)),
}


def network(value: Value) -> Network:
    net = Network("large")
    N, M = net.dims("N M")
    n, m = net.indices(n=N, m=M)
    w, u, label = net.parameter("w", (N,)), net.parameter("u", (M,)), net.input("label", (N,), dtype="int", high=M)
    y = net.tensor("y")
    y[n] = w[n] * value(N, M, n, m, label[n])
    net.loss = Sum(y[n] * w[n], n) + Sum(u[m], m) * Sum(u[label[n]], n)
    net.output(y)
    return net


@pytest.mark.parametrize("name", VALUES)
@pytest.mark.parametrize("style", ["fast", "plain"])
def test_values(name: str, style: str) -> None:
    value, (N, M) = VALUES[name]
    net = network(value)
    params = {"w": np.linspace(0.5, 1, N), "u": np.ones(M)}
    label = (7 * np.arange(N) + 1) % M
    truth = Interpreter(net.to_program(), {"N": N, "M": M}, {**params, "label": label})
    names: dict[str, Any] = {}
    exec(compile(generate(net, style=style), name, "exec"), names)
    function = names["value_and_grad" if style == "fast" else "loss_and_gradients"]
    given = {
        key: each for key, each in {"label": label, "N": N, "M": M}.items() if key in signature(function).parameters
    }
    loss, gradients = function(params, **given)
    np.testing.assert_allclose(loss, float(truth.array("loss")), rtol=1e-12)
    wanted = 2 * truth.array("y").astype(float)
    np.testing.assert_allclose(gradients["w"], wanted, rtol=1e-12, atol=1e-14 * np.abs(wanted).max())


@pytest.mark.parametrize("name", VALUES)
def test_gradients(name: str) -> None:
    report = verify(network(VALUES[name][0]))
    assert report.passed, str(report)


def test_large_data() -> None:
    """Seconds since 1970, say, multiplied."""
    net = Network("seconds")
    N = net.dim("N")
    n = net.index("n", N)
    w, time = net.parameter("w", (N,)), net.input("time", (N,), dtype="int")
    y = net.tensor("y")
    y[n] = w[n] * (time[n] ** 3 + time[n] ** 2 * n + time[n] * N**2 * n)
    net.loss = Sum(y[n], n)
    net.output(y)
    seconds = np.array([1_700_000_000, 2_000_000_000, 1])
    exact = [float(t**3 + t**2 * n + t * 9 * n) for n, t in enumerate(map(int, seconds))]
    names: dict[str, Any] = {}
    exec(compile(generate(net, style="plain"), "plain", "exec"), names)
    for gradients in (
        load(net).value_and_grad({"w": np.ones(3)}, seconds)[1],
        names["loss_and_gradients"]({"w": np.ones(3)}, seconds)[1],
    ):
        np.testing.assert_allclose(gradients["w"], exact, rtol=1e-14)


@pytest.mark.parametrize("name", CASES["integer"])
def test_small_integers(name: str) -> None:
    agrees("integer", name)

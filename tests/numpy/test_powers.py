"""Tables of powers: the higher from the lower, where the exponent counts along an axis."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sympy import Piecewise, tanh

from symbackprop import Network, Sum, generate, load, verify

TABLES: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "powers": (lambda t, d, D: t**d, lambda t, d, D: t**d),
    "backwards": (lambda t, d, D: t ** (D - 1 - d), lambda t, d, D: t ** (D - 1 - d)),
    "odd": (lambda t, d, D: t ** (2 * d + 1), lambda t, d, D: t ** (2 * d + 1)),
    "inverse": (lambda t, d, D: t**-d, lambda t, d, D: t ** (0 - d)),
    "of both signs": (lambda t, d, D: t ** (d - 3), lambda t, d, D: t ** (d - 3)),
    "by threes, down": (lambda t, d, D: tanh(t) ** (D - 3 * d), lambda t, d, D: np.tanh(t) ** (D - 3 * d)),
    "from the size on": (lambda t, d, D: t ** (d + D), lambda t, d, D: t ** (d + D)),
    "behind a guard": (lambda t, d, D: Piecewise((t ** (d - 1), d > 0), (0, True)),
                       lambda t, d, D: np.where(d > 0, t ** (d - 1), 0)),
}  # fmt: skip


def network(table: Callable[..., Any]) -> Network:
    net = Network("table")
    N, D = net.dims("N D")
    n, d = net.indices(n=N, d=D)
    c, t, y = net.parameter("c", (D,)), net.parameter("t", (N,)), net.tensor("y")
    y[n, d] = table(t[n], d, D)
    net.loss = Sum(c[d] * y[n, d], n, d)
    net.output(y)
    return net


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("sizes", [(3, 5), (1, 1), (4, 2)])
def test_tables(name: str, sizes: tuple[int, int]) -> None:
    table, by_numpy = TABLES[name]
    net, (N, D) = network(table), sizes
    t = np.linspace(-1.5, 1.25, N) - 0.1
    y = load(net).predict({"c": np.ones(D), "t": t})
    np.testing.assert_allclose(y, by_numpy(t[:, None], np.arange(D), D), rtol=1e-13)
    assert "np.power(" not in generate(net)


@pytest.mark.parametrize("name", TABLES)
def test_gradients(name: str) -> None:
    report = verify(network(TABLES[name][0]))
    assert report.passed, str(report)


def test_a_power_of_zero() -> None:
    """Its derivative as well: 0 times the inverse of 0 is behind a guard."""
    loss, gradients = load(network(TABLES["powers"][0])).value_and_grad({"c": np.ones(4), "t": np.zeros(2)})
    assert loss == 2
    np.testing.assert_array_equal(gradients["t"], [1, 1])


@pytest.mark.parametrize("step", [1, -1, 2, 3, 5])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_high_powers_keep_their_digits(dtype: type, step: int) -> None:
    t = np.random.default_rng(0).uniform(0.95, 1.05, 200).astype(dtype)
    exponents = step * np.arange(1000 // abs(step)) + (999 if step < 0 else 0)
    net = network(lambda t, d, D: t ** (step * d + (999 if step < 0 else 0)))
    y = load(net).predict({"c": np.ones(len(exponents), dtype), "t": t})
    wanted = t.astype(np.longdouble)[:, None] ** exponents
    np.testing.assert_allclose(y, wanted.astype(np.float64), rtol=16 * np.finfo(dtype).eps)


def test_what_is_no_table_is_taken_as_it_is() -> None:
    """The exponent has the base's own axis, or the base is a number."""
    for table in (lambda t, d, D: t * 3**d, lambda t, d, D: (t + d) ** d):
        assert "_powers(" not in generate(network(table))
        assert verify(network(table)).passed

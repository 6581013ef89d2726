"""Where the exponents of a table of powers lie in memory."""

from __future__ import annotations

import numpy as np
import pytest
from sympy import tanh

from symbackprop import Network, Sum, generate, load, verify


def polynomial(weighted: bool = False, flipped: bool = False, shown: bool = False) -> Network:
    """fit[i] = Σ_j x[j]·t[i]^j of a table that forward and backward read. `weighted`: element by element as well;
    `flipped`: with another order of axes everywhere; `shown`: the table is an output."""
    net = Network("polynomial")
    N, M, K = net.dims("N M K")
    i, j, k = net.indices(i=N, j=M, k=K)
    t, y = net.input("t", (N,)), net.input("y", (K, N) if flipped else (N, K))
    x, table, fit = net.parameter("x", (K, M) if flipped else (M, K)), net.tensor("table"), net.tensor("fit")
    table[i, j] = tanh(t[i]) ** j
    fit[i, k] = Sum(table[i, j] * (x[k, j] if flipped else x[j, k]), j)
    error = Sum((fit[i, k] - (y[k, i] if flipped else y[i, k])) ** 2, i, k)
    net.loss = error + Sum(table[i, j] * net.parameter("w", (N, M))[i, j], i, j) if weighted else error
    if shown:
        net.output(table)
    return net


@pytest.mark.parametrize("flipped", [False, True])
def test_exponents_lie_outermost(flipped: bool) -> None:
    assert "_powers(table_tanh, 0, 1, 0, table)" in generate(polynomial(flipped=flipped))


def test_read_element_by_element() -> None:
    """Beside arrays with the exponent innermost it stays as it was written."""
    assert "_powers(table_tanh, 0, 1, 1, table)" in generate(polynomial(weighted=True))


def test_an_output_stays_as_it_is() -> None:
    assert "_powers(table_tanh, 0, 1, 1, table)" in generate(polynomial(shown=True))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_values(dtype: type) -> None:
    rng, N, M, K = np.random.default_rng(0), 7, 40, 3
    t, y, x = rng.normal(size=N), rng.normal(size=(N, K)), rng.normal(size=(M, K))
    table = np.tanh(t)[:, None] ** np.arange(M)
    loss, gradients = load(polynomial()).value_and_grad({"x": x.astype(dtype)}, t.astype(dtype), y.astype(dtype))
    error = table @ x - y
    tolerance = 100 * np.finfo(dtype).eps
    np.testing.assert_allclose(loss, (error**2).sum(), rtol=tolerance)
    np.testing.assert_allclose(gradients["x"], 2 * table.T @ error, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("flipped", [False, True])
def test_gradients(weighted: bool, flipped: bool) -> None:
    report = verify(polynomial(weighted, flipped))
    assert report.passed, str(report)

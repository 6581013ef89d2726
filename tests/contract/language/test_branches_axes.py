"""Values in branches whose guards have other axes than the parts they guard: sums, gathers, windows, products."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sympy import Piecewise, Rational, log, oo, sqrt, tanh

from symbackprop import LogSumExp, Network, Product, Sum, load

Data = dict[str, Any]


def columns(net: Network) -> Data:
    """Σ over the part's own axis, under a guard over both."""
    N, M = net.dims("N M")
    n, m = net.indices(n=N, m=M)
    x, c = net.parameter("x", (N,)), net.input("c", (N, M))
    t, a = net.tensors("t a")
    t[n] = sqrt(x[n])
    a[m] = Sum(Piecewise((t[n], c[n, m] > 0), (0, True)), n)
    net.loss = Sum(a[m] ** 2, m)
    return {"x": [0, 4], "c": [[-1, 0], [1, 2]], "∂x": [0, 2]}


def sums_under_a_guard(net: Network) -> Data:
    N, M = net.dims("N M")
    n, m = net.indices(n=N, m=M)
    x, c = net.parameter("x", (N, M)), net.input("c", (N,))
    t, a = net.tensors("t a")
    t[n, m] = log(x[n, m])
    a[n] = Sum(t[n, m], m)
    net.loss = Sum(Piecewise((a[n], c[n] > 0), (0, True)), n)
    return {"x": [[0, 4], [1, 2]], "c": [-1, 1], "∂x": [[0, 0], [1, 0.5]]}


def unit_vectors(net: Network) -> Data:
    N, M = net.dims("N M")
    n, m = net.indices(n=N, m=M)
    x = net.parameter("x", (N, M))
    s, r, u = net.tensors("s r u")
    s[n] = Sum(x[n, m] ** 2, m)
    r[n] = sqrt(s[n])
    u[n, m] = Piecewise((x[n, m] / r[n], s[n] > 0), (x[n, m], True))
    net.loss = Sum(u[n, m], n, m)
    return {"x": [[0, 0], [3, 4]], "∂x": [[1, 1], [1 / 5 - 21 / 125, 1 / 5 - 28 / 125]]}


def norm(net: Network) -> Data:
    n = net.index("n", net.dim("N"))
    x = net.parameter("x", (n.upper + 1,))
    s, r = net.tensors("s r")
    s[()] = Sum(x[n] ** 2, n)
    r[()] = sqrt(s)
    net.loss = Piecewise((r, s > 0), (0, True))
    return {"x": [0, 0, 0], "∂x": [0, 0, 0]}


def rows_picked(net: Network) -> Data:
    N, V = net.dims("N V")
    n, v = net.indices(n=N, v=V)
    x, t = net.parameter("x", (V,)), net.tensor("t")
    k, c = net.input("k", (N,), dtype="int", high=V), net.input("c", (N,))
    t[v] = sqrt(x[v])
    net.loss = Sum(Piecewise((t[k[n]], c[n] > 0), (0, True)), n)
    return {"x": [0, 4, 0], "k": np.array([0, 1, 1]), "c": [-1, 1, 1], "∂x": [0, 0.5, 0]}


def pairs_below_the_diagonal(net: Network) -> Data:
    T = net.dim("T")
    t, s = net.indices(t=T, s=T)
    x, d = net.parameter("x", (T,)), net.tensor("d")
    d[t, s] = 1 / (x[t] - x[s])
    net.loss = Sum(Piecewise((d[t, s], s < t), (0, True)), t, s)
    return {"x": [1, 3], "∂x": [0.25, -0.25]}


def shifted(net: Network) -> Data:
    t = net.index("t", net.dim("T"))
    x, c, u = net.parameter("x", (t.upper + 1,)), net.input("c", (t.upper + 1,)), net.tensor("u")
    u[t] = log(x[t])
    net.loss = Sum(Piecewise((Piecewise((u[t - 1], c[t] > 0), (0, True)), t >= 1), (0, True)), t)
    return {"x": [0, 2, 0], "c": [1, -1, 1], "∂x": [0, 0.5, 0]}


def windows(net: Network) -> Data:
    T = net.dim("T")
    t, p, i = net.indices(t=T - 2, p=3, i=T)
    x, c, u = net.parameter("x", (T,)), net.input("c", (T - 2,)), net.tensor("u")
    u[i] = log(x[i])
    net.loss = Sum(Piecewise((Sum(u[t + p], p), c[t] > 0), (0, True)), t)
    return {"x": [0, 2, 4, 1], "c": [-1, 1], "∂x": [0, 0.5, 0.25, 1]}


def masked_scores(net: Network) -> Data:
    N, M = net.dims("N M")
    n, m = net.indices(n=N, m=M)
    x, c, u = net.parameter("x", (N, M)), net.input("c", (N, M)), net.tensor("u")
    u[n, m] = log(x[n, m])
    net.loss = Sum(LogSumExp(Piecewise((u[n, m], c[n, m] > 0), (-oo, True)), m), n)
    return {"x": [[0, 2], [1, 3]], "c": [[-1, 1], [1, 1]], "∂x": [[0, 0.5], [0.25, 0.25]]}


def factors(net: Network) -> Data:
    N, M = net.dims("N M")
    n, m = net.indices(n=N, m=M)
    x, c, u = net.parameter("x", (N, M)), net.input("c", (N, M)), net.tensor("u")
    u[n, m] = sqrt(x[n, m])
    net.loss = Sum(Product(Piecewise((u[n, m], c[n, m] > 0), (1, True)), m), n)
    return {"x": [[0, 4], [1, 9]], "c": [[-1, 1], [1, 1]], "∂x": [[0, 0.25], [1.5, 1 / 6]]}


def weights_of_a_row_that_is_not_read(net: Network) -> Data:
    N, M = net.dims("N M")
    n, m = net.indices(n=N, m=M)
    x, w = net.parameter("x", (N,)), net.parameter("w", (M,))
    u, z = net.tensors("u z")
    u[n] = 1 / x[n]
    z[n, m] = w[m] * u[n]
    net.loss = Sum(Piecewise((tanh(z[n, m]), x[n] > 0), (0, True)), n, m)
    slope = (1 - np.tanh(0.5) ** 2) / 2
    return {"x": [0, 2], "w": [1, -1], "∂w": [slope, slope], "∂x": [0, 0]}


def layer_over_logarithms(net: Network) -> Data:
    """A row of features is infinite where none of the units that read it is read."""
    N, M, D = net.dims("N M D")
    n, m, d = net.indices(n=N, m=M, d=D)
    x, W, c = net.parameter("x", (N, D)), net.parameter("W", (M, D)), net.input("c", (N, M))
    u, z = net.tensors("u z")
    u[n, d] = log(x[n, d])
    z[n, m] = Sum(W[m, d] * u[n, d], d)
    net.loss = Sum(Piecewise((z[n, m], c[n, m] > 0), (0, True)), n, m)
    return {
        "x": [[0, 2], [1, 4]], "W": [[1, 1], [1, 1]], "c": [[-1, -1], [1, -1]],
        "∂x": [[0, 0], [1, 0.25]], "∂W": [[0, np.log(4)], [0, 0]],
    }  # fmt: skip


def cube_roots(net: Network) -> Data:
    n = net.index("n", net.dim("N"))
    x, t = net.parameter("x", (n.upper + 1,)), net.tensor("t")
    t[n] = x[n] ** Rational(1, 3)
    net.loss = Sum(Piecewise((t[n], x[n] > 0), (0, True)), n)
    return {"x": [0, 8], "∂x": [0, 1 / 12]}


WRITTEN: tuple[Callable[[Network], Data], ...] = (
    columns, sums_under_a_guard, unit_vectors, norm, rows_picked, pairs_below_the_diagonal, shifted, windows,
    masked_scores, factors, weights_of_a_row_that_is_not_read, layer_over_logarithms, cube_roots,
)  # fmt: skip


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("write", WRITTEN, ids=lambda write: write.__name__)
def test_the_branch_taken(write, dtype):
    net = Network("axes")
    data = write(net)
    module = load(net)
    given = {n: v if isinstance(v, np.ndarray) else np.array(v, dtype) for n, v in data.items() if n[0] != "∂"}
    params = {name: given.pop(name) for name in module.PARAMETERS}
    with np.errstate(all="ignore"):
        loss, gradients = module.value_and_grad(params, **given)
    assert np.isfinite(loss)
    for name, array in gradients.items():
        np.testing.assert_allclose(array, data[f"∂{name}"], rtol=1e-5, atol=1e-6, err_msg=name)

"""Scores read beside the row that their log-sum-exp is of: values against NumPy, gradients by verify."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sympy import exp

from symbackprop import LogSumExp, Network, Sum, load, verify

X = np.array([[1.0, 2.0, 3.0, 0.5], [4.0, 5.0, 9.0, 2.0]])


def logsumexp(rows: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return np.log(np.exp(rows).sum(axis=-1, keepdims=True))


def behind_the_row(x: Any, n: Any, k: Any, K: Any) -> Any:
    return exp(x[n, K - 1] - LogSumExp(x[n, k], k)) / (K - 1), np.exp(X[:, 3:] - logsumexp(X[:, :3])) / 3


def one_further(x: Any, n: Any, k: Any, K: Any) -> Any:
    return exp(x[n, k + 1] - LogSumExp(x[n, k], k)), np.exp(X[:, 1:] - logsumexp(X[:, :3]))


def of_the_row(x: Any, n: Any, k: Any, K: Any) -> Any:
    return exp(x[n, k] - LogSumExp(x[n, k], k)), np.exp(X[:, :3] - logsumexp(X[:, :3]))


def the_same_all_along(x: Any, n: Any, k: Any, K: Any) -> Any:
    return exp(x[n, K - 1] - LogSumExp(x[n, K - 1], k)) * x[n, k], X[:, :3] / 3


def quotient(x: Any, n: Any, k: Any, K: Any) -> Any:
    return exp(x[n, k + 1]) / Sum(exp(x[n, k]), k), np.exp(X[:, 1:] - logsumexp(X[:, :3]))


@pytest.mark.parametrize("case", [behind_the_row, one_further, of_the_row, the_same_all_along, quotient])
def test_scores_beside_the_row(case: Callable[..., Any]) -> None:
    net = Network("rows")
    N, K = net.dims("N K")
    n, k = net.index("n", N), net.index("k", (0, K - 2))
    x = net.parameter("x", (N, K))
    value, expected = case(x, n, k, K)
    net.loss = Sum(value, n, k)
    loss, _ = load(net).value_and_grad({"x": X})
    assert loss == pytest.approx(np.broadcast_to(expected, (2, 3)).sum(), rel=1e-12)
    assert verify(net).passed

"""Reductions within limits, in equations: their values are those of NumPy's sums over the same positions."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from sympy import Symbol

from symbackprop import LogSumExp, Mean, Network, Product, ReduceMax, Sum, errors, verify
from symbackprop.interpret import Interpreter

SIZES = {"N": 5, "K": 3}


def network(value: Callable) -> Network:
    """r[t] of `value`, for t over 0..N-1."""
    net = Network("limits")
    N, K = net.dims("N K")
    t, s, k = net.indices(t=N, s=N, k=K)
    x, w, r = net.parameter("x", (N,)), net.parameter("w", (K,)), net.tensor("r")
    r[t] = value(x, w, t, s, k, N, K)
    net.loss = Sum(r[t] ** 2, t) + Sum(x[t] ** 2, t) + Sum(w[k], k)
    return net


def values(net: Network) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    data = {"x": rng.normal(size=SIZES["N"]), "w": rng.normal(size=SIZES["K"])}
    return data["x"], data["w"], Interpreter(net.to_program(), SIZES, data).array("r").astype(float)


CASES: dict[str, tuple[Callable, Callable]] = {
    "all": (lambda x, w, t, s, k, N, K: Sum(x[s], (s, 0, N - 1)), lambda x, w, t: x.sum()),
    "from one": (lambda x, w, t, s, k, N, K: Sum(x[s], (s, 1, N - 1)), lambda x, w, t: x[1:].sum()),
    "numbers": (lambda x, w, t, s, k, N, K: Sum(w[0] * s, (s, 2, 4)), lambda x, w, t: w[0] * (2 + 3 + 4)),
    "empty": (lambda x, w, t, s, k, N, K: x[t] + Sum(x[s], (s, N, N - 1)), lambda x, w, t: x[t]),
    "up to an index": (
        lambda x, w, t, s, k, N, K: Sum(x[s] * x[t], (s, 0, t)), lambda x, w, t: x[: t + 1].sum() * x[t],
    ),
    "from an index": (lambda x, w, t, s, k, N, K: Sum(x[s], (s, t, N - 1)), lambda x, w, t: x[t:].sum()),
    "below an index": (lambda x, w, t, s, k, N, K: Sum(x[s], (s, 0, t - 1)), lambda x, w, t: x[:t].sum()),
    "product": (lambda x, w, t, s, k, N, K: Product(x[s], (s, 0, t)), lambda x, w, t: x[: t + 1].prod()),
    "maximum": (lambda x, w, t, s, k, N, K: ReduceMax(x[s], (s, 1, N - 1)), lambda x, w, t: x[1:].max()),
    "logsumexp": (
        lambda x, w, t, s, k, N, K: LogSumExp(x[s], (s, 1, N - 1)), lambda x, w, t: np.log(np.exp(x[1:]).sum()),
    ),
    "mean": (lambda x, w, t, s, k, N, K: Mean(x[s], (s, 1, N - 1)), lambda x, w, t: x[1:].mean()),
    "two": (
        lambda x, w, t, s, k, N, K: Sum(x[s] * w[k], (s, 1, N - 1), (k, 0, 0)), lambda x, w, t: x[1:].sum() * w[0],
    ),
    "one of two": (
        lambda x, w, t, s, k, N, K: Sum(x[s] * w[k], k, (s, 1, N - 1)), lambda x, w, t: x[1:].sum() * w.sum(),
    ),
    "a symbol": (
        lambda x, w, t, s, k, N, K: Sum(x[Symbol("q")], (Symbol("q"), 1, N - 1)), lambda x, w, t: x[1:].sum(),
    ),
    "shadowing": (
        lambda x, w, t, s, k, N, K: x[t] * Sum(x[t], (t, 1, N - 1)), lambda x, w, t: x[t] * x[1:].sum(),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_values(case: str) -> None:
    written, expected = CASES[case]
    x, w, found = values(network(written))
    np.testing.assert_allclose(found, [expected(x, w, t) for t in range(SIZES["N"])], rtol=1e-12, atol=1e-12)


def test_gradients_within_limits() -> None:
    assert verify(network(CASES["up to an index"][0]), dims=SIZES).passed


def test_limits_of_its_own_range_are_the_index_alone() -> None:
    net = Network("own")
    N = net.dim("N")
    n, t = net.index("n", N), net.index("t", (1, N))
    x = net.parameter("x", (N + 1,))
    assert Sum(x[n], (n, 0, N - 1)) == Sum(x[n], n)
    assert Sum(x[t], (t, 1, N)) == Sum(x[t], t)
    assert str(Sum(x[t], (t, 1, N - 1))) == "Sum(x[t], (t, 1, N - 1))"
    assert Sum(x[t], (t, 1, N - 1)).free_symbols >= {x, N}
    assert t not in Sum(x[t], (t, 1, N - 1)).free_symbols


REFUSED: dict[str, tuple[Callable, type[Exception], str]] = {
    "downwards": (lambda x, w, t, s, k, N, K: Sum(x[s], (s, N - 1, 0)), errors.InvalidReduction, "write (s, 0, N - 1)"),
    "numbers downwards": (lambda x, w, t, s, k, N, K: Sum(x[0], (s, 4, 2)), errors.InvalidReduction, "write (s, 2, 4)"),
    "beyond the tensor": (lambda x, w, t, s, k, N, K: Sum(x[s], (s, 0, N)), errors.OutOfRange, "axis 0 runs over"),
    "beyond the index": (lambda x, w, t, s, k, N, K: Sum(x[0], (s, 0, t + 1)), errors.InvalidReduction, "own range"),
    "of itself": (lambda x, w, t, s, k, N, K: Sum(x[s], (s, 0, s)), errors.InvalidReduction, "own range"),
    "a mean up to an index": (lambda x, w, t, s, k, N, K: Mean(x[s], (s, 0, t)), errors.InvalidReduction, "sums and"),
    "halves": (lambda x, w, t, s, k, N, K: Sum(x[s], (s, 0, N / 2)), errors.InvalidReduction, "integers or sizes"),
    "over a size": (lambda x, w, t, s, k, N, K: Sum(x[0], (N, 0, 3)), errors.InvalidReduction, "the size N"),
    "two parts": (lambda x, w, t, s, k, N, K: Sum(x[s], (s, 0)), errors.InvalidReduction, "or limits (i, low, high)"),
    "one twice": (lambda x, w, t, s, k, N, K: Sum(x[s], s, (s, 0, 2)), errors.InvalidReduction, "s twice"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_refused(case: str) -> None:
    written, error, message = REFUSED[case]
    with pytest.raises(error) as caught:
        network(written)
    assert message in str(caught.value)

"""What operations are called as: divisions by powers of two are products, the others are not."""

from __future__ import annotations

import numpy as np
import pytest

from symbackprop import Network, Sum, generate, load


def halved(by: int) -> Network:
    net = Network("halved")
    N = net.dim("N")
    n, w, y = net.index("n", N), net.parameter("w", (N,)), net.tensor("y")
    y[n] = w[n] / by
    net.loss = Sum(y[n] ** 2, n)
    net.output(y)
    return net


@pytest.mark.parametrize(("by", "product"), [(2, True), (8, True), (1024, True), (3, False), (6, False), (2048, False)])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_division_by_a_power_of_two_is_a_product(by: int, product: bool, dtype: type) -> None:
    assert ("np.divide(w" not in generate(halved(by))) is product
    w = np.array([1, 3, -0.0, np.inf, -np.inf, np.nan, 1e-7, *np.random.default_rng(0).normal(size=99)]).astype(dtype)
    np.testing.assert_array_equal(load(halved(by)).predict({"w": w}), w / dtype(by))

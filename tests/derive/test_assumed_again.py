"""What is assumed of a tensor is not used before it is differentiated by once more."""

from __future__ import annotations

import numpy as np
from sympy import Eq

from symbackprop import Network, Sum, derive, hessian_vector_product, load, verify


def sphere() -> Network:
    net = Network("sphere")
    N, D = net.dims("N D")
    n, d = net.indices(n=N, d=D)
    v, w = net.parameter("v", (N, D)), net.input("w", (N, D))
    net.assume(Eq(Sum(v[n, d] ** 2, d), 1))
    net.assume(Eq(Sum(w[n, d], d), 1))
    net.loss = Sum(Sum(v[n, d] ** 2, d) ** 2, n) / 4 + Sum(w[n, d], n, d) * Sum(v[n, d], n, d)
    return net


def test_the_first_derivative_uses_it_and_the_second_does_not() -> None:
    net = sphere()
    (gradient,) = derive(net).gradient("v")
    assert "Sum" not in str(gradient.rhs)  # ∂L/∂v = v·Σv² + Σw: v + N
    rng = np.random.default_rng(0)
    v, direction = rng.normal(size=(2, 3)), rng.normal(size=(2, 3))
    v /= np.linalg.norm(v, axis=1, keepdims=True)
    w = np.full((2, 3), 1 / 3)
    second = hessian_vector_product(net)
    _, grads = load(second).value_and_grad({"v": v}, w, direction)
    expected = direction + 2 * v * (v * direction).sum(1, keepdims=True)  # (Σv²)·u + 2 v (v·u)
    np.testing.assert_allclose(grads["v"], expected, rtol=1e-13)
    assert verify(net).passed
    assert verify(second).passed

"""Derivatives of the activations at their kinks and far out are PyTorch's: from the derived program, interpreted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sympy import Abs, Max, Min

from symbackprop import Network, Sum
from symbackprop import functions as f
from symbackprop.derive.differentiate import differentiate
from symbackprop.interpret.interpreter import Interpreter


def slopes(function: Callable[[Any], Any], points: list[float]) -> list[float]:
    """function'(x) at each of the points."""
    net = Network("slopes")
    (N,) = net.dims("N")
    n = net.index("n", N)
    x, y = net.parameter("x", (N,)), net.tensor("y")
    y[n] = function(x[n])
    net.loss = Sum(y[n], n)
    derived = differentiate(net.to_program(), ("x",))
    sizes, values = {"N": len(points)}, {"x": np.array(points)}
    forward = Interpreter(derived.forward, sizes, values)
    backward = Interpreter(derived.backward, sizes, values, outer=forward)
    return list(backward.array(derived.backward.wrt[0][1]))


FAR = 1e4


@pytest.mark.parametrize(
    ("name", "function", "expected"),
    [
        ("relu", f.relu, {-FAR: 0, -1: 0, 0: 0, 1: 1, FAR: 1}),
        ("leaky_relu", f.leaky_relu, {-FAR: 0.01, 0: 0.01, 1: 1, FAR: 1}),
        ("elu", f.elu, {-FAR: 0, 0: 1, 1: 1, FAR: 1}),
        ("elu with alpha", lambda x: f.elu(x, alpha=3), {-FAR: 0, 0: 3, 1: 1, FAR: 1}),
        ("selu", f.selu, {-FAR: 0, 0: 1.0507009873554805 * 1.6732632423543772, FAR: 1.0507009873554805}),
        ("hardtanh", f.hardtanh, {-FAR: 0, -1: 0, 0: 1, 1: 0, FAR: 0}),
        ("hardtanh between", lambda x: f.hardtanh(x, -2, 0.5), {-2: 0, -1.9: 1, 0.5: 0}),
        ("hardsigmoid", f.hardsigmoid, {-FAR: 0, -3: 0, 0: 1 / 6, 3: 0, FAR: 0}),
        ("hardswish", f.hardswish, {-FAR: 0, -3: 0, 0: 0.5, 1: 0.5 + 1 / 3, 3: 1, FAR: 1}),
        ("sigmoid", f.sigmoid, {-FAR: 0, 0: 0.25, FAR: 0}),
        ("log_sigmoid", f.log_sigmoid, {-FAR: 1, 0: 0.5, FAR: 0}),
        ("softplus", f.softplus, {-FAR: 0, 0: 0.5, FAR: 1}),
        ("softplus with beta", lambda x: f.softplus(x, beta=2), {-FAR: 0, 0: 0.5, FAR: 1}),
        ("silu", f.silu, {-FAR: 0, 0: 0.5, FAR: 1}),
        ("gelu", f.gelu, {-FAR: 0, 0: 0.5, FAR: 1}),
        ("gelu tanh", lambda x: f.gelu(x, approximate="tanh"), {-FAR: 0, 0: 0.5, FAR: 1}),
        ("mish", f.mish, {-FAR: 0, 0: np.tanh(np.log(2)), FAR: 1}),
        ("softsign", f.softsign, {-1: 0.25, 0: 1, 1: 0.25}),
        ("stop_gradient", f.stop_gradient, {-1: 0, 0: 0, 1: 0}),
        ("absolute value", Abs, {-2: -1, 0: 0, 2: 1}),
        ("largest", lambda x: Max(x, 0), {-1: 0, 0: 0.5, 1: 1}),
        ("smallest", lambda x: Min(x, 2, 3), {1: 1, 2: 0.5, 4: 0}),
    ],
)
def test_slope(name: str, function: Callable[[Any], Any], expected: dict[float, float]) -> None:
    found = slopes(function, list(expected))
    np.testing.assert_allclose(found, list(expected.values()), rtol=1e-12, atol=1e-15)

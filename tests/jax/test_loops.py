"""Recurrences are scans, compiled once whatever their length; conditions on their variables are decided in them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sympy import Piecewise, tanh

import symbackprop
from symbackprop import Network, Sum
from symbackprop.pipeline import generate, load
from symbackprop.sources import program_of
from symbackprop.verify.evaluators import ModuleEvaluator


def recurrence() -> Network:
    """Two terms back, a range that grows with the step, and a choice by the step."""
    net = Network("steps")
    T, H = net.dims("T H")
    t, i, j = net.index("t", (2, T)), net.index("i", H), net.index("j", H)
    x, W, h = net.input("x", (T + 1, H)), net.parameter("W", (H, H)), net.tensor("h")
    h[0, i] = x[0, i]
    h[1, i] = x[1, i]
    h[t, i] = tanh(Sum(W[i, j] * h[t - 1, j], j) + Piecewise((h[t - 2, i] * x[t, i], t >= 4), (x[t, i] ** 2, True)))
    net.loss = Sum(h[T, i] ** 2, i)
    return net


def test_one_scan_each_way() -> None:
    text = generate(recurrence(), backend="jax")
    assert text.count("jax.lax.scan(") == 2
    assert text.count("reverse=True") == 1


@pytest.mark.parametrize("steps", [2, 3, 4, 7, 30])
def test_values_at_every_length(steps: int) -> None:
    jax = pytest.importorskip("jax")
    net = recurrence()
    program, sizes = program_of(net), {"T": steps, "H": 3}
    rng = np.random.default_rng(steps)
    data = {"x": rng.normal(size=(steps + 1, 3)), "W": rng.normal(size=(3, 3))}
    with jax.enable_x64(True):
        found = ModuleEvaluator(load(net, backend="jax"), program, sizes).values(data)
    expected = ModuleEvaluator(load(net), program, sizes).values(data)
    for key, value in found.items():
        np.testing.assert_allclose(value, expected[key], rtol=1e-12, atol=1e-14)


def test_the_step_is_compiled_once() -> None:
    """The program that XLA is given is as long for 40 steps as for 5."""
    jax = pytest.importorskip("jax")
    module = symbackprop.load(recurrence(), backend="jax")

    def length(steps: int) -> int:
        params: dict[str, Any] = {"W": np.zeros((3, 3), np.float32)}
        step = jax.jit(module.value_and_grad, static_argnames="T")
        text = step.lower(params, np.zeros((steps + 1, 3), np.float32), T=steps).as_text()
        return len(text.splitlines())

    assert length(40) == length(5)

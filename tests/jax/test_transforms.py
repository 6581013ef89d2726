"""Modules under JAX's transformations: meshes of devices, batches of parameters, gradients that there are none of."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

import symbackprop
from symbackprop import Network, Sum, zoo
from tests.processes import PATIENCE, ending

jax = pytest.importorskip("jax")


def test_a_batch_on_four_and_eight_devices() -> None:
    names = "mlp softmax_regression layer_norm_mlp transformer_block lstm_classifier gru_seq2seq".split()
    env = os.environ | {"XLA_FLAGS": "--xla_force_host_platform_device_count=8"}
    command = [sys.executable, "-m", "tests.jax.on_devices", *names]
    process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    with ending(process):
        said, errors = process.communicate(timeout=PATIENCE)
    assert said.strip() == "equal", errors[-2000:]


def test_a_batch_of_parameters() -> None:
    module = symbackprop.load(zoo.load("mlp"), backend="jax")
    sizes = {"D": 5, "H": 4, "C": 3}
    rng = np.random.default_rng(0)
    with jax.enable_x64(True):
        params = [module.init_params(seed, dtype="float64", **sizes) for seed in range(3)]
        x, y = rng.normal(size=(7, 5)), np.eye(3)[rng.integers(0, 3, 7)]
        stacked = jax.tree.map(lambda *each: jax.numpy.stack(each), *params)
        losses, gradients = jax.vmap(lambda p: module.value_and_grad(p, x, y))(stacked)
        derived = jax.vmap(jax.grad(lambda p: module.loss(p, x, y)))(stacked)
        for place, one in enumerate(params):
            loss, expected = module.value_and_grad(one, x, y)
            np.testing.assert_allclose(losses[place], loss, rtol=1e-13)
            for name, gradient in expected.items():
                np.testing.assert_allclose(gradients[name][place], gradient, rtol=1e-12, atol=1e-15)
                np.testing.assert_allclose(derived[name][place], gradient, rtol=1e-12, atol=1e-15)


def constants() -> Any:
    """A network with a buffer and noise."""
    net = Network("constants")
    N, D = net.dims("N D")
    n, i = net.indices(n=N, i=D)
    x, w = net.input("x", (N, D)), net.parameter("w", (D,))
    running, noise = net.buffer("running", (D,), init="zeros"), net.random("noise", (N, D), "normal")
    net.update(running[i], running[i] / 2 + Sum(x[n, i], n))
    net.loss = Sum((w[i] * x[n, i] - running[i] + noise[n, i]) ** 2, n, i)
    return symbackprop.load(net, backend="jax")


@pytest.mark.parametrize("name", ["running", "noise"])
def test_no_gradient_by_buffers_and_noise(name: str) -> None:
    module = constants()
    given = {"running": np.ones(3, np.float32), "noise": np.ones((2, 3), np.float32)}
    params, x = {"w": np.ones(3, np.float32)}, np.ones((2, 3), np.float32)

    def loss(array: Any) -> Any:
        held = given | {name: array}
        return module.loss(params, x, buffers={"running": held["running"]}, noise=held["noise"])

    with pytest.raises(TypeError, match=rf"^{name}: expected one of .* to differentiate by, found {name}, a constant"):
        jax.grad(loss)(given[name])
    assert np.isfinite(loss(given[name]))

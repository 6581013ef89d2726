"""The six workloads in JAX, compiled by `jit`."""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from benchmarks.step import Arrays, Step
from benchmarks.workloads import forward


def convolution(x: Any, K: Any, b: Any) -> Any:
    z = lax.conv_general_dilated(x, K, (1, 1), "VALID", dimension_numbers=("NCHW", "OIHW", "NCHW"))
    return z + b[:, None, None]


def pool(x: Any) -> Any:
    return lax.reduce_window(x, -jnp.inf, lax.max, (1, 1, 2, 2), (1, 1, 2, 2), "VALID")


def lstm(p: Any, d: Any) -> Any:
    H = p["Wh"].shape[0]
    start = jnp.zeros((d["x"].shape[1], H), d["x"].dtype)

    def cell(state: Any, z: Any) -> Any:
        h, c = state
        z = z + h @ p["Wh"]
        gates = jax.nn.sigmoid(z[:, : 3 * H])
        c = gates[:, H : 2 * H] * c + gates[:, :H] * jnp.tanh(z[:, 3 * H :])
        return (gates[:, 2 * H :] * jnp.tanh(c), c), None

    (h, _), _ = lax.scan(cell, (start, start), d["x"] @ p["Wx"] + p["b"])
    return forward.cross_entropy(jnp, h @ p["Wo"] + p["bo"], d["label"])


LOSSES = {
    "mlp-small": partial(forward.mlp, jnp, jnp.tanh),
    "mlp-large": partial(forward.mlp, jnp, jax.nn.relu),
    "cnn": partial(forward.cnn, jnp, convolution, pool),
    "lstm": lstm,
    "gpt-block": partial(forward.gpt, jnp),
    "tiny": partial(forward.tiny, jnp),
}


def build(case: str, params: Arrays, data: Arrays) -> Step:
    if params[next(iter(params))].dtype == "float64":
        jax.config.update("jax_enable_x64", True)
    weights = {name: jnp.asarray(value) for name, value in params.items()}
    arrays = {name: jnp.asarray(value) for name, value in data.items()}
    step = jax.jit(jax.value_and_grad(LOSSES[case]))
    return Step(lambda: jax.block_until_ready(step(weights, arrays)), lambda result: {"loss": result[0], **result[1]})

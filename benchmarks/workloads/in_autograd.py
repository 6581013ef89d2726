"""The six workloads in HIPS autograd, which traces NumPy."""

from __future__ import annotations

from functools import partial
from typing import Any

import autograd.numpy as np
from autograd import value_and_grad

from benchmarks.step import Arrays, Step
from benchmarks.workloads import forward


def relu(x: Any) -> Any:
    return np.maximum(x, 0)


def convolution(x: Any, K: Any, b: Any) -> Any:
    """A product with the shifted images, one above another."""
    F, C, size, _ = K.shape
    N, _, H, W = x.shape
    V, U = H - size + 1, W - size + 1
    shifted = [x[:, :, i : i + V, j : j + U] for i in range(size) for j in range(size)]
    columns = np.reshape(np.transpose(np.stack(shifted, 2), (1, 2, 0, 3, 4)), (C * size * size, -1))
    z = np.dot(np.reshape(K, (F, -1)), columns) + np.reshape(b, (-1, 1))
    return np.transpose(np.reshape(z, (F, N, V, U)), (1, 0, 2, 3))


def pool(x: Any) -> Any:
    rows = np.maximum(x[:, :, ::2], x[:, :, 1::2])
    return np.maximum(rows[..., ::2], rows[..., 1::2])


def lstm(p: Any, d: Any) -> Any:
    H = p["Wh"].shape[0]
    h = c = np.zeros((d["x"].shape[1], H), d["x"].dtype)
    for row in d["x"]:
        z = np.dot(row, p["Wx"]) + np.dot(h, p["Wh"]) + p["b"]
        gates = 0.5 * (np.tanh(0.5 * z[:, : 3 * H]) + 1)
        c = gates[:, H : 2 * H] * c + gates[:, :H] * np.tanh(z[:, 3 * H :])
        h = gates[:, 2 * H :] * np.tanh(c)
    return forward.cross_entropy(np, np.dot(h, p["Wo"]) + p["bo"], d["label"])


LOSSES = {
    "mlp-small": partial(forward.mlp, np, np.tanh),
    "mlp-large": partial(forward.mlp, np, relu),
    "cnn": partial(forward.cnn, np, convolution, pool),
    "lstm": lstm,
    "gpt-block": partial(forward.gpt, np),
    "tiny": partial(forward.tiny, np),
}


def build(case: str, params: Arrays, data: Arrays) -> Step:
    step = value_and_grad(LOSSES[case])
    return Step(lambda: step(params, data), lambda result: {"loss": result[0], **result[1]})

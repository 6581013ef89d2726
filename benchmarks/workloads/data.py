"""Parameters and data of the six workloads, in the layout that all contenders' gradients are compared in.

Weights are (in, out); images (N, C, H, W) with kernels (out, in, rows, columns); sequences time first, gates side by
side in the order input, forget, output, candidate; queries, keys and values side by side, each (head, size).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from benchmarks.step import Arrays

GPT = {"N": 8, "T": 64, "V": 256, "D": 128, "A": 4, "L": 2}
LSTM = {"T": 50, "N": 32, "D": 64, "H": 128, "C": 10}


class _Draw:
    """Named arrays, drawn one after another."""

    def __init__(self) -> None:
        self.rng, self.arrays = np.random.default_rng(0), Arrays()

    def normal(self, name: str, *shape: int, scale: float = 1.0, mean: float = 0.0) -> None:
        self.arrays[name] = mean + scale * self.rng.standard_normal(shape)

    def dense(self, weight: str, bias: str, size: int, units: int) -> None:
        self.normal(weight, size, units, scale=size**-0.5)
        self.normal(bias, units, scale=0.1)

    def integers(self, name: str, high: int, *shape: int) -> None:
        self.arrays[name] = self.rng.integers(0, high, shape)


def _mlp(batch: int, sizes: tuple[int, ...]) -> tuple[Arrays, Arrays]:
    params, data = _Draw(), _Draw()
    for layer in (1, 2, 3):
        params.dense(f"W{layer}", f"b{layer}", sizes[layer - 1], sizes[layer])
    data.normal("x", batch, sizes[0])
    data.integers("label", sizes[-1], batch)
    return params.arrays, data.arrays


def _cnn() -> tuple[Arrays, Arrays]:
    params, data = _Draw(), _Draw()
    params.normal("K1", 16, 1, 5, 5, scale=1 / 5)
    params.normal("c1", 16, scale=0.1)
    params.normal("K2", 32, 16, 5, 5, scale=1 / 20)
    params.normal("c2", 32, scale=0.1)
    params.dense("W1", "b1", 512, 128)
    params.dense("W2", "b2", 128, 10)
    data.normal("x", 64, 1, 28, 28)
    data.integers("label", 10, 64)
    return params.arrays, data.arrays


def _lstm() -> tuple[Arrays, Arrays]:
    T, N, D, H, C = LSTM.values()
    params, data = _Draw(), _Draw()
    params.normal("Wx", D, 4 * H, scale=D**-0.5)
    params.dense("Wh", "b", H, 4 * H)
    params.dense("Wo", "bo", H, C)
    data.normal("x", T, N, D)
    data.integers("label", C, N)
    return params.arrays, data.arrays


def _gpt() -> tuple[Arrays, Arrays]:
    N, T, V, D, _, L = GPT.values()
    params, data = _Draw(), _Draw()
    params.normal("E", V, D, scale=0.5)
    params.normal("P", T, D, scale=0.1)

    def norm(layer: str) -> None:
        params.normal(f"gain{layer}", D, scale=0.1, mean=1)
        params.normal(f"shift{layer}", D, scale=0.1)

    for layer in range(L):
        norm(f"{layer}a")
        params.dense(f"Wqkv{layer}", f"bqkv{layer}", D, 3 * D)
        params.dense(f"Wo{layer}", f"bo{layer}", D, D)
        norm(f"{layer}b")
        params.dense(f"W1_{layer}", f"b1_{layer}", D, 4 * D)
        params.dense(f"W2_{layer}", f"b2_{layer}", 4 * D, D)
    norm("")
    params.normal("head", D, V, scale=D**-0.5)
    data.integers("token", V, N, T)
    data.integers("target", V, N, T)
    return params.arrays, data.arrays


def _tiny() -> tuple[Arrays, Arrays]:
    params, data = _Draw(), _Draw()
    params.dense("W1", "b1", 2, 3)
    params.dense("W2", "b2", 3, 1)
    data.normal("x", 1, 2)
    data.normal("y", 1, 1)
    return params.arrays, data.arrays


_MAKERS: dict[str, Callable[[], tuple[Arrays, Arrays]]] = {
    "mlp-small": lambda: _mlp(32, (64, 128, 128, 10)),
    "mlp-large": lambda: _mlp(256, (784, 1024, 1024, 10)),
    "cnn": _cnn,
    "lstm": _lstm,
    "gpt-block": _gpt,
    "tiny": _tiny,
}
CASES = tuple(_MAKERS)


def make(case: str) -> tuple[Arrays, Arrays]:
    """Parameters and data of a case, in float64, the same at every call."""
    return _MAKERS[case]()

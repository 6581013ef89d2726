"""Typical sizes of the zoo's first networks, and seeded data for them."""

from __future__ import annotations

import numpy as np

from symbackprop.terms.program import DType, Program, TensorKind

SIZES: dict[str, dict[str, int]] = {
    "softmax_regression": {"N": 128, "D": 784, "C": 10},
    "mlp": {"N": 128, "D": 784, "H": 256, "C": 10},
    "deep_mlp": {"N": 128, "D": 784, "H": 128, "L": 8, "C": 10},
    "layer_norm_mlp": {"N": 128, "D": 784, "H": 256, "C": 10},
    "embedding": {"N": 64, "T": 50, "V": 5000, "D": 100, "C": 4},
    "lenet": {"N": 64, "B": 1, "H": 28, "W": 28, "C": 10, "F": 6, "G": 16, "R": 5, "S": 5, "M": 120},
    "rnn": {"T": 50, "N": 32, "D": 64, "H": 128, "C": 20},
    "lstm": {"T": 50, "N": 32, "D": 64, "H": 128, "C": 20},
    "attention": {"N": 8, "T": 128, "D": 128, "A": 4, "K": 32},
    "gmm": {"N": 500, "D": 16, "K": 8},
    "crf": {"N": 32, "T": 30, "D": 64, "K": 12},
}


def inputs(program: Program, sizes: dict[str, int], rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Normal floats, integers within their bounds; rows of probabilities where the network assumes them."""
    out: dict[str, np.ndarray] = {}
    for tensor in program.of_kind(TensorKind.INPUT):
        shape = [extent.evaluate(lambda dim: sizes[dim.name]) for extent in tensor.shape]
        if tensor.dtype is DType.INT:
            assert tensor.high is not None
            out[tensor.name] = rng.integers(0, tensor.high.evaluate(lambda dim: sizes[dim.name]), shape)
            continue
        value = rng.normal(size=shape)
        if any(tensor.name in assumption.condition.tensors for assumption in program.assumptions):
            value = np.exp(value) / np.exp(value).sum(-1, keepdims=True)
        out[tensor.name] = value.astype(np.float32)
    return out

"""Typical sizes of the zoo's networks, of which a step takes about 1 to 50 ms, and seeded parameters and data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod
from typing import Any

import numpy as np

from benchmarks.step import Arrays
from symbackprop.language.initial import UNIT
from symbackprop.terms.program import DType, Initializer, Program, Tensor, TensorKind

STANDARD_NORMAL = Initializer("normal", UNIT)

SIZES: dict[str, dict[str, int]] = {
    "attention": {"N": 8, "T": 128, "D": 128, "A": 4, "K": 32},
    "autoencoder": {"N": 128, "D": 784, "H": 256, "K": 32},
    "bert_mlm": {"N": 8, "T": 64, "M": 10, "V": 2000, "D": 128, "A": 4},
    "crf": {"N": 32, "T": 30, "D": 64, "K": 12},
    "ctc_speech": {"N": 8, "T": 60, "D": 40, "F": 64, "H": 64, "C": 28, "U": 10},
    "deep_mlp": {"N": 128, "D": 784, "H": 128, "L": 8, "C": 10},
    "embedding": {"N": 64, "T": 50, "V": 5000, "D": 100, "C": 4},
    "factorization_machine": {"N": 2048, "D": 200, "F": 16},
    "gcn": {"V": 1000, "D": 200, "H": 16, "C": 7, "M": 140},
    "gmm": {"N": 2000, "D": 16, "K": 8},
    "gpt2": {"N": 4, "T": 64, "M": 64, "V": 2000, "D": 128, "A": 4},
    "gru_seq2seq": {"N": 16, "S": 20, "T": 20, "V": 1000, "W": 1000, "D": 64, "H": 64, "J": 64},
    "hmm": {"N": 32, "T": 50, "K": 16, "V": 100},
    "layer_norm_mlp": {"N": 128, "D": 784, "H": 256, "C": 10},
    "lenet": {"N": 64, "B": 1, "H": 28, "W": 28, "C": 10, "F": 6, "G": 16, "R": 5, "S": 5, "M": 120},
    "linear_regression": {"N": 30000, "D": 100},
    "logistic_regression": {"N": 30000, "D": 100},
    "lstm": {"T": 50, "N": 32, "D": 64, "H": 128, "C": 20},
    "lstm_classifier": {"T": 50, "N": 32, "V": 5000, "D": 64, "H": 64, "C": 4},
    "mamba": {"N": 4, "T": 64, "V": 256, "D": 64, "I": 128, "P": 4, "R": 4, "S": 16},
    "mlp": {"N": 128, "D": 784, "H": 256, "C": 10},
    "moe": {"N": 256, "D": 64, "E": 8, "H": 128, "C": 10},
    "neural_ode": {"N": 64, "D": 16, "H": 64, "S": 20},
    "resnet": {"N": 16, "B": 3, "H": 32, "W": 32, "F": 8, "C": 10},
    "rnn": {"T": 50, "N": 32, "D": 64, "H": 128, "C": 20},
    "siamese": {"N": 128, "D": 784, "H": 256, "K": 64},
    "softmax_regression": {"N": 1024, "D": 784, "C": 10},
    "transformer_block": {"N": 4, "T": 64, "D": 128, "A": 4, "E": 32, "F": 512},
    "unet": {"N": 2, "B": 1, "H": 64, "W": 64, "F": 8, "C": 2},
    "vae": {"N": 128, "D": 784, "H": 400, "K": 20},
    "vit": {"N": 16, "B": 3, "H": 32, "W": 32, "S": 4, "D": 64, "A": 4, "M": 128, "C": 10},
    "wavenet": {"N": 4, "T": 256, "V": 64, "D": 32, "P": 2, "K": 64},
    "word2vec": {"N": 512, "K": 5, "V": 10000, "D": 100},
}

Draw = Callable[[np.random.Generator, tuple[int, ...], dict[str, int]], Any]


def _neighbours(rng: np.random.Generator, shape: tuple[int, ...], sizes: dict[str, int]) -> np.ndarray:
    """A symmetric adjacency with about four neighbours each and an empty diagonal."""
    edge = np.triu(rng.random(shape) < 4 / shape[0], 1)
    return (edge | edge.T).astype(np.int64)


# What is not just any number: data between 0 and 1, lengths, labels that are no blank, one word in fifteen hidden.
SPECIAL: dict[tuple[str, str], Draw] = {
    ("autoencoder", "x"): lambda rng, shape, _: rng.random(shape),
    ("vae", "x"): lambda rng, shape, _: rng.random(shape),
    ("gcn", "edge"): _neighbours,
    ("bert_mlm", "present"): lambda rng, shape, _: (rng.random(shape) < 0.9).astype(np.int64),
    ("bert_mlm", "weight"): lambda rng, shape, _: np.ones(shape),
    ("ctc_speech", "label"): lambda rng, shape, sizes: rng.integers(1, sizes["C"], shape),
    ("ctc_speech", "frames"): lambda rng, shape, sizes: rng.integers(sizes["T"] // 2, sizes["T"] + 1, shape),
    ("ctc_speech", "letters"): lambda rng, shape, sizes: rng.integers(1, sizes["U"] + 1, shape),
    ("mamba", "b_delta1"): lambda rng, shape, _: -4.6 + 0.1 * rng.normal(size=shape),
}


def given(
    name: str, program: Program, rng: np.random.Generator, sizes: Mapping[str, int] | None = None
) -> tuple[Arrays, Arrays]:
    """Parameters and data of a network of the zoo, in float64: normal floats, weights scaled by what they read, rows of
    probabilities where the network assumes them, integers within their bounds. `sizes`: if not the typical ones."""
    sizes = dict(SIZES[name] if sizes is None else sizes)

    def at(extent: Any) -> int:
        return int(extent.evaluate(lambda dim: sizes[dim.name]))

    def drawn(tensor: Tensor) -> np.ndarray:
        shape = tuple(at(extent) for extent in tensor.shape)
        if (special := SPECIAL.get((name, tensor.name))) is not None:
            return np.asarray(special(rng, shape, sizes))
        if tensor.dtype is DType.INT:
            assert tensor.high is not None
            return rng.integers(0, at(tensor.high), shape)
        value = rng.normal(size=shape)
        if tensor.kind is TensorKind.PARAMETER:
            start = tensor.initializer.name if tensor.initializer is not None else ""
            scale = prod(shape[1:] if len(shape) == 4 else shape[-1:]) ** -0.5 if len(shape) > 1 else 0.1
            if tensor.initializer == STANDARD_NORMAL:
                scale = 1.0
            return np.asarray((start == "ones") + scale * value)
        if any(tensor.name in assumption.condition.tensors for assumption in program.assumptions):
            return np.exp(value) / np.exp(value).sum(-1, keepdims=True)
        return value

    params = {tensor.name: drawn(tensor) for tensor in program.of_kind(TensorKind.PARAMETER)}
    kinds = (TensorKind.INPUT, TensorKind.RANDOM)
    return params, {tensor.name: drawn(tensor) for kind in kinds for tensor in program.of_kind(kind)}

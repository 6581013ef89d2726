"""The six workloads in NumPy as an expert writes it, who knows the sizes: what a generator may be held against.

All arrays and views are made once; a step is products of BLAS and ufuncs with `out=`. What is done where:

- small dense layers: features first, so that products have no operand the slow way round (mlp-small, the cnn's head);
- convolutions: images innermost, columns made along one axis only, since consecutive rows of these are already the
  columns of a kernel; a row at a time, so that it stays in the cache; the maximum before bias and relu; the kernels'
  gradient summed transposed;
- lstm: features first; x, h and a row of ones in one buffer, so that a step is one product; sigmoid(z) as
  ½ + ½ tanh(½ z) with the inner ½ in the weights; gradients of weights by blocks of steps;
- gpt: heads as views; scores transposed, so that softmax reduces over an outer axis; gelu and its slope together, in
  blocks of rows; the embedding's gradient by sorted tokens.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from benchmarks.step import Arrays, Step
from benchmarks.workloads.expert.convolution import cnn
from benchmarks.workloads.expert.dense import mlp, tiny
from benchmarks.workloads.expert.gpt import gpt
from benchmarks.workloads.expert.lstm import lstm
from benchmarks.workloads.expert.parts import Run

BUILDERS: dict[str, Callable[[Arrays, Arrays, Arrays], Run]] = {
    "mlp-small": lambda p, d, g: mlp(p, d, g, relu=False, order="F"),
    "mlp-large": lambda p, d, g: mlp(p, d, g, relu=True, order="C"),
    "cnn": cnn,
    "lstm": lstm,
    "gpt-block": gpt,
    "tiny": tiny,
}


def build(case: str, params: Arrays, data: Arrays) -> Step:
    grads = {name: np.zeros_like(value) for name, value in params.items()}
    run = BUILDERS[case](params, data, grads)
    return Step(lambda: (run(), grads), lambda result: {"loss": result[0], **result[1]})

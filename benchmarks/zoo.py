"""Every network of the zoo at typical sizes (`typical.py`), beside its twin in PyTorch eager (`twins.py`)."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np

from benchmarks import step
from benchmarks.step import Arrays, Step, Suite
from benchmarks.typical import SIZES, given
from symbackprop import load, zoo

SEED = 1  # one with which no two largest of a maximum are closer than float32 tells apart


def make(case: str) -> tuple[Arrays, Arrays]:
    return given(case, zoo.load(case).to_program(), np.random.default_rng(SEED))


def build_c(case: str, params: Arrays, data: Arrays) -> Step:
    """The module over C."""
    return build(case, params, data, "c")


def build(case: str, params: Arrays, data: Arrays, backend: str = "numpy") -> Step:
    """The generated module; sizes that its arrays do not tell are given, and buffers as they start."""
    module, more = load(zoo.load(case), backend=backend), dict[str, Any](SIZES[case])
    if hasattr(module, "init_buffers"):
        wanted = inspect.signature(module.init_buffers).parameters
        dims = {dim: size for dim, size in SIZES[case].items() if dim in wanted}
        more["buffers"] = step.cast(module.init_buffers(**dims), params[next(iter(params))].dtype.name)
    return step.generated(module, params, data | more)


def build_twin(case: str, params: Arrays, data: Arrays) -> Step:
    """PyTorch eager. Imported here: nothing else of this file needs it."""
    import torch

    from benchmarks.twins import TWINS

    weights = {name: torch.from_numpy(value).requires_grad_() for name, value in params.items()}
    tensors = {name: torch.from_numpy(value) for name, value in data.items()}
    leaves, twin = list(weights.values()), TWINS[case]

    def run() -> Any:
        loss = twin(weights, **tensors)
        return loss, torch.autograd.grad(loss, leaves)

    return Step(run, lambda result: {"loss": result[0].detach(), **dict(zip(weights, result[1], strict=True))})


SUITE = Suite(
    cases=tuple(SIZES),
    make=make,
    contenders={
        "generated": "benchmarks.zoo:build",
        "generated-c": "benchmarks.zoo:build_c",
        "pytorch": "benchmarks.zoo:build_twin",
    },
    base="pytorch",
    reference="pytorch",
    tolerance=1e-3,  # of gradients that are nothing but rounding, such as those of the keys' biases in attention
)

"""Time of a training step (loss and all gradients): the generated module against PyTorch eager, in one run.

    python benchmarks/steps.py [NETWORK ...] [--threads 1 2] [--rounds 15]

Both compute the same gradients of the same parameters and batch in float32, which is checked first. Rounds of the
two alternate; the ratio is the median of the rounds' ratios, with their quartiles: below 1 the generated module is
faster. The module reuses its arrays through a Workspace. Each thread count runs in a process of its own.
"""

from __future__ import annotations

import argparse
import inspect
import os
import subprocess
import sys
from collections.abc import Callable
from statistics import median, quantiles
from time import perf_counter

import numpy as np
from typical import SIZES, inputs

ROUND_SECONDS = 0.02
HEADER = f"{'network':20}{'generated':>12}{'PyTorch':>12}{'ratio':>8}{'quartiles':>16}{'difference':>12}"
THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def per_call(function: Callable[[], object], calls: int) -> float:
    start = perf_counter()
    for _ in range(calls):
        function()
    return (perf_counter() - start) / calls


def compare(name: str, rounds: int) -> str:
    import torch
    from twins import TWINS

    from symbackprop import load, zoo

    net, sizes, rng = zoo.load(name), SIZES[name], np.random.default_rng(0)
    module, program = load(net), net.to_program()
    wanted = [dim for dim in sizes if dim in inspect.signature(module.init_params).parameters]
    params = module.init_params(rng, **{dim: sizes[dim] for dim in wanted})
    data = inputs(program, sizes, rng)
    workspace = module.Workspace()
    weights = {key: torch.from_numpy(value.copy()).requires_grad_() for key, value in params.items()}
    tensors = {key: torch.from_numpy(value) for key, value in data.items()}

    def generated() -> dict[str, np.ndarray]:
        return module.value_and_grad(params, **data, workspace=workspace)[1]

    def eager() -> tuple[torch.Tensor, ...]:
        return torch.autograd.grad(TWINS[name](weights, **tensors), list(weights.values()))

    pairs = [(found, expected.numpy()) for found, expected in zip(generated().values(), eager(), strict=True)]
    largest = max(float(np.abs(expected).max()) for _, expected in pairs)  # some are zero but for rounding
    difference = max(
        float(np.abs(found - expected).max()) / max(float(np.abs(expected).max()), 1e-3 * largest)
        for found, expected in pairs
    )
    assert difference < 1e-3, f"{name}: the gradients differ by {difference:.1e} of the largest"
    calls = [max(1, round(ROUND_SECONDS / per_call(step, 3))) for step in (generated, eager)]
    times = [(per_call(generated, calls[0]), per_call(eager, calls[1])) for _ in range(rounds)]
    ratios = [ours / theirs for ours, theirs in times]
    low, _, high = quantiles(ratios, n=4)
    ours, theirs = (median(column) * 1e3 for column in zip(*times, strict=True))
    return f"{name:20}{ours:9.3f} ms{theirs:9.3f} ms{median(ratios):8.2f}{low:8.2f} ..{high:5.2f}{difference:12.0e}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("networks", nargs="*", default=list(SIZES))
    parser.add_argument("--threads", type=int, nargs="*", default=[1, 2])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--here", action="store_true", help="in this process, with the threads of its environment")
    options = parser.parse_args()
    if options.here:
        print(HEADER)
        for name in options.networks:
            print(compare(name, options.rounds), flush=True)
        return
    for threads in options.threads:
        print(f"\n{threads} thread{'s' * (threads > 1)}", flush=True)
        environment = os.environ | dict.fromkeys(THREAD_VARIABLES, str(threads))
        command = [sys.executable, __file__, *options.networks, "--rounds", str(options.rounds), "--here"]
        subprocess.run(command, env=environment, check=True)


if __name__ == "__main__":
    main()

"""Steps of modules in JAX on whatever device JAX finds, beside the same networks written in JAX by hand.

    python -m benchmarks.accelerator                       # the six workloads, float32 and bfloat16
    python -m benchmarks.accelerator gpt-block --rounds 9

A step is `jit(value_and_grad)` of either, at arrays that lie on the device; rounds alternate, and a ratio is the median
of the rounds' ratios. Gradients are compared first, in float32: their largest relative difference is told.
"""

from __future__ import annotations

import argparse
from statistics import median
from time import perf_counter
from typing import Any

from benchmarks.step import Arrays, Step, cast
from benchmarks.workloads import SUITE, generated, in_jax


def main() -> None:
    import jax

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", default=list(SUITE.cases))
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=0.2)
    options = parser.parse_args()
    device = jax.devices()[0]
    print(f"{device.device_kind} ({device.platform}), JAX {jax.__version__}\n")
    print("| case | dtype | generated | by hand | ratio | difference |\n|---|---|---:|---:|---:|---:|")
    for case in options.cases:
        params, data = SUITE.make(case)
        for dtype in ("float32", "bfloat16"):
            print(
                row(case, dtype, typed(params, dtype), typed(data, dtype), options.rounds, options.seconds), flush=True
            )


def typed(arrays: Arrays, dtype: str) -> Arrays:
    if dtype == "float32":
        return cast(arrays, dtype)
    import jax

    return {
        name: jax.numpy.asarray(value, dtype) if getattr(value, "dtype", None) is not None and value.dtype.kind == "f"
        else value for name, value in arrays.items()
    }  # fmt: skip


def row(case: str, dtype: str, params: Any, data: Any, rounds: int, seconds: float) -> str:
    ours, theirs = generated.build_jax(case, params, data), in_jax.build(case, params, data)
    difference = compared(ours, theirs)
    times = [(per_step(ours, seconds), per_step(theirs, seconds)) for _ in range(rounds)]
    mine, hand = (1e6 * median(column) for column in zip(*times, strict=True))
    ratio = median(a / b for a, b in times)
    return f"| {case} | {dtype} | {mine:.0f} µs | {hand:.0f} µs | {ratio:.2f} | {difference:.0e} |"


def compared(ours: Step, theirs: Step) -> float:
    """The largest difference of two gradients by the same tensor, relative to its largest entry."""
    import numpy as np

    assert ours.read is not None
    assert theirs.read is not None
    found, expected = ours.read(ours.run()), theirs.read(theirs.run())
    worst = 0.0
    for name, value in expected.items():
        a, b = np.asarray(found[name], "float64"), np.asarray(value, "float64")
        worst = max(worst, float(np.abs(a - b).max() / (np.abs(b).max() or 1)))
    return worst


def per_step(step: Step, seconds: float) -> float:
    step.run()
    count, start = 0, perf_counter()
    while perf_counter() < start + seconds:
        step.run()
        count += 1
    return (perf_counter() - start) / count


if __name__ == "__main__":
    main()

"""The matrix products of forward and backward alone, each in the layout that OpenBLAS does best: nothing to compare.

Not a bound: kernels made for a shape do without packing and without the columns of a convolution.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from benchmarks.step import Arrays, Step

# (operands as stored or transposed, M, K, N, how often, batch): C (M, N) = A (M, K) · B (K, N)
Product = tuple[str, int, int, int, int, int]


def feature_first(N: int, sizes: list[int]) -> list[Product]:
    """Dense layers with features first; the data's δ is not wanted."""
    found: list[Product] = []
    for layer, (size, units) in enumerate(pairwise(sizes)):
        found.append(("TT" if layer == 0 else "TN", units, size, N, 1, 1))
        found.append(("TT" if layer == 0 else "NT", size, N, units, 1, 1))
        if layer > 0:
            found.append(("NN", size, units, N, 1, 1))
    return found


def sample_first(N: int, sizes: list[int], count: int = 1, data: bool = False) -> list[Product]:
    """Dense layers with samples first; `data`: whether the δ of what the first reads is wanted."""
    found: list[Product] = []
    for layer, (size, units) in enumerate(pairwise(sizes)):
        found += [("NN", N, size, units, count, 1), ("TN", size, N, units, count, 1)]
        if data or layer > 0:
            found.append(("NT", N, units, size, count, 1))
    return found


def products(case: str, p: Arrays, d: Arrays) -> list[Product]:
    if case in ("mlp-small", "mlp-large"):
        sizes = [len(p["W1"]), len(p["W2"]), len(p["W3"]), len(p["b3"])]
        return (feature_first if case == "mlp-small" else sample_first)(len(d["x"]), sizes)
    if case == "cnn":  # images innermost, a row of the result at a time
        N = len(d["x"])
        first, second = [("NN", 16, 25, 24 * N, 24, 1)], [("NN", 32, 400, 8 * N, 8, 1)]
        back = [("NT", 400, 8 * N, 32, 8, 1), ("NN", 80, 107, 8 * N, 12, 1), ("NT", 25, 24 * N, 16, 24, 1)]
        return first + second + back + feature_first(N, [512, 128, 10]) + [("NN", 512, 128, N, 1, 1)]
    if case == "lstm":
        (T, N, D), H = d["x"].shape, len(p["Wh"])
        steps = [("TN", 4 * H, H, N, T, 1), ("NN", H, 4 * H, N, T, 1)]
        return [("TT", 4 * H, D, T * N, 1, 1), *steps, ("NT", H, T * N, 4 * H, 1, 1), ("TT", D, T * N, 4 * H, 1, 1)]
    if case == "gpt-block":
        rows, V = d["token"].size, p["head"].shape[1]
        dense = [
            part
            for pair in ([128, 384], [128, 128], [128, 512], [512, 128])
            for part in sample_first(rows, pair, 2, True)
        ]
        return [*dense, *sample_first(rows, [128, V], 1, True), ("NT", 64, 32, 64, 4, 32), ("NN", 64, 64, 32, 8, 32)]
    raise NotImplementedError(f"{case} has no matrix products to speak of")


def build(case: str, params: Arrays, data: Arrays) -> Step:
    rng = np.random.default_rng(0)

    def operand(stored: str, batch: int, rows: int, columns: int) -> np.ndarray:
        shape = (batch, rows, columns) if stored == "N" else (batch, columns, rows)
        array = rng.standard_normal(shape).astype(np.float32)
        array = array if stored == "N" else array.swapaxes(1, 2)
        return array[0] if batch == 1 else array

    calls = []
    for (left, right), M, K, N, often, batch in products(case, params, data):
        out = np.empty((M, N) if batch == 1 else (batch, M, N), np.float32)
        calls.append((operand(left, batch, M, K), operand(right, batch, K, N), out, often))

    def run() -> None:
        for left, right, out, often in calls:
            for _ in range(often):
                np.matmul(left, right, out)

    return Step(run, None)

"""Two convolutions with pooling, and dense layers, a row of the image at a time."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import add, copyto, dot, greater, greater_equal, maximum, multiply, subtract
from numpy.lib.stride_tricks import as_strided

from benchmarks.step import Arrays
from benchmarks.workloads.expert.dense import dense_chain
from benchmarks.workloads.expert.parts import ZERO, Array, Run, empty


class ConvolutionPool:
    """Valid convolution, 2 × 2 maximum, bias, relu, of rows (C, W, N); kernels (F, C, k, k).

    `X` (H, C, k, U, N) has the columns of each row; `pooled[i]` (F, U/2, N) is where a row of the result goes.
    """

    def __init__(self, K: Array, bias: Array, gK: Array, gb: Array, H: int, W: int, pooled: list[Array], back: bool):
        F, C, k, _ = K.shape
        N, U, rows = pooled[0].shape[-1], W - k + 1, H - k + 1
        self.K, self.gK, self.gb, self.bias, self.pooled, self.shape = K, gK, gb, bias[:, None, None], pooled, (F, C, k)
        self.X = empty(H, C, k, U, N)
        flat = self.X.reshape(H * C * k, U * N)
        self.windows = [flat[row * C * k : (row + k) * C * k] for row in range(rows)]
        self.kernel, self.kernel_from = empty(F, k, C, k), K.transpose(0, 2, 1, 3)
        self.matrix = self.kernel.reshape(F, -1)
        self.z = [empty(F, U * N) for _ in range(2)]
        self.upper, self.lower = (z.reshape(F, U, N) for z in self.z)
        self.halved = empty(F, U, N)
        self.even, self.odd = self.halved[:, ::2], self.halved[:, 1::2]
        masks = len(pooled)
        self.first = [empty(F, U, N, dtype=bool) for _ in range(masks)]
        self.second = [empty(F, U // 2, N, dtype=bool) for _ in range(masks)]
        self.positive = [empty(F, U // 2, N, dtype=bool) for _ in range(masks)]
        self.zeros = empty(F, U // 2, N)
        self.partial, self.total = empty(rows, k * C * k, F), empty(k * C * k, F)
        self.total_kernel = self.total.reshape(k, C, k, F).transpose(3, 1, 0, 2)
        self.bias_rows, self.ones = empty(masks, F), np.ones(U // 2 * N, np.float32)
        self.delta = empty(F, U // 2, N)
        self.delta_flat = self.delta.reshape(F, -1)
        self.dz = empty(rows if back else 2, F, U * N)  # all rows where δ of the input is wanted
        if back:
            self.turned, self.turned_from = empty(C, k, k, F), K.transpose(1, 3, 2, 0)[:, :, ::-1]
            turned, every = self.turned.reshape(C * k, k * F), self.dz.reshape(rows * F, U * N)
            self.column = empty(C * k, U * N)
            self.shifted = [self.column.reshape(C, k, U, N)[:, j] for j in range(k)]
            reach = [
                (max(0, row - rows + 1), min(k - 1, row) + 1) for row in range(H)
            ]  # the kernel's rows that meet it
            self.meeting = [
                (
                    turned[:, (k - high) * F : (k - low) * F],
                    every[(row - high + 1) * F : (row - low + 1) * F],
                    self.column,
                )
                for row, (low, high) in enumerate(reach)
            ]

    def read(self, row: int, values: Array) -> None:
        """Columns of a row (C, W, N)."""
        a, b, c = values.strides
        copyto(self.X[row], as_strided(values, self.X.shape[1:], (a, b, b, c)))

    def forward(self, row: int) -> Array:
        """The pooled row."""
        out, (upper, lower) = self.pooled[row], self.z
        dot(self.matrix, self.windows[2 * row], upper)
        dot(self.matrix, self.windows[2 * row + 1], lower)
        greater_equal(self.upper, self.lower, self.first[row])
        maximum(self.upper, self.lower, out=self.halved)
        greater_equal(self.even, self.odd, self.second[row])
        maximum(self.even, self.odd, out=out)
        add(out, self.bias, out)
        maximum(out, self.zeros, out=out)
        greater(out, ZERO, self.positive[row])
        return out

    def backward(self, row: int, delta: Array) -> None:
        """Partial gradients, from δ of the pooled row."""
        multiply(delta, self.positive[row], self.delta)
        dot(self.delta_flat, self.ones, self.bias_rows[row])
        multiply(self.delta, self.second[row], self.even)
        subtract(self.delta, self.even, self.odd)
        at = 2 * row % len(self.dz)
        upper, lower = self.dz[at], self.dz[at + 1]
        multiply(self.halved, self.first[row], upper.reshape(self.halved.shape))
        subtract(self.halved, upper.reshape(self.halved.shape), lower.reshape(self.halved.shape))
        dot(self.windows[2 * row], upper.T, self.partial[2 * row])
        dot(self.windows[2 * row + 1], lower.T, self.partial[2 * row + 1])

    def gradients(self) -> None:
        add.reduce(self.partial, 0, None, self.total)
        copyto(self.gK, self.total_kernel)
        add.reduce(self.bias_rows, 0, None, self.gb)

    def input_delta(self, row: int, out: Array) -> None:
        """δ of an input row (C, W, N), once all rows have been gone back through."""
        dot(*self.meeting[row])
        U = self.X.shape[3]
        copyto(out[:, :U], self.shifted[0])
        out[:, U:].fill(0)
        for j in range(1, self.shape[2]):
            add(out[:, j : j + U], self.shifted[j], out[:, j : j + U])


def cnn(p: Arrays, d: Arrays, g: Arrays) -> Run:
    x, N = d["x"][:, 0].transpose(1, 2, 0), len(d["x"])
    image = empty(28, 1, 28, N)
    features, delta = empty(512, N), empty(512, N)
    pooled, delta_rows = features.reshape(32, 4, 4, N), delta.reshape(32, 4, 4, N)
    first_row, first_delta = empty(16, 12, N), empty(16, 12, N)
    first = ConvolutionPool(p["K1"], p["c1"], g["K1"], g["c1"], 28, 28, [first_row] * 12, back=False)
    second = ConvolutionPool(p["K2"], p["c2"], g["K2"], g["c2"], 12, 12, [pooled[:, i] for i in range(4)], back=True)
    head = dense_chain(p, g, features.T, d["label"], 2, True, "F", dx=delta.T)

    def run() -> Any:
        copyto(image[:, 0], x)
        for layer in (first, second):
            copyto(layer.kernel, layer.kernel_from)
        copyto(second.turned, second.turned_from)
        for row in range(28):
            first.read(row, image[row])
        for row in range(12):
            second.read(row, first.forward(row))
        for row in range(4):
            second.forward(row)
        loss = head()
        for row in range(4):
            second.backward(row, delta_rows[:, row])
        for row in range(12):
            second.input_delta(row, first_delta)
            first.backward(row, first_delta)
        first.gradients()
        second.gradients()
        return loss

    return run

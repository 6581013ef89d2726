"""What the steps share: storage, products whichever way round they are stored, the cross-entropy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy import add, divide, dot, exp, log, maximum, multiply, subtract

Array = np.ndarray
Run = Callable[[], Any]


def empty(*shape: int, order: str = "C", dtype: Any = np.float32) -> Array:
    return np.zeros(shape, dtype, order=order)  # zeros: pages are there before the first step


def scalar(value: float) -> Array:
    """A zero-dimensional float32: ufuncs take it faster than a Python number."""
    return np.array(value, np.float32)


ZERO, ONE, HALF = scalar(0), scalar(1), scalar(0.5)


def product(left: Array, right: Array, out: Array) -> tuple[Array, Array, Array]:
    """The arguments of `dot` for left · right, whichever way round `out` is stored."""
    return (left, right, out) if out.flags.c_contiguous else (right.T, left.T, out.T)


def softmax_loss(z: Array, label: Array) -> Run:
    """A function that returns the mean cross-entropy of z (N, C), and puts δ of z in its place."""
    N, C = z.shape
    flat, across, along = (z.reshape(-1), 1, C) if z.flags.c_contiguous else (z.T.reshape(-1), N, 1)
    rows, at, apart = np.arange(N) * along, np.empty(N, np.int64), np.array(across)
    ones, high, total = np.ones(N, np.float32), empty(N), empty(N)
    high_column, total_column, count, share = high[:, None], total[:, None], scalar(N), scalar(1 / N)

    def run() -> Any:
        maximum.reduce(z, 1, None, high)
        subtract(z, high_column, z)
        multiply(label, apart, at)
        add(at, rows, at)
        chosen = flat[at]
        exp(z, z)
        add.reduce(z, 1, None, total)
        log(total, high)
        subtract(high, chosen, high)
        loss = dot(high, ones) / N
        multiply(total, count, total)
        divide(z, total_column, z)
        flat[at] -= share
        return loss

    return run

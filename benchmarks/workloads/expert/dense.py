"""Dense layers: a chain of them, and the smallest network."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import add, dot, greater, maximum, multiply, subtract, tanh

from benchmarks.step import Arrays
from benchmarks.workloads.expert.parts import ONE, ZERO, Array, Run, empty, product, softmax_loss


def dense_chain(
    p: Arrays, g: Arrays, x: Array, label: Array, layers: int, relu: bool, order: str, dx: Array | None = None
) -> Run:
    """A function that runs dense layers W1, b1, ... of x (N, D) to the loss and back, its gradients put into g.

    `order`: how values (N, units) are stored; `dx`: where δ of x goes, if it is wanted.
    """
    N, values, forward, backward = len(x), [x], [], []
    ones = np.ones(N, np.float32)
    deltas = [dx]
    for layer in range(1, layers + 1):
        W, b = p[f"W{layer}"], p[f"b{layer}"]
        z = empty(N, W.shape[1], order=order)
        last = layer == layers
        delta, mask = z if last else empty(*z.shape, order=order), empty(*z.shape, order=order, dtype=bool)
        forward.append((product(values[-1], W, z), b, z, np.zeros_like(z) if relu else z, mask))
        below = None if deltas[-1] is None else product(delta, W.T, deltas[-1])
        backward.append((product(values[-1].T, delta, g[f"W{layer}"]), delta, g[f"b{layer}"], below))
        values.append(z)
        deltas.append(delta)
    hidden, (final, final_bias, z, _, _) = forward[:-1], forward[-1]
    loss_of, scratch = softmax_loss(z, label), [empty(*value.shape, order=order) for value in values[1:-1]]
    slopes = [(None, None, None), *((a, t, mask) for (_, _, a, _, mask), t in zip(hidden, scratch, strict=True))]
    back = list(zip(backward, slopes, deltas, strict=False))[::-1]

    def run() -> Any:
        for call, b, a, zeros, mask in hidden:
            dot(*call)
            add(a, b, a)
            if relu:
                maximum(a, zeros, out=a)
                greater(a, ZERO, mask)
            else:
                tanh(a, a)
        dot(*final)
        add(z, final_bias, z)
        loss = loss_of()
        for (weights, delta, gb, below), (a, slope, mask), result in back:
            dot(*weights)
            dot(ones, delta, gb)
            if below is not None:
                dot(*below)
            if a is None:
                continue
            if relu:
                multiply(result, mask, result)
            else:
                multiply(a, a, slope)
                subtract(ONE, slope, slope)
                multiply(result, slope, result)
        return loss

    return run


def mlp(p: Arrays, d: Arrays, g: Arrays, relu: bool, order: str) -> Run:
    return dense_chain(p, g, d["x"], d["label"], 3, relu, order)


def tiny(p: Arrays, d: Arrays, g: Arrays) -> Run:
    W1, b1, W2, b2, x, y = (*p.values(), *d.values())
    gW1, gb1, gW2, gb2 = g["W1"], g["b1"][None], g["W2"], g["b2"][None]
    a, error, slope = empty(1, 3), empty(1, 1), empty(1, 3)
    a_column, x_column, W2_row = a.T, x.T, W2.T

    def run() -> Any:
        dot(x, W1, a)
        add(a, b1, a)
        tanh(a, a)
        dot(a, W2, error)
        add(error, b2, error)
        subtract(error, y, error)
        value = error.item()
        add(error, error, gb2)
        multiply(a_column, gb2, gW2)
        multiply(a, a, slope)
        subtract(ONE, slope, slope)
        multiply(slope, W2_row, slope)
        multiply(slope, gb2, gb1)
        multiply(x_column, gb1, gW1)
        return value * value

    return run

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
from typing import Any

import numpy as np
from numpy import add, copyto, divide, dot, exp, greater, greater_equal, log, matmul, maximum, multiply, subtract, tanh
from numpy.lib.stride_tricks import as_strided

from benchmarks.step import Arrays, Step
from benchmarks.workloads.data import GPT

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


def lstm(p: Arrays, d: Arrays, g: Arrays, block: int = 10) -> Run:
    (T, N, D), H = d["x"].shape, len(p["Wh"])
    R = D + H + 1
    halves = np.repeat(scalar(0.5), 4 * H)  # of the sigmoids' arguments
    halves[3 * H :] = 1
    W, gW, part = empty(R, 4 * H), empty(R, 4 * H), empty(R, 4 * H)
    g["Wx"], g["Wh"], g["b"] = gW[:D], gW[D : D + H], gW[-1]
    read = empty(T + 1, R, N)  # x[t], h[t-1] and ones
    read[:, -1] = 1
    given, states = d["x"].transpose(0, 2, 1), [row[D : D + H] for row in read]
    gates, cells, tanhs = empty(T, 4 * H, N), empty(T + 1, H, N), empty(T, H, N)
    i, f, o, u = ([row[part * H : (part + 1) * H] for row in gates] for part in range(4))
    sigmoids = [row[: 3 * H] for row in gates]
    scratch, scratch2, slope = empty(H, N), empty(H, N), empty(3 * H, N)
    delta = empty(4 * H, N)
    di, df, do, du = (delta[part * H : (part + 1) * H] for part in range(4))
    deltas, reads = empty(4 * H, block, N), empty(R, block, N)
    deltas_matrix, reads_matrix = deltas.reshape(4 * H, -1).T, reads.reshape(R, -1)
    dh, dc = empty(H, N), empty(H, N)
    logits = empty(N, p["Wo"].shape[1], order="F")
    loss_of, ones = softmax_loss(logits, d["label"]), np.ones(N, np.float32)
    last, steps = states[T], range(T)

    def backward(t: int) -> None:
        """δ of the gates of a step, from dh and dc, which become those of the step before."""
        multiply(dh, tanhs[t], do)
        multiply(dh, o[t], scratch)
        multiply(do, o[t], scratch2)
        multiply(scratch2, tanhs[t], scratch2)
        subtract(scratch, scratch2, scratch)
        add(dc, scratch, dc)
        multiply(dc, u[t], di)
        multiply(dc, cells[t], df)
        multiply(delta[: 3 * H], sigmoids[t], delta[: 3 * H])
        multiply(delta[: 3 * H], sigmoids[t], slope)
        subtract(delta[: 3 * H], slope, delta[: 3 * H])
        multiply(dc, i[t], du)
        multiply(du, u[t], scratch)
        multiply(scratch, u[t], scratch)
        subtract(du, scratch, du)
        multiply(dc, f[t], dc)
        copyto(deltas[:, t % block], delta)
        dot(p["Wh"], delta, dh)

    def run() -> Any:
        multiply(p["Wx"], halves, W[:D])
        multiply(p["Wh"], halves, W[D : D + H])
        multiply(p["b"], halves, W[-1])
        copyto(read[:T, :D], given)
        for t in steps:
            dot(W.T, read[t], gates[t])
            tanh(gates[t], gates[t])
            multiply(sigmoids[t], HALF, sigmoids[t])
            add(sigmoids[t], HALF, sigmoids[t])
            multiply(f[t], cells[t], cells[t + 1])
            multiply(i[t], u[t], scratch)
            add(cells[t + 1], scratch, cells[t + 1])
            tanh(cells[t + 1], tanhs[t])
            multiply(o[t], tanhs[t], states[t + 1])
        dot(p["Wo"].T, last, logits.T)
        add(logits, p["bo"], logits)
        loss = loss_of()
        dot(last, logits, g["Wo"])
        dot(ones, logits, g["bo"])
        dot(p["Wo"], logits.T, dh)
        dc.fill(0)
        gW.fill(0)
        for t in reversed(steps):
            backward(t)
            if t % block == 0:
                copyto(reads, read[t : t + block].transpose(1, 0, 2))
                dot(reads_matrix, deltas_matrix, part)
                add(gW, part, gW)
        return loss

    return run


class Norm:
    """Layer norm of x (rows, D), its value in `y`."""

    def __init__(self, p: Arrays, g: Arrays, name: str, rows: int, D: int) -> None:
        self.gain, self.shift, self.g_gain, self.g_shift = (
            a[f"{part}{name}"] for a in (p, g) for part in ("gain", "shift")
        )
        self.y, self.scaled, self.scratch = empty(rows, D), empty(rows, D), empty(rows, D)
        self.scale, self.mean, self.along = empty(rows), empty(rows), empty(rows)
        self.share, self.ones, self.by = np.full(D, 1 / D, np.float32), np.ones(rows, np.float32), scalar(1 / D)

    def forward(self, x: Array) -> Array:
        scaled, scale = self.scaled, self.scale
        dot(x, self.share, self.mean)
        subtract(x, self.mean[:, None], scaled)
        np.einsum("nd,nd->n", scaled, scaled, out=scale)
        multiply(scale, self.by, scale)
        add(scale, scalar(1e-5), scale)
        np.sqrt(scale, scale)
        divide(ONE, scale, scale)
        multiply(scaled, scale[:, None], scaled)
        multiply(scaled, self.gain, self.y)
        return add(self.y, self.shift, self.y)

    def backward(self, delta: Array) -> Array:
        """δ of x, in place of δ of y."""
        multiply(delta, self.scaled, self.scratch)
        dot(self.ones, self.scratch, self.g_gain)
        dot(self.ones, delta, self.g_shift)
        multiply(delta, self.gain, delta)
        dot(delta, self.share, self.mean)
        np.einsum("nd,nd->n", delta, self.scaled, out=self.along)
        multiply(self.along, self.by, self.along)
        multiply(self.scaled, self.along[:, None], self.scratch)
        subtract(delta, self.scratch, delta)
        subtract(delta, self.mean[:, None], delta)
        return multiply(delta, self.scale[:, None], delta)


class Attention:
    """Causal attention of y (rows, D), its projection included; scores (N, A, key, query)."""

    def __init__(self, p: Arrays, g: Arrays, layer: int, N: int, T: int, D: int, A: int) -> None:
        rows, K = N * T, D // A
        self.W, self.b, self.gW, self.gb = (a[f"{part}{layer}"] for a in (p, g) for part in ("Wqkv", "bqkv"))
        self.Wo, self.bo, self.gWo, self.gbo = (a[f"{part}{layer}"] for a in (p, g) for part in ("Wo", "bo"))
        self.qkv, self.dqkv, self.mixed, self.dmixed, self.scratch = (
            empty(rows, width) for width in (3 * D, 3 * D, D, D, D)
        )
        self.ones, self.by = np.ones(rows, np.float32), scalar(K**-0.5)

        def heads(array: Array, parts: int) -> Array:
            return array.reshape(N, T, parts, A, K).transpose(2, 0, 3, 1, 4)

        (self.q, self.k, self.v), (self.dq, self.dk, self.dv) = heads(self.qkv, 3), heads(self.dqkv, 3)
        (self.mixed_heads,), (self.dmixed_heads,) = heads(self.mixed, 1), heads(self.dmixed, 1)
        self.weight, self.dweight, self.row = empty(N, A, T, T), empty(N, A, T, T), empty(N, A, 1, T)
        self.along = empty(N, T, A)
        self.past = np.where(np.tri(T, k=-1, dtype=bool), -np.inf, 0).astype(np.float32)  # −∞ where the key is later

    def forward(self, y: Array, out: Array) -> None:
        weight = self.weight
        dot(y, self.W, self.qkv)
        add(self.qkv, self.b, self.qkv)
        matmul(self.k, self.q.swapaxes(2, 3), weight)
        multiply(weight, self.by, weight)
        add(weight, self.past, weight)
        maximum.reduce(weight, 2, None, self.row, True)
        subtract(weight, self.row, weight)
        exp(weight, weight)
        add.reduce(weight, 2, None, self.row, True)
        divide(weight, self.row, weight)
        matmul(weight.swapaxes(2, 3), self.v, self.mixed_heads)
        dot(self.mixed, self.Wo, out)
        add(out, self.bo, out)

    def backward(self, y: Array, delta: Array, out: Array) -> None:
        """δ of y into `out`, from δ of what is projected."""
        N, A, T, _ = self.weight.shape
        dot(self.mixed.T, delta, self.gWo)
        dot(self.ones, delta, self.gbo)
        dot(delta, self.Wo.T, self.dmixed)
        matmul(self.weight, self.dmixed_heads, self.dv)
        matmul(self.v, self.dmixed_heads.swapaxes(2, 3), self.dweight)
        multiply(self.dmixed, self.mixed, self.scratch)
        add.reduce(self.scratch.reshape(N, T, A, -1), 3, None, self.along)
        subtract(self.dweight, self.along.transpose(0, 2, 1)[:, :, None], self.dweight)
        multiply(self.dweight, self.weight, self.dweight)
        multiply(self.dweight, self.by, self.dweight)
        matmul(self.dweight.swapaxes(2, 3), self.k, self.dq)
        matmul(self.dweight, self.q, self.dk)
        dot(y.T, self.dqkv, self.gW)
        dot(self.ones, self.dqkv, self.gb)
        dot(self.dqkv, self.W.T, out)


class Perceptron:
    """Dense, gelu (by tanh), dense, of y (rows, D)."""

    ROOT = float(np.sqrt(2 / np.pi))

    def __init__(self, p: Arrays, g: Arrays, layer: int, rows: int, D: int, block: int = 64) -> None:
        self.W1, self.b1, self.gW1, self.gb1 = (a[f"{part}1_{layer}"] for a in (p, g) for part in "Wb")
        self.W2, self.b2, self.gW2, self.gb2 = (a[f"{part}2_{layer}"] for a in (p, g) for part in "Wb")
        self.u, self.a, self.slope, self.delta = (empty(rows, 4 * D) for _ in range(4))
        self.tanh, self.rest = empty(block, 4 * D), empty(block, 4 * D)
        self.blocks = [slice(start, start + block) for start in range(0, rows, block)]
        self.ones = np.ones(rows, np.float32)
        self.cubic, self.linear = scalar(self.ROOT * 0.044715), scalar(self.ROOT)
        self.six, self.offset = scalar(6), scalar(-4 * self.ROOT)

    def forward(self, y: Array, out: Array) -> None:
        """Of r = √(2/π) (1 + 0.044715 u²) and s = ½ + ½ tanh(r u): gelu = u s, its slope s + 2 u s (1 − s) (r u)'."""
        dot(y, self.W1, self.u)
        s, rest = self.tanh, self.rest
        for block in self.blocks:
            u, a, slope = self.u[block], self.a[block], self.slope[block]
            add(u, self.b1, u)
            multiply(u, u, slope)
            multiply(slope, self.cubic, slope)
            add(slope, self.linear, slope)  # r, and (r u)' = 3 r − 2 √(2/π)
            multiply(slope, u, s)
            tanh(s, s)
            multiply(s, HALF, s)
            add(s, HALF, s)
            multiply(u, s, a)
            multiply(slope, self.six, slope)
            add(slope, self.offset, slope)
            subtract(ONE, s, rest)
            multiply(slope, rest, slope)
            multiply(slope, a, slope)
            add(slope, s, slope)
        dot(self.a, self.W2, out)
        add(out, self.b2, out)

    def backward(self, y: Array, delta: Array, out: Array) -> None:
        dot(self.a.T, delta, self.gW2)
        dot(self.ones, delta, self.gb2)
        dot(delta, self.W2.T, self.delta)
        multiply(self.delta, self.slope, self.delta)
        dot(y.T, self.delta, self.gW1)
        dot(self.ones, self.delta, self.gb1)
        dot(self.delta, self.W1.T, out)


def gpt(p: Arrays, d: Arrays, g: Arrays) -> Run:
    (N, T), (V, D), L = d["token"].shape, p["E"].shape, GPT["L"]
    rows, token = N * T, d["token"].reshape(-1)
    x, branch, delta, delta_branch, sorted_rows = (empty(rows, D) for _ in range(5))
    blocks = [
        (Norm(p, g, f"{layer}a", rows, D), Attention(p, g, layer, N, T, D, GPT["A"]),
         Norm(p, g, f"{layer}b", rows, D), Perceptron(p, g, layer, rows, D))
        for layer in range(L)
    ]  # fmt: skip
    last, logits = Norm(p, g, "", rows, D), empty(rows, V)
    loss_of = softmax_loss(logits, d["target"].reshape(-1))

    def embedding_gradient() -> None:
        """δ of equal tokens added up: sorted, they are neighbours."""
        order = token.argsort(kind="stable")
        ordered = token[order]
        starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
        np.take(delta, order, 0, sorted_rows, "clip")
        g["E"].fill(0)
        g["E"][ordered[starts]] = add.reduceat(sorted_rows, starts, 0)

    def run() -> Any:
        np.take(p["E"], token, 0, x, "clip")
        add(x.reshape(N, T, D), p["P"], x.reshape(N, T, D))
        for norm1, attention, norm2, perceptron in blocks:
            attention.forward(norm1.forward(x), branch)
            add(x, branch, x)
            perceptron.forward(norm2.forward(x), branch)
            add(x, branch, x)
        dot(last.forward(x), p["head"], logits)
        loss = loss_of()
        dot(last.y.T, logits, g["head"])
        dot(logits, p["head"].T, delta)
        last.backward(delta)
        for norm1, attention, norm2, perceptron in reversed(blocks):
            perceptron.backward(norm2.y, delta, delta_branch)
            add(delta, norm2.backward(delta_branch), delta)
            attention.backward(norm1.y, delta, delta_branch)
            add(delta, norm1.backward(delta_branch), delta)
        add.reduce(delta.reshape(N, T, D), 0, None, g["P"])
        embedding_gradient()
        return loss

    return run


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

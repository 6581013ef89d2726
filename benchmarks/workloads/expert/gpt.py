"""Transformer blocks: norms, attention, perceptrons, and the embedding."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import add, divide, dot, exp, matmul, maximum, multiply, subtract, tanh

from benchmarks.step import Arrays
from benchmarks.workloads.data import GPT
from benchmarks.workloads.expert.parts import HALF, ONE, Array, Run, empty, scalar, softmax_loss


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

"""An LSTM, features first."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import add, copyto, dot, multiply, subtract, tanh

from benchmarks.step import Arrays
from benchmarks.workloads.expert.parts import HALF, Run, empty, scalar, softmax_loss


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

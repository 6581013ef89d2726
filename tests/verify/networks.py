"""Networks that the tests of verification and of mutants share, each with its derivation."""

from __future__ import annotations

from collections.abc import Callable

from sympy import exp, sqrt, tanh

from symbackprop.derive.differentiate import Derived
from symbackprop.language import LogSumExp, Mean, Network, ReduceMax, Sum
from symbackprop.stages import swept
from symbackprop.terms.program import Program

Pair = tuple[Program, Derived]


def derived(net: Network) -> Pair:
    program = net.to_program()
    return program, swept(program)


def mlp() -> Network:
    net = Network("mlp")
    N, D, H, C = net.dims("N D H C")
    n, i, j, k = net.indices(n=N, i=D, j=H, k=C)
    x, label = net.input("x", (N, D)), net.input("label", (N,), dtype="int", high=C)
    W1, b1 = net.parameter("W1", (H, D)), net.parameter("b1", (H,))
    W2 = net.parameter("W2", (C, H))
    a, z = net.tensors("a z")
    a[n, j] = tanh(Sum(W1[j, i] * x[n, i], i) + b1[j])
    z[n, k] = Sum(W2[k, j] * a[n, j], j)
    net.loss = Sum(LogSumExp(z[n, k], k) - z[n, label[n]], n) / N
    return net


def rnn() -> Network:
    net = Network("rnn")
    T, H = net.dims("T H")
    t, j, k = net.index("t", (1, T)), net.index("j", H), net.index("k", H)
    U, s = net.parameter("U", (H, H)), net.parameter("s", (H,))
    h = net.tensor("h")
    h[0, j] = s[j]
    h[t, j] = tanh(Sum(U[j, k] * h[t - 1, k], k)) + h[t - 1, j] / 2
    net.loss = Sum(h[T, j] ** 2, j)
    return net


def norm() -> Network:
    net = Network("norm")
    N, D = net.dims("N D")
    n, i, j = net.indices(n=N, i=D, j=D)
    x, g = net.input("x", (N, D)), net.parameter("g", (D,))
    m, v, r = net.tensors("m v r")
    m[n] = Mean(x[n, i] * g[i], i)
    v[n] = Mean((x[n, i] * g[i] - m[n]) ** 2, i)
    r[n, i] = (x[n, i] * g[i] - m[n]) / sqrt(v[n] + 1) * exp(g[i])
    net.loss = Sum(r[n, i] * r[n, j] * (i + 1), n, i, j) + Sum(ReduceMax(r[n, i], i), n)
    return net


NETWORKS: dict[str, Callable[[], Network]] = {"mlp": mlp, "rnn": rnn, "norm": norm}

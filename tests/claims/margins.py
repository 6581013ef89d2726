"""Networks whose loss has cases: margins, clips, masks, paddings, labels that are left out, gates."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

from sympy import Abs, And, Eq, Max, Min, Ne, Or, Piecewise, exp, log, tanh

from symbackprop import LogSumExp, Network, ReduceMax, Sum
from symbackprop.functions import elu, hardtanh, leaky_relu, relu

NETWORKS: dict[str, Callable[[Network], None]] = {}


def network(build: Callable[[Network], None]) -> Callable[[Network], None]:
    NETWORKS[build.__name__] = build
    return build


def made(name: str) -> SimpleNamespace:
    """One of them, anew."""
    net = Network(name)
    NETWORKS[name](net)
    return SimpleNamespace(net=net)


def _rows(net: Network) -> tuple:
    N, D = net.dims("N D")
    return N, D, *net.indices(n=N, d=D)


@network
def hinge(net: Network) -> None:
    N, D, n, d = _rows(net)
    x, w, y, f = net.input("x", (N, D)), net.parameter("w", (D,)), net.input("y", (N,)), net.tensor("f")
    f[n] = Sum(w[d] * x[n, d], d)
    net.loss = Sum(Max(0, 1 - y[n] * f[n]), n) / N


@network
def squared_hinge(net: Network) -> None:
    N = net.dim("N")
    n = net.index("n", N)
    z, y, m = net.parameter("z", (N,)), net.input("y", (N,), dtype="int", high=2), net.input("m", ())
    net.loss = Sum(y[n] * z[n] ** 2 / 2 + (1 - y[n]) * relu(m - z[n]) ** 2 / 2, n)


@network
def triplet(net: Network) -> None:
    N, D, n, d = _rows(net)
    a, p, q, m = *(net.parameter(name, (N, D)) for name in "apq"), net.input("m", ())
    near, far = net.tensors("near far")
    near[n], far[n] = Sum((a[n, d] - p[n, d]) ** 2, d), Sum((a[n, d] - q[n, d]) ** 2, d)
    net.loss = Sum(Max(0, near[n] - far[n] + m), n)


@network
def huber(net: Network) -> None:
    N = net.dim("N")
    n = net.index("n", N)
    w, y, e = net.parameter("w", (N,)), net.input("y", (N,)), net.tensor("e")
    e[n] = w[n] - y[n]
    net.loss = Sum(Piecewise((e[n] ** 2 / 2, Abs(e[n]) <= 3), (3 * Abs(e[n]) - 4.5, True)), n)


@network
def insensitive(net: Network) -> None:
    N = net.dim("N")
    n = net.index("n", N)
    w, y, eps = net.parameter("w", (N,)), net.input("y", (N,)), net.input("eps", ())
    net.loss = Sum(Max(0, Abs(w[n] - y[n]) - eps), n)


@network
def pinball(net: Network) -> None:
    N = net.dim("N")
    n = net.index("n", N)
    w, y = net.parameter("w", (N,)), net.input("y", (N,))
    net.loss = Sum(Max((y[n] - w[n]) * 9 / 10, (w[n] - y[n]) / 10), n)


@network
def clipped(net: Network) -> None:
    N = net.dim("N")
    n = net.index("n", N)
    g, y = net.parameter("g", (N,)), net.input("y", (N,))
    net.loss = Sum(y[n] * hardtanh(g[n], -2, 5) + leaky_relu(g[n] - 7) + elu(g[n] + 4), n)


@network
def ppo(net: Network) -> None:
    N = net.dim("N")
    n = net.index("n", N)
    logp, old, A, r = net.parameter("logp", (N,)), net.input("old", (N,)), net.input("A", (N,)), net.tensor("r")
    r[n] = exp(logp[n] - old[n])
    net.loss = -Sum(Min(r[n] * A[n], Min(Max(r[n], 0.8), 1.2) * A[n]), n) / N


@network
def padding(net: Network) -> None:
    N = net.dim("N")
    n, v, u = net.indices(n=N, v=10, u=10)
    z, y, p = net.parameter("z", (N, 10)), net.input("y", (N,), dtype="int", high=10), net.tensor("p")
    p[n, v] = exp(z[n, v] - LogSumExp(z[n, u], u))
    net.loss = Sum(Piecewise((0, Eq(y[n], 0)), (LogSumExp(z[n, v], v) - z[n, y[n]], True)), n)
    net.output(p)


@network
def two_labels(net: Network) -> None:
    N = net.dim("N")
    n = net.index("n", N)
    z = net.parameter("z", (N,))
    y, q = (net.input(name, (N,), dtype="int", high=40) for name in "yq")
    net.loss = Sum(Piecewise((0, And(Eq(y[n], 0), Eq(q[n], 0))), (z[n] ** 2 / 2, True)), n)


@network
def same_label(net: Network) -> None:
    N, D, n, d = _rows(net)
    m = net.index("m", N)
    z, y = net.parameter("z", (N, D)), net.input("y", (N,), dtype="int", high=30)
    far = net.tensor("far")
    far[n, m] = Sum((z[n, d] - z[m, d]) ** 2, d)
    net.loss = Sum(Piecewise((far[n, m], Eq(y[n], y[m])), (Max(0, 4 - far[n, m]), True)), n, m)


@network
def ordinal(net: Network) -> None:
    N, C = net.dims("N C")
    n, c = net.indices(n=N, c=C)
    z, b, y = net.parameter("z", (N,)), net.parameter("b", (C,)), net.input("y", (N,), dtype="int", high=C + 1)
    net.loss = Sum(Piecewise((log(1 + exp(b[c] - z[n])), y[n] > c), (log(1 + exp(z[n] - b[c])), True)), n, c)


@network
def focal(net: Network) -> None:
    N, C = net.dims("N C")
    n, c = net.indices(n=N, c=C)
    z, y, p = net.parameter("z", (N, C)), net.input("y", (N,), dtype="int", high=C), net.tensor("p")
    p[n, c] = exp(z[n, c] - LogSumExp(z[n, c], c))
    net.loss = -Sum(Piecewise(((1 - p[n, y[n]]) ** 2 * log(p[n, y[n]]), Ne(y[n], 1)), (0, True)), n)


@network
def class_weights(net: Network) -> None:
    N, C = net.dims("N C")
    n = net.index("n", N)
    z, w = net.parameter("z", (N, C)), net.input("w", (C,))
    y = net.input("y", (N,), dtype="int", high=C)
    net.loss = Sum(w[y[n]] * Max(0, 1 - z[n, y[n]]), n)


@network
def embedding(net: Network) -> None:
    N, T, V, D = net.dims("N T V D")
    n, t, d = net.indices(n=N, t=T, d=D)
    E, token = net.parameter("E", (V, D)), net.input("token", (N, T), dtype="int", high=V)
    h = net.tensor("h")
    h[n, d] = Sum(Piecewise((E[token[n, t], d], Ne(token[n, t], 0)), (0, True)), t)
    net.loss = Sum(tanh(h[n, d]), n, d)


@network
def pool(net: Network) -> None:
    N, K = net.dims("N K")
    n, k = net.indices(n=N, k=K)
    x, c, h = net.parameter("x", (N, K)), net.input("c", (N,)), net.tensor("h")
    h[n] = ReduceMax(x[n, k], k)
    net.loss = Sum(c[n] * h[n] ** 2, n)


@network
def rectified(net: Network) -> None:
    N, D, n, d = _rows(net)
    H = net.dim("H")
    j = net.index("j", H)
    x, W, v, b = net.input("x", (N, D)), net.parameter("W", (H, D)), net.parameter("v", (H,)), net.parameter("b", (H,))
    z, a, s = net.tensors("z a s")
    z[n, j] = Sum(W[j, d] * x[n, d], d) + b[j]
    a[n, j] = Max(z[n, j], 0)
    s[n] = Sum(v[j] * a[n, j], j)
    net.loss = Sum(s[n] ** 2, n) / 2


@network
def dropout(net: Network) -> None:
    N = net.dim("N")
    n = net.index("n", N)
    w, mask = net.parameter("w", (N,)), net.random("mask", (N,), "bernoulli", p=0.5)
    h = net.tensor("h")
    h[n] = w[n] * mask[n]
    net.loss = Sum(Piecewise((h[n] ** 2, mask[n] > 0), (w[n] / 3, True)), n)


@network
def convolution(net: Network) -> None:
    N, R = net.dims("N R")
    n, r = net.indices(n=N, r=R)
    x, w, z = net.input("x", (N,)), net.parameter("w", (R,)), net.tensor("z")
    z[n] = Sum(Piecewise((w[r] * x[n - r], r <= n), (0, True)), r)
    net.loss = Sum(relu(z[n] - 1) ** 2, n)


@network
def masked(net: Network) -> None:
    T, D = net.dims("T D")
    t, s, d = net.indices(t=T, s=T, d=D)
    q, k, v = (net.parameter(name, (T, D)) for name in "qkv")
    keep = net.input("keep", (T,), dtype="int", high=2)
    score, p = net.tensors("score p")
    score[t, s] = Piecewise((Sum(q[t, d] * k[s, d], d), And(s <= t, Or(Eq(keep[s], 1), Eq(s, t)))), (-100, True))
    p[t, s] = exp(score[t, s] - LogSumExp(score[t, s], s))
    net.loss = Sum(p[t, s] * v[s, d], t, s, d)


@network
def gates(net: Network) -> None:
    N, K = net.dims("N K")
    n, k = net.indices(n=N, k=K)
    g, u, h = net.parameter("g", (N, K)), net.input("u", (N, K)), net.tensor("h")
    h[n, k] = Piecewise((g[n, k], And(g[n, k] > 1, u[n, k] < 2)), (0, True))
    net.loss = Sum(h[n, k] * u[n, k], n, k)


@network
def valid_steps(net: Network) -> None:
    T = net.dim("T")
    t = net.index("t", (1, T))
    w, last = net.parameter("w", (T,)), net.input("last", (), dtype="int", high=T + 1)
    h = net.tensor("h")
    h[0] = 1
    h[t] = Piecewise((h[t - 1] * w[t - 1], t <= last), (h[t - 1], True))
    net.loss = h[T] ** 2

"""Networks in which windows move along what they read, or along what they add to."""

from __future__ import annotations

from collections.abc import Callable

from sympy import Piecewise, oo, tanh

from symbackprop import Network, ReduceMax, Sum


def strided() -> Network:
    """Of two dimensions, one with a stride and one dilated, the subscripts in an order of their own."""
    net = Network("strided")
    N, B, F, H, W, R, S = net.dims("N B F H W R S")
    V, U = H, W
    n, b, f, v, u, r, s = net.indices(n=N, b=B, f=F, v=V, u=U, r=R, s=S)
    x = net.input("x", (2 * (H - 1) + R, B, W + 3 * (S - 1), N))
    K, z = net.parameter("K", (S, B, R, F)), net.tensor("z")
    z[f, u, n, v] = Sum(K[s, b, r, f] * x[2 * v + r, b, u + 3 * s, n], b, r, s)
    net.loss = Sum(tanh(z[f, u, n, v]) * (f + 2 * u + v), f, u, n, v)
    return net


def downwards() -> Network:
    """A filter that goes back in time, with zeros before the beginning: causal and dilated."""
    net = Network("downwards")
    N, T, D, E, P = net.dims("N T D E P")
    n, t, d, e, p = net.indices(n=N, t=T, d=D, e=E, p=P)
    x, K, h = net.parameter("x", (N, T, D)), net.parameter("K", (P, E, D)), net.tensor("h")
    h[n, t, e] = Sum(K[p, e, d] * Piecewise((x[n, t - 2 * p, d], t - 2 * p >= 0), (0, True)), p, d)
    net.loss = Sum(tanh(h[n, t, e]) * (t + 1), n, t, e)
    return net


def several_axes() -> Network:
    """Two axes of batches and two of features, none of channels."""
    net = Network("several")
    N, M, F, G, T, P = net.dims("N M F G T P")
    n, m, f, g, t, p = net.indices(n=N, m=M, f=F, g=G, t=T, p=P)
    x, K, h = net.parameter("x", (N, T + P - 1, M)), net.parameter("K", (F, P, G)), net.tensor("h")
    h[n, m, f, g, t] = Sum(K[f, p, g] * x[n, t + p, m], p) / T
    net.loss = Sum(tanh(h[n, m, f, g, t]) * (t + 1), n, m, f, g, t)
    return net


def vector() -> Network:
    """One filter of one signal, and of it turned round."""
    net = Network("vector")
    T, P = net.dims("T P")
    t, p = net.indices(t=T, p=P)
    x, K, h = net.parameter("x", (T + P - 1,)), net.parameter("K", (P,)), net.tensor("h")
    h[t] = Sum(K[p] * x[t + p], p) + Sum(K[p] * x[T + P - 2 - t - p], p)
    net.loss = Sum(tanh(h[t]) * (t + 1), t)
    return net


def transposed() -> Network:
    """What is spread with a stride below the kernel's size, and cut at both ends."""
    net = Network("transposed")
    N, C, F, T = net.dims("N C F T")
    n, c, f, t, y = net.indices(n=N, c=C, f=F, t=T, y=2 * T)
    z, K, x = net.parameter("z", (N, F, T)), net.parameter("K", (F, C, 5)), net.tensor("x")
    p = y + 2 - 2 * t
    x[n, c, y] = Sum(Piecewise((K[f, c, p] * z[n, f, t], (p >= 0) & (p < 5)), (0, True)), f, t)
    net.loss = Sum(tanh(x[n, c, y]) * (y + 1), n, c, y)
    return net


def pooled() -> Network:
    """Windows that overlap: their maxima, of a mask at the edges, and their sums, dilated."""
    net = Network("pooled")
    N, T = net.dims("N T")
    n, t, p, q = net.indices(n=N, t=T, p=3, q=2)
    x, m, s = net.parameter("x", (N, 2 * T)), net.tensor("m"), net.tensor("s")
    m[n, t] = ReduceMax(Piecewise((x[n, 2 * t + p - 1], 2 * t + p >= 1), (-oo, True)), p)
    k = net.index("k", 2 * T - 3)
    s[n, k] = Sum(x[n, k + 3 * q], q)
    net.loss = Sum(m[n, t] ** 2 * (t + 1), n, t) + Sum(tanh(s[n, k]), n, k)
    return net


def by_channel() -> Network:
    """A kernel for each channel, which is no convolution that XLA is good at."""
    net = Network("by_channel")
    N, C, T, P = net.dims("N C T P")
    n, c, t, p = net.indices(n=N, c=C, t=T, p=P)
    x, K, h = net.parameter("x", (N, C, T + P - 1)), net.parameter("K", (C, P)), net.tensor("h")
    h[n, c, t] = Sum(K[c, p] * x[n, c, t + p], p)
    net.loss = Sum(tanh(h[n, c, t]) * (t + 1), n, c, t)
    return net


def unpadded() -> Network:
    """Places that there may be none of, and maxima of blocks of two by three."""
    net = Network("unpadded")
    N, C, F, H, W, P = net.dims("N C F H W P")
    n, c, f, h, w, p, q = net.indices(n=N, c=C, f=F, h=H - P + 1, w=W - P + 1, p=P, q=P)
    k, m, d, e = net.indices(k=(H - P + 1) // 2, m=(W - P + 1) // 3, d=2, e=3)
    x, K, z, a = net.parameter("x", (N, C, H, W)), net.parameter("K", (F, C, P, P)), net.tensor("z"), net.tensor("a")
    z[n, f, h, w] = Sum(K[f, c, p, q] * x[n, c, h + p, w + q], c, p, q)
    a[n, f, k, m] = ReduceMax(z[n, f, 2 * k + d, 3 * m + e], d, e)
    net.loss = Sum(tanh(a[n, f, k, m]) * (k + 2 * m + 1), n, f, k, m)
    return net


MOVING: tuple[Callable[[], Network], ...] = (
    strided, downwards, several_axes, vector, transposed, pooled, by_channel, unpadded,
)  # fmt: skip

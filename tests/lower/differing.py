"""Networks with differences between everything of one side and everything of the other."""

from __future__ import annotations

from collections.abc import Callable

from sympy import exp

from symbackprop import Network, ReduceMin, Sum

Build = Callable[[], Network]


def nearest(flipped: bool = False) -> Network:
    """k-means. `flipped`: all arrays with their axes the other way round."""
    net = Network("nearest")
    N, K, D = net.dims("N K D")
    n, k, d = net.indices(n=N, k=K, d=D)
    p = net.parameter("p", (D, N) if flipped else (N, D))
    c, distance = net.parameter("c", (D, K) if flipped else (K, D)), net.tensor("distance")
    square = ((p[d, n] if flipped else p[n, d]) - (c[d, k] if flipped else c[k, d])) ** 2
    if flipped:
        distance[k, n] = Sum(square, d)
        net.loss = Sum(ReduceMin(distance[k, n], k), n)
    else:
        distance[n, k] = Sum(square, d)
        net.loss = Sum(ReduceMin(distance[n, k], k), n)
    net.output(distance)
    return net


def kernel() -> Network:
    """Both sides are the same points."""
    net = Network("kernel")
    N, D = net.dims("N D")
    n, m, d = net.indices(n=N, m=N, d=D)
    x, y = net.parameter("x", (N, D)), net.input("y", (N, N))
    net.loss = Sum(y[n, m] * exp(-Sum((x[n, d] - x[m, d]) ** 2, d) / 2), n, m)
    return net


def assigned() -> Network:
    """Σ w·(p - c)² in one sum, the weight a parameter as well."""
    net = Network("assigned")
    N, K, D = net.dims("N K D")
    n, k, d = net.indices(n=N, k=K, d=D)
    p, c, w = net.input("p", (N, D)), net.parameter("c", (K, D)), net.parameter("w", (N, K))
    net.loss = Sum(w[n, k] * (p[n, d] - c[k, d]) ** 2, n, k, d)
    return net


def images() -> Network:
    """Places of images and a code book: rows of two axes."""
    net = Network("images")
    B, H, K, D = net.dims("B H K D")
    b, h, k, d = net.indices(b=B, h=H, k=K, d=D)
    z, e, distance = net.parameter("z", (B, D, H)), net.parameter("e", (K, D)), net.tensor("distance")
    distance[b, h, k] = Sum((z[b, d, h] - e[k, d]) ** 2, d)
    net.loss = Sum(exp(-distance[b, h, k]), b, h, k)
    return net


def batched() -> Network:
    """Sides that share an axis which is not summed over: nothing to be found."""
    net = Network("batched")
    B, N, M, D = net.dims("B N M D")
    b, n, m, d = net.indices(b=B, n=N, m=M, d=D)
    q, k = net.parameter("q", (B, N, D)), net.parameter("k", (B, M, D))
    net.loss = Sum(exp(-Sum((q[b, n, d] - k[b, m, d]) ** 2, d)), b, n, m)
    return net


CASES: dict[str, Build] = {
    "nearest": nearest, "flipped": lambda: nearest(True), "kernel": kernel, "assigned": assigned, "images": images,
    "batched": batched,
}  # fmt: skip

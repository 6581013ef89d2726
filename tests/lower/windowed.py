"""Networks with windows of constant size: strides, overlaps, gaps, dilation, edges, several axes, other orders."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sympy import Max, Mul, exp, sqrt

from symbackprop import Network, Product, ReduceMax, ReduceMin, Sum, layers
from symbackprop.functions import relu

Build = Callable[[], Network]


def pooled(name: str, size: int, stride: int, kind: Callable[..., Any] = ReduceMax, before: Any = relu) -> Network:
    """A window of `size`² positions at every `stride`-th, over an image of any size."""
    net = Network(name)
    N, C, H, W = net.dims("N C H W")
    net.assume(H >= size)
    net.assume(W >= size)
    H1, W1 = (H - size) // stride + 1, (W - size) // stride + 1
    n, c, h, w = net.indices(n=N, c=C, h=H1, w=W1)
    u, v = net.indices(u=H, v=W)
    i, j = net.indices(i=size, j=size)
    x, K = net.parameter("x", (N, C, H, W)), net.parameter("K", (C, H, W))
    a, p = net.tensors("a p")
    a[n, c, u, v] = before(K[c, u, v] * x[n, c, u, v])
    p[n, c, h, w] = kind(a[n, c, stride * h + i, stride * w + j], i, j)
    net.loss = Sum(p[n, c, h, w] ** 2, n, c, h, w)
    net.output(p)
    return net


def channels_last() -> Network:
    net = Network("channels_last")
    N, H, C = net.dims("N H C")
    n, h, c, u, i = net.indices(n=N, h=H // 2, c=C, u=H, i=2)
    x, p, a = net.parameter("x", (N, H, C)), net.tensor("p"), net.tensor("a")
    a[n, u, c] = relu(x[n, u, c])
    p[n, h, c] = ReduceMax(a[n, 2 * h + i, c], i)
    net.loss = Sum(p[n, h, c] ** 2 * p[n, h, c], n, h, c)
    return net


def backwards() -> Network:
    """A window that runs against its axis, and one that is dilated."""
    net = Network("backwards")
    N, T = net.dims("N T")
    net.assume(T >= 6)
    n, t, s, i = net.indices(n=N, t=T - 4, s=T - 2, i=3)
    x = net.parameter("x", (N, T))
    y, z = net.tensors("y z")
    y[n, t] = ReduceMin(x[n, t + 4 - 2 * i] ** 2, i)
    z[n, s] = Product(x[n, s + 2 - i], i)
    net.loss = Sum(exp(-y[n, t]), n, t) + Sum(z[n, s], n, s)
    return net


def local_maxima() -> Network:
    """Weighted by a window's position, and compared with what lies outside of it."""
    net = Network("local_maxima")
    N, T = net.dims("N T")
    net.assume(T >= 3)
    n, t, i = net.indices(n=N, t=T - 2, i=3)
    x, w, y = net.parameter("x", (N, T)), net.parameter("w", (3,)), net.tensor("y")
    y[n, t] = ReduceMax(Max(w[i] * x[n, t + i], x[n, t]) / (1 + i), i)
    net.loss = Sum(y[n, t], n, t)
    return net


def long_and_short() -> Network:
    """One axis of the window of any length, and one of two positions."""
    net = Network("long_and_short")
    N, H, W, R = net.dims("N H W R")
    net.assume(H >= R)
    n, h, w, r, j = net.indices(n=N, h=H - R + 1, w=W // 2, r=R, j=2)
    x, p, s = net.parameter("x", (N, H, W)), net.tensor("p"), net.tensor("s")
    p[n, h, w] = ReduceMax(x[n, h + r, 2 * w + j], r, j)
    s[n, h, w] = Sum(x[n, h + r, 2 * w + j], r, j)
    net.loss = Sum(p[n, h, w] * s[n, h, w], n, h, w)
    return net


def after_a_product() -> Network:
    """The maximum of what is itself a sum of products: those stay one product of matrices."""
    net = Network("after_a_product")
    N, T, D, F = net.dims("N T D F")
    n, t, d, f, i = net.indices(n=N, t=T // 2, d=D, f=F, i=2)
    x, V, m = net.parameter("x", (N, T, D)), net.parameter("V", (F, D)), net.tensor("m")
    m[n, t, f] = ReduceMax(Sum(V[f, d] * x[n, 2 * t + i, d], d), i)
    net.loss = Sum(m[n, t, f], n, t, f)
    return net


def of_layers(layer: Callable[..., Any], rank: int, *args: Any, **options: Any) -> Build:
    def build() -> Network:
        net = Network("of_layers")
        shape = net.dims("N C D H W")[: rank + 2]
        for size in shape[2:]:
            net.assume(size >= 4)
        x = net.parameter("x", shape)
        y = layer(x, *args, **options)
        at = net.indices(**{f"q{place}": size for place, size in enumerate(y.shape)})
        net.loss = Sum(sqrt(1 + y[tuple(at)] ** 2), *at) + Sum(y[tuple(at)] * Mul(*(1 + index for index in at)), *at)
        return net

    return build


CASES: Mapping[str, Build] = {
    "2 by 2": lambda: pooled("two", 2, 2),
    "overlapping": lambda: pooled("overlapping", 3, 2),
    "every position": lambda: pooled("every", 3, 1),
    "with gaps": lambda: pooled("gaps", 2, 3),
    "means": lambda: pooled("means", 2, 2, lambda u, *axes: Sum(u, *axes) / 4),
    "minima": lambda: pooled("minima", 2, 1, ReduceMin, lambda u: u),
    "channels last": channels_last,
    "backwards": backwards,
    "local maxima": local_maxima,
    "long and short": long_and_short,
    "after a product": after_a_product,
    "max_pool 1d": of_layers(layers.max_pool, 1, 2),
    "max_pool 3d": of_layers(layers.max_pool, 3, 2),
    "max_pool with edges": of_layers(layers.max_pool, 2, 3, stride=2, padding=1),
    "max_pool that hangs over": of_layers(layers.max_pool, 2, 2, ceil_mode=True),
    "avg_pool": of_layers(layers.avg_pool, 2, 2),
    "avg_pool with edges": of_layers(layers.avg_pool, 1, 3, stride=2, padding=1),
    "depthwise": of_layers(layers.depthwise_conv1d, 1, 3),
    "transposed": of_layers(layers.conv_transpose1d, 1, 2, 2, stride=2),
}

"""Networks with convolutions of data: orders of axes, strides, edges, groups, transposes, one to three axes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sympy import And, Piecewise, tanh

from symbackprop import Network, ReduceMax, Sum, layers
from symbackprop.functions import relu

Build = Callable[[], Network]


def two_convolutions(order: str = "nchw", kernel: str = "fcij", size: int | None = None, stride: int = 1) -> Network:
    """Convolution, relu, pooling, convolution, dense: axes of data and of kernels as the orders say."""
    net = Network("two_convolutions")
    N, C, H, W, F, G, K = net.dims("N C H W F G K")
    R = net.dim("R") if size is None else size
    n, c, f, g, k = net.indices(n=N, c=C, f=F, g=G, k=K)
    i, j = net.indices(i=R, j=R)
    V, U = (H - R) // stride + 1, (W - R) // stride + 1
    V1, U1 = V // 2, U // 2
    net.assume(V1 >= R)
    net.assume(U1 >= R)
    h, w, h1, w1 = net.indices(h=V, w=U, h1=V1, w1=U1)
    h2, w2 = net.indices(h2=V1 - R + 1, w2=U1 - R + 1)
    d, e = net.indices(d=2, e=2)

    def at(batch: Any, channel: Any, row: Any, column: Any) -> tuple[Any, ...]:
        return tuple({"n": batch, "c": channel, "h": row, "w": column}[letter] for letter in order)

    def of_kernel(filter_: Any, channel: Any) -> tuple[Any, ...]:
        return tuple({"f": filter_, "c": channel, "i": i, "j": j}[letter] for letter in kernel)

    def shape(F: Any, C: Any) -> tuple[Any, ...]:
        return tuple({"f": F, "c": C, "i": R, "j": R}[letter] for letter in kernel)

    x = net.input("x", at(N, C, H, W))
    K1, K2, b = net.parameter("K1", shape(F, C)), net.parameter("K2", shape(G, F)), net.parameter("b", (F,))
    M = net.parameter("M", (K, G))
    z, a, p, y, m, s = net.tensors("z a p y m s")
    z[at(n, f, h, w)] = Sum(K1[of_kernel(f, c)] * x[at(n, c, stride * h + i, stride * w + j)], c, i, j) + b[f]
    a[at(n, f, h, w)] = relu(z[at(n, f, h, w)])
    p[at(n, f, h1, w1)] = ReduceMax(a[at(n, f, 2 * h1 + d, 2 * w1 + e)], d, e)
    y[at(n, g, h2, w2)] = Sum(K2[of_kernel(g, f)] * p[at(n, f, h2 + i, w2 + j)], f, i, j)
    m[n, g] = Sum(tanh(y[at(n, g, h2, w2)]), h2, w2)
    s[n, k] = Sum(M[k, g] * m[n, g], g)
    net.loss = Sum(s[n, k] ** 2, n, k)
    net.output(s)
    return net


def of_sequences(before: int = 0, dilation: int = 1) -> Network:
    """(n, t, c) with a 1 x 1 convolution between two others, causal or valid, and a skip around them."""
    net = Network("of_sequences")
    N, T, C, R = net.dims("N T C R")
    n, t, c, e, r = net.indices(n=N, t=T, c=C, e=C, r=R)
    x = net.input("x", (N, T, C))
    K, L, P = net.parameter("K", (R, C, C)), net.parameter("L", (R, C, C)), net.parameter("P", (C, C))
    u, v, w = net.tensors("u v w")

    def causal(tensor: Any) -> Any:
        place = t - dilation * r + before
        inside = place >= 0 if not before else And(place >= 0, place < T)
        return Piecewise((tensor[n, place, c], inside), (0, True))

    u[n, t, e] = tanh(Sum(K[r, c, e] * causal(x), r, c))
    v[n, t, e] = Sum(P[e, c] * u[n, t, c], c) + u[n, t, e]
    w[n, t, e] = Sum(L[r, c, e] * causal(v), r, c) + v[n, t, e]
    net.loss = Sum(w[n, t, e] ** 2, n, t, e)
    return net


def of_layers(rank: int, *made: Callable[[Any], Any]) -> Build:
    def build() -> Network:
        net = Network("of_layers")
        shape = net.dims("N C D H W")[: rank + 2]
        for size in shape[2:]:
            net.assume(size >= 5)
        y = x = net.input("x", shape)
        for layer in made:
            y = layer(y)
        assert y is not x
        at = net.indices(**{f"at{place}": size for place, size in enumerate(y.shape)})
        net.loss = Sum(tanh(y[tuple(at)]) ** 2 * (1 + at[-1]), *at)
        return net

    return build


def with_attention() -> Network:
    """Patches of an image, then products of each with each: the batch stays outermost."""
    net = Network("with_attention")
    N, C, T, D, R = net.dims("N C T D R")
    n, c, t, s, d, e, r = net.indices(n=N, c=C, t=T, s=T, d=D, e=D, r=R)
    x, K, Q = net.input("x", (N, C, T * R)), net.parameter("K", (D, C, R)), net.parameter("Q", (D, D))
    z, q, w, o = net.tensors("z q w o")
    z[n, t, d] = Sum(K[d, c, r] * x[n, c, t * R + r], c, r)
    q[n, t, e] = Sum(Q[e, d] * z[n, t, d], d)
    w[n, t, s] = tanh(Sum(q[n, t, d] * z[n, s, d], d))
    o[n, t, d] = Sum(w[n, t, s] * z[n, s, d], s)
    net.loss = Sum(o[n, t, d] ** 2, n, t, d)
    return net


def recurrent() -> Network:
    """A convolution in a loop: what the loop runs along stays as it is."""
    net = Network("recurrent")
    T, N, C, H = net.dims("T N C H")
    net.assume(H > 2)
    t, n, c, e, h, r = net.index("t", (1, T)), *net.indices(n=N, c=C, e=C, h=H, r=3)
    x, K, L = net.input("x", (N, C, H)), net.parameter("K", (C, C, 3)), net.parameter("L", (C, C, 3))
    s = net.tensor("s")
    u = net.tensor("u")
    q = net.index("q", H)

    def same(K: Any, read: Callable[[Any], Any]) -> Any:
        place = h + r - 1
        return Sum(K[e, c, r] * Piecewise((read(place), And(place >= 0, place < H)), (0, True)), c, r)

    u[n, e, h] = same(L, lambda place: x[n, c, place])
    s[0, n, c, q] = u[n, c, q]
    s[t, n, e, h] = tanh(same(K, lambda place: s[t - 1, n, c, place]))
    net.loss = Sum(s[T, n, c, q] ** 2, n, c, q)
    return net


CASES: Mapping[str, Build] = {
    "nchw": two_convolutions,
    "nhwc": lambda: two_convolutions("nhwc", "ijcf"),
    "hwcn": lambda: two_convolutions("hwcn", "cijf"),
    "of known size": lambda: two_convolutions(size=3),
    "strided": lambda: two_convolutions(size=2, stride=2),
    "causal": of_sequences,
    "dilated": lambda: of_sequences(1, 2),
    "conv1d": of_layers(1, lambda x: layers.conv1d(x, 3, 2), lambda x: layers.conv1d(x, 2, 3, stride=2)),
    "conv3d": of_layers(3, lambda x: layers.conv3d(x, 2, 2), lambda x: layers.max_pool(x, 2)),
    "same": of_layers(2, *(lambda x: layers.conv2d(x, 3, 3, padding="same", activation=relu) for _ in range(2))),
    "depthwise": of_layers(2, lambda x: layers.depthwise_conv2d(x, 2, 2), lambda x: layers.conv2d(x, 3, 1)),
    "grouped": of_layers(1, lambda x: layers.conv1d(x, 4, 2), lambda x: layers.conv1d(x, 6, 2, groups=2)),
    "transposed": of_layers(
        2, lambda x: layers.conv2d(x, 2, 2), lambda x: layers.conv_transpose2d(x, 3, 3, stride=2, padding=1)
    ),
    "means": of_layers(2, lambda x: layers.conv2d(x, 3, 2), lambda x: layers.avg_pool(x, 2), layers.flatten),
    "normalised": of_layers(2, lambda x: layers.conv2d(x, 3, 3, padding=1), lambda x: layers.group_norm(x, 1)),
    "with attention": with_attention,
    "recurrent": recurrent,
}

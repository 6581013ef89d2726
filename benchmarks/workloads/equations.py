"""The six workloads as equations, for any order of each tensor's axes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from sympy import Piecewise, exp, oo, sqrt, tanh

from benchmarks.workloads.data import GPT, LSTM
from benchmarks.workloads.layout import Order, Sheet, Turned, given
from symbackprop import LogSumExp, Mean, ReduceMax, Sum
from symbackprop.functions import gelu, relu, sigmoid


def cross_entropy(sheet: Sheet, z: Turned, label: Any, *over: Any, classes: Any) -> None:
    """The loss: the mean over the indices of −log softmax of z, at the label."""
    sheet.net.loss = Mean(LogSumExp(z[(*over, classes)], classes) - z[(*over, label[over])], *over)


def mlp(order: Order, activation: Callable[[Any], Any]) -> Sheet:
    sheet = Sheet("mlp", order)
    N, D, H, G, C = sheet.net.dims("N D H G C")
    n, i, j, m, k = sheet.net.indices(n=N, i=D, j=H, m=G, k=C)
    x, label = sheet.input("x", (N, D)), sheet.input("label", (N,), dtype="int", high=C)
    W1, b1 = sheet.parameter("W1", (D, H)), sheet.parameter("b1", (H,))
    W2, b2 = sheet.parameter("W2", (H, G)), sheet.parameter("b2", (G,))
    W3, b3 = sheet.parameter("W3", (G, C)), sheet.parameter("b3", (C,))
    a1, a2, z = sheet.tensors(a1=2, a2=2, z=2)
    a1[n, j] = activation(Sum(x[n, i] * W1[i, j], i) + b1[j])
    a2[n, m] = activation(Sum(a1[n, j] * W2[j, m], j) + b2[m])
    z[n, k] = Sum(a2[n, m] * W3[m, k], m) + b3[k]
    cross_entropy(sheet, z, label, n, classes=k)
    return sheet


def cnn(order: Order, flat: bool = True) -> Sheet:
    """`flat`: whether the first dense layer's weights have one axis for channels, rows and columns, or three."""
    sheet = Sheet("cnn", order)
    N, B, H, W, C, F, G, R, M = sheet.net.dims("N B H W C F G R M")
    V1, U1 = H - R + 1, W - R + 1
    H1, W1 = V1 // 2, U1 // 2
    V2, U2 = H1 - R + 1, W1 - R + 1
    H2, W2 = V2 // 2, U2 // 2
    n, b, f, g, m, k, r, s = sheet.net.indices(n=N, b=B, f=F, g=G, m=M, k=C, r=R, s=R)
    d, e, v1, u1, h1, w1 = sheet.net.indices(d=2, e=2, v1=V1, u1=U1, h1=H1, w1=W1)
    v2, u2, h2, w2 = sheet.net.indices(v2=V2, u2=U2, h2=H2, w2=W2)
    x, label = sheet.input("x", (N, B, H, W)), sheet.input("label", (N,), dtype="int", high=C)
    K1, c1 = sheet.parameter("K1", (F, B, R, R)), sheet.parameter("c1", (F,))
    K2, c2 = sheet.parameter("K2", (G, F, R, R)), sheet.parameter("c2", (G,))
    if flat:
        T1, b1 = sheet.parameter("W1", (G * H2 * W2, M)), sheet.parameter("b1", (M,))
        weight = T1[(g * H2 + h2) * W2 + w2, m]
    else:
        T1, b1 = sheet.parameter("W1", (G, H2, W2, M), split=(32, 4, 4, 128)), sheet.parameter("b1", (M,))
        weight = T1[g, h2, w2, m]
    T2, b2 = sheet.parameter("W2", (M, C)), sheet.parameter("b2", (C,))
    z1, p1, z2, p2, a, z = sheet.tensors(z1=4, p1=4, z2=4, p2=4, a=2, z=2)
    z1[n, f, v1, u1] = Sum(x[n, b, v1 + r, u1 + s] * K1[f, b, r, s], b, r, s) + c1[f]
    p1[n, f, h1, w1] = ReduceMax(relu(z1[n, f, 2 * h1 + d, 2 * w1 + e]), d, e)
    z2[n, g, v2, u2] = Sum(p1[n, f, v2 + r, u2 + s] * K2[g, f, r, s], f, r, s) + c2[g]
    p2[n, g, h2, w2] = ReduceMax(relu(z2[n, g, 2 * h2 + d, 2 * w2 + e]), d, e)
    a[n, m] = relu(Sum(p2[n, g, h2, w2] * weight, g, h2, w2) + b1[m])
    z[n, k] = Sum(a[n, m] * T2[m, k], m) + b2[k]
    cross_entropy(sheet, z, label, n, classes=k)
    return sheet


def lstm(order: Order, gates: str | None = None) -> Sheet:
    """`gates`: their order on an axis of their own; None has input, forget, output, candidate side by side."""
    sheet = Sheet("lstm", order)
    T, N, D, H, C = sheet.net.dims("T N D H C")
    n, i, j, q, k, t = sheet.net.indices(n=N, i=D, j=H, q=H, k=C, t=(1, T))
    x, label = sheet.input("x", (T, N, D)), sheet.input("label", (N,), dtype="int", high=C)
    if gates is None:
        m = sheet.net.index("m", 4 * H)
        Wx, Wh = sheet.parameter("Wx", (D, 4 * H)), sheet.parameter("Wh", (H, 4 * H))
        b, (z,) = sheet.parameter("b", (4 * H,)), sheet.tensors(z=3)
        at: tuple[Any, ...] = (m,)
    else:
        pick, sizes = tuple("ifog".index(gate) for gate in gates), (4, LSTM["H"])
        m = sheet.net.index("m", 4)
        Wx = sheet.parameter("Wx", (D, 4, H), split=(LSTM["D"], *sizes), pick=(1, pick))
        Wh = sheet.parameter("Wh", (H, 4, H), split=(LSTM["H"], *sizes), pick=(1, pick))
        b, (z,) = sheet.parameter("b", (4, H), split=sizes, pick=(0, pick)), sheet.tensors(z=4)
        at = (m, j)
    Wo, bo = sheet.parameter("Wo", (H, C)), sheet.parameter("bo", (C,))
    i_, f, o, g, c, h = sheet.tensors(input=3, forget=3, output=3, candidate=3, c=3, h=3)
    (logits,) = sheet.tensors(logits=2)

    def gate(letter: str) -> Any:
        return z[t, n, "ifog".index(letter) * H + j] if gates is None else z[t, n, gates.index(letter), j]

    h[0, n, j] = 0
    c[0, n, j] = 0
    z[(t, n, *at)] = Sum(x[t - 1, n, i] * Wx[(i, *at)], i) + Sum(h[t - 1, n, q] * Wh[(q, *at)], q) + b[at]
    i_[t, n, j], f[t, n, j], o[t, n, j] = sigmoid(gate("i")), sigmoid(gate("f")), sigmoid(gate("o"))
    g[t, n, j] = tanh(gate("g"))
    c[t, n, j] = f[t, n, j] * c[t - 1, n, j] + i_[t, n, j] * g[t, n, j]
    h[t, n, j] = o[t, n, j] * tanh(c[t, n, j])
    logits[n, k] = Sum(h[T, n, j] * Wo[j, k], j) + bo[k]
    cross_entropy(sheet, logits, label, n, classes=k)
    return sheet


def gpt(order: Order, flat: bool = True) -> Sheet:
    """`flat`: whether queries, keys and values stand side by side in one array, or each by itself with its heads."""
    sheet = Sheet("gpt", order)
    N, T, V, A, K, F = sheet.net.dims("N T V A K F")
    D = A * K
    n, t, s, v, d, a, k, f = sheet.net.indices(n=N, t=T, s=T, v=V, d=D, a=A, k=K, f=F)
    token = sheet.input("token", (N, T), dtype="int", high=V)
    target = sheet.input("target", (N, T), dtype="int", high=V)
    E, P = sheet.parameter("E", (V, D)), sheet.parameter("P", (T, D))

    def norm(x: Turned, name: str) -> Turned:
        gain, shift = sheet.parameter(f"gain{name}", (D,)), sheet.parameter(f"shift{name}", (D,))
        mean, variance, out = sheet.tensors(**{f"mean{name}": 2, f"variance{name}": 2, f"norm{name}": 3})
        mean[n, t] = Mean(x[n, t, d], d)
        variance[n, t] = Mean((x[n, t, d] - mean[n, t]) ** 2, d)
        out[n, t, d] = gain[d] * (x[n, t, d] - mean[n, t]) / sqrt(variance[n, t] + 1e-5) + shift[d]
        return out

    def attention(x: Turned, layer: int) -> Any:
        if flat:
            e, p = sheet.net.indices(e=3 * D, p=D)
            W, b = sheet.parameter(f"Wqkv{layer}", (D, 3 * D)), sheet.parameter(f"bqkv{layer}", (3 * D,))
            sheet.sizes = {"A": GPT["A"], "K": GPT["D"] // GPT["A"]}  # only their product is an array's size
            Wo, shapes = sheet.parameter(f"Wo{layer}", (D, D)), {f"qkv{layer}": 3, f"mixed{layer}": 3}
        else:
            r, heads = sheet.net.index("r", 3), (GPT["A"], GPT["D"] // GPT["A"])
            W = sheet.parameter(f"Wqkv{layer}", (D, 3, A, K), split=(GPT["D"], 3, *heads))
            b = sheet.parameter(f"bqkv{layer}", (3, A, K), split=(3, *heads))
            Wo = sheet.parameter(f"Wo{layer}", (A, K, D), split=(*heads, GPT["D"]))
            shapes = {f"qkv{layer}": 5, f"mixed{layer}": 4}
        bo = sheet.parameter(f"bo{layer}", (D,))
        qkv, mixed, score, weight = sheet.tensors(**shapes, **{f"score{layer}": 4, f"weight{layer}": 4})

        def part(place: int, t: Any) -> Any:
            """Queries (0), keys (1) or values (2) of a head."""
            return qkv[n, t, place * D + a * K + k] if flat else qkv[n, t, place, a, k]

        at = (e,) if flat else (r, a, k)
        qkv[(n, t, *at)] = Sum(x[n, t, d] * W[(d, *at)], d) + b[at]
        score[n, a, t, s] = Piecewise((Sum(part(0, t) * part(1, s), k) / sqrt(K), s <= t), (-oo, True))
        weight[n, a, t, s] = exp(score[n, a, t, s] - LogSumExp(score[n, a, t, s], s))
        if flat:
            mixed[n, t, a * K + k] = Sum(weight[n, a, t, s] * part(2, s), s)
            return Sum(mixed[n, t, p] * Wo[p, d], p) + bo[d]
        mixed[n, a, t, k] = Sum(weight[n, a, t, s] * part(2, s), s)
        return Sum(mixed[n, a, t, k] * Wo[a, k, d], a, k) + bo[d]

    (x,) = sheet.tensors(x=3)
    x[n, t, d] = E[token[n, t], d] + P[t, d]
    for layer in range(GPT["L"]):
        y, wide, out = sheet.tensors(**{f"y{layer}": 3, f"wide{layer}": 3, f"out{layer}": 3})
        y[n, t, d] = x[n, t, d] + attention(norm(x, f"{layer}a"), layer)
        u = norm(y, f"{layer}b")
        W1, b1 = sheet.parameter(f"W1_{layer}", (D, F)), sheet.parameter(f"b1_{layer}", (F,))
        W2, b2 = sheet.parameter(f"W2_{layer}", (F, D)), sheet.parameter(f"b2_{layer}", (D,))
        wide[n, t, f] = gelu(Sum(u[n, t, d] * W1[d, f], d) + b1[f], approximate="tanh")
        out[n, t, d] = y[n, t, d] + Sum(wide[n, t, f] * W2[f, d], f) + b2[d]
        x = out
    final, (logits,) = norm(x, ""), sheet.tensors(logits=3)
    W = sheet.parameter("head", (D, V))
    logits[n, t, v] = Sum(final[n, t, d] * W[d, v], d)
    cross_entropy(sheet, logits, target, n, t, classes=v)
    return sheet


def tiny(order: Order) -> Sheet:
    sheet = Sheet("tiny", order)
    N, D, H, C = sheet.net.dims("N D H C")
    n, i, j, k = sheet.net.indices(n=N, i=D, j=H, k=C)
    x, y = sheet.input("x", (N, D)), sheet.input("y", (N, C))
    W1, b1 = sheet.parameter("W1", (D, H)), sheet.parameter("b1", (H,))
    W2, b2 = sheet.parameter("W2", (H, C)), sheet.parameter("b2", (C,))
    a, out = sheet.tensors(a=2, out=2)
    a[n, j] = tanh(Sum(x[n, i] * W1[i, j], i) + b1[j])
    out[n, k] = Sum(a[n, j] * W2[j, k], j) + b2[k]
    sheet.net.loss = Mean((out[n, k] - y[n, k]) ** 2, n, k)
    return sheet


SHEETS: dict[str, Callable[[Order], Sheet]] = {
    "mlp-small": partial(mlp, activation=tanh),
    "mlp-large": partial(mlp, activation=relu),
    "cnn": cnn,
    "lstm": lstm,
    "gpt-block": gpt,
    "tiny": tiny,
}

_DENSE = dict.fromkeys(("x", "W1", "W2", "W3", "a1", "a2", "z"), (1, 0))  # weights (out, in), features first
_LAST = dict.fromkeys(("x", "z1", "p1", "z2", "p2"), (0, 2, 3, 1))  # channels last
_KERNELS = {"K1": (2, 3, 1, 0), "K2": (2, 3, 1, 0), "W1": (3, 1, 2, 0), "W2": (1, 0)}
_GATES = {"x": (1, 0, 2), "Wx": (1, 2, 0), "Wh": (1, 2, 0), "Wo": (1, 0), "z": (0, 2, 1, 3)}
_HEADS = {"token": (1, 0), "target": (1, 0), "P": (1, 0), "E": (1, 0), "head": (1, 0)}
for _layer in range(GPT["L"]):
    _HEADS |= {f"Wqkv{_layer}": (1, 2, 3, 0), f"Wo{_layer}": (2, 0, 1)}
    _HEADS |= {f"W1_{_layer}": (1, 0), f"W2_{_layer}": (1, 0), f"qkv{_layer}": (2, 0, 3, 1, 4)}

PERMUTED: dict[str, Callable[[], Sheet]] = {
    "mlp-small": lambda: mlp(given(_DENSE), tanh),
    "mlp-large": lambda: mlp(given(_DENSE), relu),
    "cnn": lambda: cnn(given(_LAST | _KERNELS), flat=False),
    "lstm": lambda: lstm(given(_GATES), gates="ogfi"),
    "gpt-block": lambda: gpt(given(_HEADS), flat=False),
    "tiny": lambda: tiny(given(_DENSE | {"y": (1, 0), "a": (1, 0), "out": (1, 0)})),
}

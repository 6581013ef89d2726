"""Networks whose size is a Python number, for the benchmarks: each layer is written out as equations of its own."""

from __future__ import annotations

from sympy import Piecewise, exp, oo, sqrt, tanh

from symbackprop import LogSumExp, Mean, Network, Sum
from symbackprop.functions import gelu


def dense_chain(layers: int) -> Network:
    """`layers` dense layers: z = W x + b, a = tanh(z), and a squared error; 2 · layers + 1 equations.

    Shapes: x and y (N, H), each W (H, H), each b (H,).
    """
    net = Network("chain")
    N, H = net.dims("N H")
    n, i, j = net.indices(n=N, i=H, j=H)
    x, y = net.input("x", (N, H)), net.input("y", (N, H))
    a = x
    for layer in range(1, layers + 1):
        W, b = net.parameter(f"W{layer}", (H, H)), net.parameter(f"b{layer}", (H,))
        below, (z, a) = a, net.tensors(f"z{layer} a{layer}")
        z[n, j] = Sum(W[j, i] * below[n, i], i) + b[j]
        a[n, j] = tanh(z[n, j])
    net.loss = Sum((a[n, j] - y[n, j]) ** 2, n, j) / (2 * N)
    net.output(a)
    return net


def transformer(layers: int) -> Network:
    """A causal language model with layer norm before attention and before the MLP, and with a tied embedding.

        x = E[token] + P,   h = norm(x),   q, k, v = Wq h + bq, Wk h + bk, Wv h + bv, for each head
        w = softmax over s ≤ t of q[t] · k[s] / √K,   x ← x + Wo Σ_s w v[s] + bo
        x ← x + W2 gelu(W1 norm(x) + b1) + b2,   logits = E norm(x)
        loss = mean over n and t of −log softmax(logits)[n, t, label[n, t]]

    Shapes: token and label (N, T) integers below V; E (V, D), P (T, D); Wq, Wk, Wv (A, K, D), Wo (D, A, K);
    W1 (F, D), W2 (D, F). 21 equations a layer.

    Source: A. Radford et al., Language models are unsupervised multitask learners (2019): GPT-2.
    """
    net = Network("transformer")
    N, T, V, D, A, K, F = net.dims("N T V D A K F")
    n, t, s, v, d = net.indices(n=N, t=T, s=T, v=V, d=D)
    h, k, f = net.indices(h=A, k=K, f=F)
    token = net.input("token", (N, T), dtype="int", high=V)
    label = net.input("label", (N, T), dtype="int", high=V)
    E, P = net.parameter("E", (V, D), init=0.02), net.parameter("P", (T, D), init=0.02)

    def norm(x, name):
        gain, shift = net.parameter(f"gain_{name}", (D,), init="ones"), net.parameter(f"shift_{name}", (D,))
        mean, variance, out = net.tensors(f"mean_{name} variance_{name} norm_{name}")
        mean[n, t] = Mean(x[n, t, d], d)
        variance[n, t] = Mean((x[n, t, d] - mean[n, t]) ** 2, d)
        out[n, t, d] = gain[d] * (x[n, t, d] - mean[n, t]) / sqrt(variance[n, t] + 1e-5) + shift[d]
        return out

    def attention(x, name):
        heads = []
        for role in "qkv":
            W, b = net.parameter(f"W{role}{name}", (A, K, D)), net.parameter(f"b{role}{name}", (A, K), init="zeros")
            head = net.tensor(f"{role}{name}")
            head[n, h, t, k] = Sum(W[h, k, d] * x[n, t, d], d) + b[h, k]
            heads.append(head)
        query, key, value = heads
        Wo, bo = net.parameter(f"Wo{name}", (D, A, K)), net.parameter(f"bo{name}", (D,))
        score, weight, mixed, out = net.tensors(f"score{name} weight{name} mixed{name} attended{name}")
        score[n, h, t, s] = Piecewise((Sum(query[n, h, t, k] * key[n, h, s, k], k) / sqrt(K), s <= t), (-oo, True))
        weight[n, h, t, s] = exp(score[n, h, t, s] - LogSumExp(score[n, h, t, s], s))
        mixed[n, h, t, k] = Sum(weight[n, h, t, s] * value[n, h, s, k], s)
        out[n, t, d] = Sum(Wo[d, h, k] * mixed[n, h, t, k], h, k) + bo[d]
        return out

    def mlp(x, name):
        W1, b1 = net.parameter(f"W1_{name}", (F, D)), net.parameter(f"b1_{name}", (F,))
        W2, b2 = net.parameter(f"W2_{name}", (D, F)), net.parameter(f"b2_{name}", (D,))
        wide, active, out = net.tensors(f"wide{name} active{name} narrow{name}")
        wide[n, t, f] = Sum(W1[f, d] * x[n, t, d], d) + b1[f]
        active[n, t, f] = gelu(wide[n, t, f])
        out[n, t, d] = Sum(W2[d, f] * active[n, t, f], f) + b2[d]
        return out

    def plus(x, y, name):
        out = net.tensor(f"x{name}")
        out[n, t, d] = x[n, t, d] + y[n, t, d]
        return out

    x = net.tensor("x0")
    x[n, t, d] = E[token[n, t], d] + P[t, d]
    for layer in range(1, layers + 1):
        x = plus(x, attention(norm(x, f"{layer}a"), layer), f"{layer}a")
        x = plus(x, mlp(norm(x, f"{layer}b"), layer), f"{layer}b")
    final, (logits, p) = norm(x, "final"), net.tensors("logits p")
    logits[n, t, v] = Sum(E[v, d] * final[n, t, d], d)
    p[n, t, v] = exp(logits[n, t, v] - LogSumExp(logits[n, t, v], v))
    net.loss = Sum(LogSumExp(logits[n, t, v], v) - logits[n, t, label[n, t]], n, t) / (N * T)
    net.output(p)
    return net


def minors(size: int) -> Network:
    """The determinant of a matrix by its minors, each of which is computed once: 2**size scalar equations.

        det of rows r… and columns c = Σ over the places k of c of (−1)^k A[r, c[k]] · det of the rest

    Shapes: A (size, size).
    """
    net = Network("minors")
    A = net.parameter("A", (size, size))
    known = {}

    def minor(row, columns):
        if columns not in known:
            value = sum(
                (-1) ** k * A[row, column] * minor(row + 1, columns[:k] + columns[k + 1 :])
                for k, column in enumerate(columns)
            )
            known[columns] = net.tensor("_".join(map(str, ("m", *columns))))
            known[columns][()] = value if columns else 1
        return known[columns]

    net.loss = minor(0, tuple(range(size)))
    return net

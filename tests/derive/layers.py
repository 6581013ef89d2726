"""Layers as people write them: networks with outputs and no loss, each with something that a loss does not have."""

from __future__ import annotations

from sympy import Eq, Piecewise, exp, oo, sqrt, tanh

from symbackprop import LogSumExp, Mean, Network, ReduceMax, Sum, layers
from symbackprop.functions import relu, sigmoid, stop_gradient


def attention_block() -> Network:
    """Causal self-attention with a residual; its weights are an output too, and read further."""
    net = Network("attention_block")
    B, T, D, K = net.dims("B T D K")
    n, t, s, d, k = net.indices(n=B, t=T, s=T, d=D, k=K)
    x = net.input("x", (B, T, D))
    wq, wk, wv, wo = (net.parameter(f"W{name}", shape) for name, shape in
                      (("q", (K, D)), ("k", (K, D)), ("v", (K, D)), ("o", (D, K))))  # fmt: skip
    q, key, v, score, weight, mixed, y = net.tensors("q key v score weight mixed y")
    q[n, t, k] = Sum(wq[k, d] * x[n, t, d], d)
    key[n, s, k] = Sum(wk[k, d] * x[n, s, d], d)
    v[n, s, k] = Sum(wv[k, d] * x[n, s, d], d)
    score[n, t, s] = Piecewise((Sum(q[n, t, k] * key[n, s, k], k) / sqrt(K), s <= t), (-oo, True))
    weight[n, t, s] = exp(score[n, t, s] - LogSumExp(score[n, t, s], s))
    mixed[n, t, k] = Sum(weight[n, t, s] * v[n, s, k], s)
    y[n, t, d] = x[n, t, d] + Sum(wo[d, k] * mixed[n, t, k], k)
    net.output(y, weight)
    return net


def lstm_sequence() -> Network:
    """An LSTM over a sequence; all hidden states and the last cell are outputs, both read by the recurrence."""
    net = Network("lstm_sequence")
    N, T, D, H = net.dims("N T D H")
    n, i, j, k = net.indices(n=N, i=D, j=H, k=H)
    t = net.index("t", (1, T))
    x, h0, c0 = net.input("x", (T, N, D)), net.input("h0", (N, H)), net.input("c0", (N, H))
    gates = {}
    h, c, last = net.tensors("h c last")
    for gate in "ifgo":
        W, U, b = (net.parameter(f"{kind}_{gate}", shape) for kind, shape in
                   (("W", (H, D)), ("U", (H, H)), ("b", (H,))))  # fmt: skip
        act = gates[gate] = net.tensor(f"{gate}_t")
        function = tanh if gate == "g" else sigmoid
        act[t, n, j] = function(Sum(W[j, i] * x[t - 1, n, i], i) + Sum(U[j, k] * h[t - 1, n, k], k) + b[j])
    h[0, n, j], c[0, n, j] = h0[n, j], c0[n, j]
    c[t, n, j] = gates["f"][t, n, j] * c[t - 1, n, j] + gates["i"][t, n, j] * gates["g"][t, n, j]
    h[t, n, j] = gates["o"][t, n, j] * tanh(c[t, n, j])
    last[n, j] = c[T, n, j]
    net.output(h, last)
    return net


def lstm_cell() -> Network:
    """One step of the same, for who writes the loop."""
    net = Network("lstm_cell")
    N, D, H = net.dims("N D H")
    n, i, j, k = net.indices(n=N, i=D, j=H, k=H)
    x, h0, c0 = net.input("x", (N, D)), net.input("h0", (N, H)), net.input("c0", (N, H))
    W, U, b = net.parameter("W", (4, H, D)), net.parameter("U", (4, H, H)), net.parameter("b", (4, H))
    h, c, z = net.tensors("h c z")
    g = net.index("g", 4)
    z[g, n, j] = Sum(W[g, j, i] * x[n, i], i) + Sum(U[g, j, k] * h0[n, k], k) + b[g, j]
    c[n, j] = sigmoid(z[1, n, j]) * c0[n, j] + sigmoid(z[0, n, j]) * tanh(z[2, n, j])
    h[n, j] = sigmoid(z[3, n, j]) * tanh(c[n, j])
    net.output(h, c)
    return net


def batch_norm() -> Network:
    """Batch normalisation with running statistics and dropout behind it: buffers, noise, and two ways to compute."""
    net = Network("batch_norm")
    N, C = net.dims("N C")
    n, c = net.indices(n=N, c=C)
    x = net.input("x", (N, C))
    scale, shift = net.parameter("scale", (C,), init="ones"), net.parameter("shift", (C,))
    mean, var = net.buffer("mean", (C,), "zeros"), net.buffer("var", (C,), "ones")
    keep = net.random("keep", (N, C), "bernoulli", p=0.75)
    mu, v, m, s, y, z = net.tensors("mu v m s y z")
    mu[c] = Mean(x[n, c], n)
    v[c] = Mean((x[n, c] - mu[c]) ** 2, n)
    m[c] = Piecewise((mu[c], net.training), (mean[c], True))
    s[c] = Piecewise((v[c], net.training), (var[c], True))
    y[n, c] = scale[c] * (x[n, c] - m[c]) / sqrt(s[c] + 1e-5) + shift[c]
    z[n, c] = Piecewise((y[n, c] * keep[n, c] / 0.75, net.training), (y[n, c], True))
    net.update(mean[c], 0.9 * mean[c] + 0.1 * mu[c])
    net.update(var[c], 0.9 * var[c] + 0.1 * v[c])
    net.output(z)
    return net


def without_parameters() -> Network:
    """Rank 0, a part of what is read, an output read by an output, and one that is empty at T = 1."""
    net = Network("without_parameters")
    T, D = net.dims("T D")
    i, d = net.indices(i=T, d=D)
    t = net.index("t", (0, T - 2))
    x = net.input("x", (T, D))
    norm, step, unit = net.tensors("norm step unit")
    norm[()] = sqrt(Sum(x[i, d] ** 2, i, d) + 1)
    step[t, d] = x[t + 1, d] - x[t, d]
    unit[i, d] = x[i, d] / norm
    net.output(norm, step, unit)
    return net


def embedding() -> Network:
    """Integers alone for inputs: the gradient is by the parameter."""
    net = Network("embedding")
    N, V, D = net.dims("N V D")
    n, d = net.indices(n=N, d=D)
    token = net.input("token", (N,), dtype="int", high=V)
    table = net.parameter("table", (V, D))
    y = net.tensor("y")
    y[n, d] = table[token[n], d]
    net.output(y)
    return net


def kinks() -> Network:
    """A maximum, relu, a stopped gradient, and an assumption."""
    net = Network("kinks")
    N, D = net.dims("N D")
    n, d = net.indices(n=N, d=D)
    x, p = net.input("x", (N, D)), net.input("p", (N, D))
    w = net.parameter("w", (D,))
    a, top, y = net.tensors("a top y")
    net.assume(Eq(Sum(p[n, d], d), 1))
    a[n, d] = relu(w[d] * x[n, d])
    top[n] = ReduceMax(a[n, d] * p[n, d], d)
    y[n, d] = a[n, d] * stop_gradient(top[n]) + p[n, d] * Sum(p[n, d] * x[n, d], d)
    net.output(top, y)
    return net


def from_library() -> Network:
    """Layers of the library alone."""
    net = Network("from_library")
    N, T, D = net.dims("N T D")
    x = net.input("x", (N, T, D))
    h = layers.layer_norm(x, name="norm")
    y = layers.dense(h, 6, activation=tanh, name="1")
    net.output(y)
    return net


def gibbs() -> Network:
    """A distribution and its mean energy: each backward sum is like a part of the inner product, which has no value."""
    net = Network("gibbs")
    N = net.dim("N")
    n = net.index("n", N)
    energy, beta = net.input("energy", (N,)), net.parameter("beta", ())
    p, mean = net.tensors("p mean")
    p[n] = exp(-beta * energy[n]) / Sum(exp(-beta * energy[n]), n)
    mean[()] = Sum(p[n] * energy[n], n)
    net.output(p, mean)
    return net


def softmax() -> Network:
    """The same of a lone vector, alone."""
    net = Network("softmax")
    N = net.dim("N")
    n = net.index("n", N)
    u, p = net.input("u", (N,)), net.tensor("p")
    p[n] = exp(u[n]) / Sum(exp(u[n]), n)
    net.output(p)
    return net


LAYERS = (
    attention_block, lstm_sequence, lstm_cell, batch_norm, without_parameters, embedding, kinks, from_library,
    gibbs, softmax,
)  # fmt: skip

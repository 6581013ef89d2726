"""Sentences of the language, each as a network: sizes, indices and shapes."""

from __future__ import annotations

from typing import Any

import numpy as np
from sympy import (
    And,
    Piecewise,
    exp,
    floor,
    sin,
    tanh,
)  # fmt: skip

from symbackprop import LogSumExp, Mean, Network, Product, ReduceMax, ReduceMin, Sum


def test_rank_0_without_inputs_several_outputs(check: Any) -> None:
    net = Network("scalars")
    a, b, s, q = net.parameter("a", ()), net.parameter("b", ()), net.tensor("s"), net.tensor("q")
    s[()] = a * b
    q[()] = s[()] + s**2 + sin(a)
    net.loss = q
    net.output(q)
    net.output(s)
    check(
        net, {}, lambda a, b: a * b + (a * b) ** 2 + np.sin(a), lambda a, b: (a * b + (a * b) ** 2 + np.sin(a), a * b)
    )


def test_the_loss_is_a_parameter(check: Any) -> None:
    net = Network("bare")
    net.loss = net.parameter("a", (), init=3)
    done = check(net, {}, lambda a: a)
    assert not hasattr(done["module"], "predict")
    params = done["module"].init_params(0)
    assert params["a"] == 3
    loss, grads = done["module"].value_and_grad(params)
    assert loss.dtype == grads["a"].dtype == np.float32
    assert grads["a"].shape == ()


def test_integer_and_symbolic_sizes_mixed(check: Any) -> None:
    net = Network("mixed")
    N, D = net.dims("N D")
    n, i, q, p = net.indices(n=N, i=D, q=4, p=2 * D)
    x, W, z = net.input("x", (N, D)), net.parameter("W", (4, 2 * D, 3)), net.tensor("z")
    z[n, q, i] = Sum(W[q, p, 1] * x[n, i], p) + W[q, 2 * i, 0] + W[q, D + i, 2]
    net.loss = Mean(z[n, q, i] ** 2, n, q, i)
    net.output(z)

    def run(x: Any, W: Any) -> Any:
        return W[:, :, 1].sum(1)[None, :, None] * x[:, None] + W[:, ::2, 0][None] + W[:, x.shape[1] :, 2][None]

    check(net, {"N": 3, "D": 2}, lambda **d: (run(**d) ** 2).mean(), run)


def test_integer_sizes_alone(check: Any) -> None:
    net = Network("concrete")
    n, i = net.indices(n=3, i=2)
    w = net.parameter("w", (3, 2))
    net.loss = Sum(w[n, i] ** 2, n, i) / 3 + Sum(n * i * w[n, i], n, i)
    check(net, {}, lambda w: (w**2).sum() / 3 + (w * np.outer(range(3), range(2))).sum())


def test_sizes_by_integer_division(check: Any) -> None:
    net = Network("strided")
    H, K = net.dims("H K")
    O = (H + 2 - K) // 2 + 1
    o, p, u, v = net.indices(o=O, p=K, u=H + 2, v=floor(H / 2) + 1)
    x, w, half = net.parameter("x", (H,)), net.parameter("w", (K,)), net.parameter("half", (floor(H / 2) + 1,))
    y, padded = net.tensors("y padded")
    padded[u] = Piecewise((x[u - 1], And(u >= 1, u <= H)), (0, True))
    y[o] = Sum(w[p] * padded[2 * o + p], p)
    net.loss = Sum(y[o] ** 2, o) / O + Sum(half[v] ** 2, v)
    net.output(y)

    def run(x: Any, w: Any, half: Any) -> Any:
        z = np.pad(x, 1)
        return np.array([w @ z[2 * o : 2 * o + len(w)] for o in range((len(z) - len(w)) // 2 + 1)])

    check(net, {"H": 7, "K": 3}, lambda **d: (run(**d) ** 2).mean() + (d["half"] ** 2).sum(), run)


def test_steps_known_as_integers(check: Any) -> None:
    for T in (1, 2, 3):
        net = Network("steps")
        t, r = net.indices(t=(1, T - 1), r=T)
        w, x, h = net.parameter("w", ()), net.input("x", (T,)), net.tensor("h")
        h[0] = tanh(x[0] * w)
        h[t] = tanh(w * h[t - 1] + x[t])
        net.loss = Sum(h[r] ** 2, r) + Sum(h[t], t)
        net.output(h)

        def run(w: Any, x: Any) -> Any:
            h = [np.tanh(x[0] * w)]
            for value in x[1:]:
                h.append(np.tanh(w * h[-1] + value))
            return np.array(h)

        check(net, {}, lambda run=run, **d: (run(**d) ** 2).sum() + run(**d)[1:].sum(), run, verify=T == 2)


def test_empty_ranges(check: Any) -> None:
    net = Network("empty")
    T = net.dim("T")
    t, r = net.indices(t=(1, T - 1), r=T)
    w, d, g = net.parameter("w", (T,)), net.tensor("d"), net.tensor("g")
    a, b, c = net.tensors("a b c")
    d[0] = w[0]
    d[t] = w[t] - w[t - 1]
    g[t] = tanh(w[t])
    a[()], b[()], c[()] = LogSumExp(w[t], t), ReduceMax(w[t], t), ReduceMin(w[t], t)
    net.loss = Sum(d[r] ** 2, r) + Sum(g[t], t) + Product(2 + w[t], t) + exp(a) + exp(b) + exp(-c)
    net.output(d, a, b, c)

    def run(w: Any) -> Any:
        return (np.diff(w, prepend=0) ** 2).sum() + np.tanh(w[1:]).sum() + np.prod(2 + w[1:]) + (
            np.exp(w[1:]).sum() + np.exp(w[1:].max()) + np.exp(-w[1:].min()) if len(w) > 1 else 0)  # fmt: skip

    def parts(w: Any) -> Any:
        rest = w[1:]
        if not len(rest):
            return w, -np.inf, -np.inf, np.inf
        return np.diff(w, prepend=0), np.log(np.exp(rest).sum()), rest.max(), rest.min()

    for T_ in (1, 2, 5):
        check(net, {"T": T_}, run, parts, verify=T_ == 5)

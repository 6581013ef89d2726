"""Sentences of the language, each as a network: inputs, noise, buffers and assumptions."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from sympy import (
    Eq,
    Piecewise,
    Rational,
    sin,
    sqrt,
    tanh,
)  # fmt: skip

import symbackprop as sb
from symbackprop import LogSumExp, Mean, Network, Sum


def test_integers_are_compared_counted_and_gathered_by(check: Any) -> None:
    net = Network("integers")
    N, V, D = net.dims("N V D")
    n, v, d = net.indices(n=N, v=V, d=D)
    label, count = net.input("label", (N,), "int", high=V), net.input("count", (N,), dtype="int")
    E, x, bag = net.parameter("E", (V, D)), net.parameter("x", (N, V)), net.tensor("bag")
    bag[v] = Sum(Piecewise((count[n], Eq(label[n], v)), (0, True)), n)
    net.loss = (
        Sum(Piecewise((x[n, v] ** 2, Eq(label[n], v)), (x[n, v] * count[n], label[n] > count[n]), (0, True)), n, v)
        + Sum(E[label[n], d] ** 3 + E[label[n], 0], n, d) + Sum(x[n, label[n]] * label[n] / 2 * bag[label[n]], n)
    )  # fmt: skip
    net.output(bag)

    def bag_of(label: Any, count: Any, E: Any, x: Any) -> Any:
        return np.bincount(label, count, minlength=len(E))

    def run(label: Any, count: Any, E: Any, x: Any) -> Any:
        total = (E[label] ** 3 + E[label][:, :1]).sum()
        for n, row in enumerate(x):
            total += row[label[n]] * label[n] / 2 * bag_of(label, count, E, x)[label[n]]
            for v, value in enumerate(row):
                total += value**2 if label[n] == v else value * count[n] if label[n] > count[n] else 0
        return total

    done = check(net, {"N": 5, "V": 3, "D": 2}, run, bag_of, high=3)
    for wrong in ([0, 3], [-1, 0], [0.0, 1.0]):
        with pytest.raises(ValueError, match="label"):
            done["module"].forward({"E": np.ones((3, 2)), "x": np.ones((2, 3))}, np.array(wrong), np.array([0, 1]))


def test_gathers_in_recurrences_of_two_axes_and_of_gathers(check: Any) -> None:
    net = Network("gathers")
    T, V, H = net.dims("T V H")
    t, r, j, k = net.indices(t=(1, T), r=T, j=H, k=H)
    tok, to = net.input("tok", (T,), "int", high=V), net.input("to", (T,), "int", high=T)
    E, U, M, h = net.parameter("E", (V, H)), net.parameter("U", (H, H)), net.parameter("M", (V, T)), net.tensor("h")
    h[0, j] = 0
    h[t, j] = tanh(E[tok[t - 1], j] + Sum(U[j, k] * h[t - 1, k], k))
    net.loss = Sum(h[T, j], j) + Sum(sin(M[tok[r], to[r]]) * (r + 1) + M[0, to[to[r]]], r)
    net.output(h)

    def run(tok: Any, to: Any, E: Any, U: Any, M: Any) -> Any:
        h = [np.zeros(len(U))]
        for token in tok:
            h.append(np.tanh(E[token] + U @ h[-1]))
        return np.array(h)

    def loss(**d: Any) -> Any:
        tok, to, M = d["tok"], d["to"], d["M"]
        return run(**d)[-1].sum() + (np.sin(M[tok, to]) * np.arange(1, len(to) + 1) + M[0, to[to]]).sum()

    check(net, {"T": 5, "V": 3, "H": 2}, loss, run, high=3)


def noisy() -> Any:
    net = Network("noise")
    N = net.dim("N")
    n = net.index("n", N)
    w, z = net.parameter("w", (N,)), net.tensor("z")
    b = net.random("b", (N,), "bernoulli", p=Rational(3, 10))
    g = net.random("g", (N,), "normal", mean=1, std=2)
    u = net.random("u", (N,), "uniform", low=-1, high=3)
    g0, u0 = net.random("g0", (N,), "normal"), net.random("u0", (N,), "uniform")
    z[n] = w[n] * (b[n] + 10 * g[n] + 100 * u[n] + 1000 * g0[n] + 10000 * u0[n])
    net.loss = Sum(z[n], n)
    net.output(z)
    return net


def test_noise_given_drawn_and_replaced_by_its_mean(check: Any) -> None:
    net, weight = noisy(), {"b": 1, "g": 10, "u": 100, "g0": 1000, "u0": 10000}
    given = {name: np.random.default_rng(3).uniform(size=4) for name in weight}
    factor = sum(weight[name] * given[name] for name in weight)
    check(net, {"N": 4}, lambda w: w @ factor, lambda w: w * (0.3 + 10 + 100 + 5000), extra=given)
    module, size = sb.load(net), 20000
    params = {"w": np.ones(size)}
    assert module.forward(params, rng=0)[0] == module.forward(params, rng=np.random.default_rng(0))[0]
    with pytest.raises((TypeError, ValueError), match="rng"):
        module.forward(params)
    moments = {
        "b": (0.3, math.sqrt(0.21)),
        "g": (1, 2),
        "u": (1, 4 / math.sqrt(12)),
        "g0": (0, 1),
        "u0": (0.5, 1 / math.sqrt(12)),
    }
    for name, (mean, deviation) in moments.items():
        others = {other: np.zeros(size) for other in weight if other != name}
        drawn = module.value_and_grad(params, rng=1, **others)[1]["w"] / weight[name]
        assert abs(drawn.mean() - mean) < 4 * deviation / math.sqrt(size)
        assert abs(drawn.std() - deviation) < 0.05 * deviation


def test_buffers_with_updates_on_parts() -> None:
    net = Network("running")
    N, C = net.dims("N C")
    n, c, k = net.indices(n=N, c=(1, C - 1), k=C)
    x, w, r = net.input("x", (N, C)), net.parameter("w", (C,)), net.buffer("r", (C,), "ones")
    q, steps, mean, z = net.buffer("q", (), 2), net.buffer("steps", (), "zeros"), net.tensor("mean"), net.tensor("z")
    mean[k] = Mean(x[n, k], n)
    z[n, k] = (x[n, k] - r[k]) * w[k] * q
    net.update(r[0], r[0])
    net.update(r[c], Rational(9, 10) * r[c] + mean[c] / 10)
    net.update(steps[()], steps + 1)
    net.loss = Sum(z[n, k] ** 2, n, k)
    net.output(z)
    module, rng = sb.load(net), np.random.default_rng(0)
    X, W = rng.normal(size=(4, 3)), rng.normal(size=3)
    buffers = module.init_buffers(C=3, dtype=np.float64)
    loss, cache = module.forward({"w": W}, X, buffers=buffers)
    following = module.next_buffers(cache)
    expected = 0.9 + X.mean(0) / 10
    expected[0] = 1
    np.testing.assert_allclose(following["r"], expected)
    assert following["q"] == 2
    assert following["steps"] == 1
    assert buffers["steps"] == 0
    np.testing.assert_allclose(loss, (((X - 1) * W * 2) ** 2).sum())
    np.testing.assert_allclose(module.backward(cache)["w"], (2 * W * ((X - 1) * 2) ** 2).sum(0))
    np.testing.assert_allclose(module.predict({"w": W}, X, buffers=following), (X - expected) * W * 2)
    assert sb.verify(net).passed


def test_an_assumption_is_used_stated_and_met() -> None:
    net = Network("assumed")
    N, K = net.dims("N K")
    n, k = net.indices(n=N, k=K)
    y, w = net.input("y", (N, K)), net.parameter("w", (N, K))
    net.assume(Eq(Sum(y[n, k], k), 1))
    net.loss = Sum(LogSumExp(w[n, k], k) - Sum(y[n, k] * w[n, k], k), n) / N
    assert "Σ" not in str(sb.derive(net).gradient("w")[-1])
    assert "assum" in sb.generate(net).lower()
    assert sb.verify(net).passed


def test_an_assumption_on_sizes_allows_a_read(check: Any) -> None:
    net = Network("sizes")
    N, K = net.dims("N K")
    net.assume(N >= K)
    k, w = net.index("k", K), net.parameter("w", (N,))
    net.loss = Sum(w[k] ** 2, k)
    check(net, {"N": 4, "K": 3}, lambda w: (w[:3] ** 2).sum(), keywords=("K",))


def test_initial_values() -> None:
    net = Network("initial")
    A, B = net.dims("A B")
    a, b = net.indices(a=A, b=B)
    schemes: dict[str, tuple[Any, float, float]] = {  # init, mean, standard deviation at A = 200, B = 300
        "zeros": ("zeros", 0, 0), "ones": ("ones", 1, 0), "normal": ("normal", 0, 1), "number": (0.5, 0.5, 0),
        "glorot_uniform": ("glorot_uniform", 0, math.sqrt(2 / 500)), "default": (None, 0, math.sqrt(2 / 500)),
        "glorot_normal": ("glorot_normal", 0, math.sqrt(2 / 500)), "he_normal": ("he_normal", 0, math.sqrt(2 / 300)),
        "he_uniform": ("he_uniform", 0, math.sqrt(2 / 300)), "deviation": (2 / sqrt(A * B), 0, 2 / math.sqrt(60000)),
    }  # fmt: skip
    parameters = [net.parameter(f"w_{name}", (A, B), init=scheme) for name, (scheme, _, _) in schemes.items()]
    bias = net.parameter("bias", (A,))
    net.loss = Sum(sum(parameter[a, b] for parameter in parameters), a, b) + Sum(bias[a], a)
    drawn = sb.load(net).init_params(0, A=200, B=300)
    assert not drawn["bias"].any()
    for name, (_, mean, deviation) in schemes.items():
        value = drawn[f"w_{name}"].astype(float)
        assert drawn[f"w_{name}"].dtype == np.float32
        assert abs(value.mean() - mean) <= 5 * deviation / math.sqrt(value.size)
        assert abs(value.std() - deviation) <= 0.03 * deviation

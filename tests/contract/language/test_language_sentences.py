"""The language's table, sentence by sentence, each against NumPy written by hand."""

from __future__ import annotations

import inspect
import math
from typing import Any

import numpy as np
import pytest
import sympy
from sympy import (
    And,
    Eq,
    KroneckerDelta,
    Max,
    Mod,
    Ne,
    Not,
    Or,
    Piecewise,
    Rational,
    acosh,
    asin,
    asinh,
    atan,
    atan2,
    atanh,
    cbrt,
    ceiling,
    cos,
    cosh,
    coth,
    erf,
    erfc,
    exp,
    floor,
    log,
    pi,
    sech,
    sin,
    sinh,
    sqrt,
    tan,
    tanh,
)  # fmt: skip

import symbackprop as sb
from symbackprop import LogSumExp, Mean, Network, Product, ReduceMax, ReduceMin, Sum
from symbackprop import functions as f


# --- sizes, indices, shapes ----------------------------------------------------------------------------
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


# --- inputs, noise, buffers, assumptions ---------------------------------------------------------------
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


# --- expressions ---------------------------------------------------------------------------------------
ELEMENTARY: list[tuple[Any, Any]] = [
    (lambda v: sin(v) * cos(v) + tan(v), lambda v: np.sin(v) * np.cos(v) + np.tan(v)),
    (lambda v: asin(v) + atan(v) + asinh(v) + atanh(v),
        lambda v: np.arcsin(v) + np.arctan(v) + np.arcsinh(v) + np.arctanh(v)),
    (lambda v: sinh(v) * cosh(v) + acosh(v + 1), lambda v: np.sinh(v) * np.cosh(v) + np.arccosh(v + 1)),
    (lambda v: sech(v) + coth(v), lambda v: 1 / np.cosh(v) + 1 / np.tanh(v)),
    (lambda v: v**v + 2**v + v**pi + v ** Rational(-3, 2), lambda v: v**v + 2**v + v**np.pi + v**-1.5),
    (lambda v: cbrt(v) + sqrt(v) + log(v, 2) + log(1 + v),
        lambda v: np.cbrt(v) + np.sqrt(v) + np.log2(v) + np.log1p(v)),
    (lambda v: atan2(v, 2 * v - 1), lambda v: np.arctan2(v, 2 * v - 1)),
    (lambda v: erf(v) * erfc(v), lambda v: np.vectorize(math.erf)(v) * np.vectorize(math.erfc)(v)),
    (lambda v: floor(3 * v) * v + ceiling(3 * v) + Mod(3 * v, 1),
        lambda v: np.floor(3 * v) * v + np.ceil(3 * v) + np.mod(3 * v, 1)),
    (lambda v: sympy.E * v + sympy.EulerGamma + Max(v, Rational(1, 2)),
        lambda v: np.e * v + np.euler_gamma + np.maximum(v, 0.5)),
]  # fmt: skip


@pytest.mark.parametrize("case", range(len(ELEMENTARY)))
def test_elementary_functions(check: Any, case: int) -> None:
    write, value = ELEMENTARY[case]
    net = Network("elementary")
    N = net.dim("N")
    n = net.index("n", N)
    x, z = net.parameter("x", (N,)), net.tensor("z")
    z[n] = write(x[n])
    net.loss = Sum(z[n] * (n + 1), n)
    net.output(z)

    def inside(data: Any) -> None:
        data["x"][:] = [0.15, 0.37, 0.55, 0.8]

    check(net, {"N": 4}, lambda x: (value(x) * np.arange(1, 5)).sum(), lambda x: value(x), verify=False, prepare=inside)


def test_powers_of_zero_and_below(check: Any) -> None:
    net = Network("powers")
    N = net.dim("N")
    n, x, z = net.index("n", N), net.parameter("x", (N,)), net.tensor("z")
    z[n] = x[n] ** 2 + x[n] ** 3 + x[n] + 1 / (x[n] - 1)
    net.loss = Sum(z[n] + sympy.Abs(x[n]) ** 3, n)
    net.output(z)

    def put(data: Any) -> None:
        data["x"][:] = [0, -2, 3]

    def run(x: Any) -> Any:
        return x**2 + x**3 + x + 1 / (x - 1)

    check(net, {"N": 3}, lambda x: (run(x) + abs(x) ** 3).sum(), run, prepare=put)


def test_an_index_and_a_size_are_numbers(check: Any) -> None:
    net = Network("numbers")
    T, J = net.dims("T J")
    t, j, k = net.indices(t=T, j=J, k=3)
    x, c, z = net.parameter("x", (J,)), net.parameter("c", (3,)), net.tensor("z")
    z[t, j] = cos(t * x[j]) + t / T + T**2 * j * (-1) ** t + floor(t / 2) * x[j] + Sum(c[k] * x[j] ** k, k)
    net.loss = Sum(z[t, j] * Piecewise((1, Eq(Mod(t, 2), 0)), (x[j], True)), t, j) * sqrt(J)
    net.output(z)

    def run(x: Any, c: Any) -> Any:
        t, j = np.arange(5.0)[:, None], np.arange(len(x))
        return np.cos(t * x) + t / 5 + 25 * j * (-1) ** t + t // 2 * x + np.vander(x, 3, increasing=True) @ c

    def loss(x: Any, c: Any) -> Any:
        return (run(x, c) * np.where(np.arange(5)[:, None] % 2 == 0, 1, x)).sum() * np.sqrt(len(x))

    check(net, {"T": 5, "J": 3}, loss, run, keywords=("T",))


def test_relations_between_values(check: Any) -> None:
    net = Network("relations")
    N = net.dim("N")
    n, m = net.indices(n=N, m=N)
    x, y, rank = net.parameter("x", (N,)), net.input("y", (N,)), net.tensor("rank")
    rank[n] = Sum(Piecewise((1, x[m] < x[n]), (0, True)), m)
    either = And(x[n] > y[n], Or(x[n] < 1, Not(y[n] >= 0)))
    net.loss = Sum(Piecewise((x[n] ** 2, either), (-x[n], Eq(n, 2)), (x[n] * y[n], True)) * (rank[n] + 1), n)
    net.output(rank)

    def ranks(x: Any, y: Any) -> Any:
        return (x[None] < x[:, None]).sum(1).astype(float)

    def run(x: Any, y: Any) -> Any:
        chosen = np.where((x > y) & ((x < 1) | ~(y >= 0)), x**2, np.where(np.arange(len(x)) == 2, -x, x * y))
        return (chosen * (ranks(x, y) + 1)).sum()

    check(net, {"N": 7}, run, ranks)


def test_guards_of_every_form(check: Any) -> None:
    net = Network("guards")
    N = net.dim("N")
    i, w = net.index("i", N), net.parameter("w", (N,))
    net.loss = Sum(
        Piecewise((w[i + 1], Ne(i, N - 1)), (0, True))
        + Piecewise((0, Or(i < 1, Eq(i, N - 1))), (w[i + 1] * w[i - 1], True))
        + Piecewise((w[i - 2], Not(i < 2)), (0, True))
        + Piecewise((w[2 * i], 2 * i < N), (0, True))
        + Piecewise((0, Eq(i, 0)), (w[i - 1], True))
        + Piecewise((Piecewise((w[i - 1] ** 2, w[i - 1] > 0), (w[i], True)), i >= 1), (0, True)),
        i,
    )

    def run(w: Any) -> Any:
        N, total = len(w), 0.0
        for i in range(N):
            total += w[i + 1] if i != N - 1 else 0
            total += 0 if i < 1 or i == N - 1 else w[i + 1] * w[i - 1]
            total += (w[i - 2] if i >= 2 else 0) + (w[2 * i] if 2 * i < N else 0)
            total += (w[i - 1] + (w[i - 1] ** 2 if w[i - 1] > 0 else w[i])) if i else 0
        return total

    for N_ in (1, 2, 7):
        check(net, {"N": N_}, run, verify=N_ == 7)


def test_bound_indices_shadow_free_ones(check: Any) -> None:
    net = Network("shadow")
    N, K = net.dims("N K")
    n, k = net.indices(n=N, k=K)
    w, p = net.parameter("w", (N, K)), net.tensor("p")
    p[n, k] = exp(w[n, k] - LogSumExp(w[n, k], k)) + Sum(w[n, k], n) * w[n, k] + Mean(w[n, k], n, k)
    net.loss = Sum(p[n, k] ** 2, n, k) + Mean(p[n, k], n, k)
    net.output(p)

    def run(w: Any) -> Any:
        return np.exp(w) / np.exp(w).sum(1, keepdims=True) + w.sum(0) * w + w.mean()

    check(net, {"N": 3, "K": 5}, lambda w: (run(w) ** 2).sum() + run(w).mean(), run)


SYMPY: list[tuple[Any, Any]] = [
    (lambda w, i, n: sympy.Sum(w[i] ** 2, i) + sympy.Sum(w[i], (i, 1, 3)), lambda w: (w**2).sum() + w[1:].sum()),
    (lambda w, i, n: sympy.Sum(Piecewise((w[i], w[i] > 0), (0, True)), i), lambda w: w[w > 0].sum()),
    (lambda w, i, n: sympy.Product(Piecewise((w[i], i > 0), (2, True)), i), lambda w: 2 * w[1:].prod()),
    (lambda w, i, n: sympy.Sum(sympy.Sum(Piecewise((w[i], i > n), (0, True)), i), n),
     lambda w: sum(w[n + 1 :].sum() for n in range(3))),
    (lambda w, i, n: Sum(sympy.Sum(Piecewise((w[i], i > n), (w[0], True)), i) ** 2, n),
     lambda w: sum((w[n + 1 :].sum() + (n + 1) * w[0]) ** 2 for n in range(3))),
    (lambda w, i, n: sympy.Sum(f.relu(w[i]) * 2 + Max(w[i], 0) + 1, i), lambda w: 3 * np.maximum(w, 0).sum() + len(w)),
    (lambda w, i, n: sympy.Sum(KroneckerDelta(i, n) * w[i], i, n), lambda w: w[:3].sum()),
    (lambda w, i, n: sympy.Sum(3, i) * w[0] + sympy.Sum(w[0], (i, 1, 2)), lambda w: 3 * len(w) * w[0] + 2 * w[0]),
    (lambda w, i, n: sympy.Sum(w[i] * sympy.Product(w[i], i), i), lambda w: w.sum() * w.prod()),
]  # fmt: skip


@pytest.mark.parametrize("case", range(len(SYMPY)))
def test_sympys_own_sum_and_product(check: Any, case: int) -> None:
    write, value = SYMPY[case]
    net = Network("own")
    n, i, w = net.index("n", 3), net.index("i", 4), net.parameter("w", (4,))
    net.loss = write(w, i, n)
    check(net, {}, lambda w: value(w), verify=case % 3 == 0)


# --- what the functions take ---------------------------------------------------------------------------
def test_gradients_by_inputs_and_intermediates() -> None:
    net = Network("wrt")
    N = net.dim("N")
    n = net.index("n", N)
    x, w, z = net.input("x", (N,)), net.parameter("w", (N,)), net.tensor("z")
    z[n] = w[n] * x[n]
    net.loss = Sum(z[n] ** 2, n)
    for wrt in ("x", x, ["x"], [x, "z", "w"]):
        _, grads = sb.load(net, wrt=wrt).value_and_grad({"w": np.full(3, 2.0)}, np.arange(3.0))
        np.testing.assert_allclose(grads["x"], 8 * np.arange(3))
    np.testing.assert_allclose(grads["z"], 4 * np.arange(3))


def test_predict_takes_the_inputs_that_its_outputs_need() -> None:
    net = Network("needs")
    N = net.dim("N")
    n = net.index("n", N)
    y, x, w, z, square = net.input("y", (N,)), net.input("x", (N,)), net.parameter("w", ()), *net.tensors("z square")
    net.output(square)
    square[n] = z[n] ** 2
    net.loss = Sum((square[n] - y[n]) ** 2, n)
    z[n] = w * x[n]
    module = sb.load(net)
    assert [name for name in inspect.signature(module.predict).parameters if name != "workspace"] == ["params", "x"]
    assert module.predict({"w": np.array(3.0)}, np.ones(2)).tolist() == [9, 9]


def test_a_network_grows_after_a_derivation() -> None:
    net = Network("grows")
    a, cube = net.parameter("a", ()), net.tensor("cube")
    cube[()] = a**3
    net.loss = cube
    sb.derive(net)
    net.output(cube)
    assert sb.load(net).predict({"a": np.array(2.0)}) == 8


def test_hessian_times_vector() -> None:
    net = Network("curved")
    N = net.dim("N")
    n, w = net.index("n", N), net.parameter("w", (N,))
    net.loss = LogSumExp(w[n], n) + Sum(tanh(w[n]) ** 2, n)
    second = sb.hessian_vector_product(net)
    W, V = np.array([0.1, 0.5, -0.3]), np.array([1.0, 2, 3])

    def slope(w: Any) -> Any:
        return np.exp(w) / np.exp(w).sum() + 2 * np.tanh(w) * (1 - np.tanh(w) ** 2)

    _, grads = sb.load(second, wrt="w").value_and_grad({"w": W}, V)
    np.testing.assert_allclose(grads["w"], (slope(W + 1e-6 * V) - slope(W - 1e-6 * V)) / 2e-6, rtol=1e-6)
    assert sb.verify(second).passed


NAMES = [
    ["min", "max", "float", "int", "len"],
    ["self", "print", "dict", "range", "bool"],
    ["seed", "step", "data", "keywords", "NAME"],
    ["DIMS", "INPUTS", "_window", "_float", "dims"],
    ["forward", "take", "t1", "loss", "grads"],
    ["math", "shape", "arrays", "out", "d_a"],
    ["Workspace", "predict", "value_and_grad", "check", "init_params"],
    ["check", "_size", "_fresh", "PARAMETERS", "backward"],
    ["backward", "sizes", "forward", "_run", "_slope"],
    ["_example", "_expect", "_parameters", "WRT", "cache_"],
]


@pytest.mark.parametrize("names", NAMES, ids=lambda names: names[0])
def test_names_that_the_module_might_use_itself(check: Any, names: list[str]) -> None:
    net = Network(names[0])
    N = net.dim(names[1])
    i = net.index("i", N)
    a, b, c = net.parameter(names[2], (N,)), net.input(names[3], (N,)), net.tensor(names[4])
    c[i] = sin(a[i] * b[i]) + f.sigmoid(b[i])
    net.loss = Sum(c[i] * N, i)
    net.output(c)

    def run(**d: Any) -> Any:
        return np.sin(d[names[2]] * d[names[3]]) + 1 / (1 + np.exp(-d[names[3]]))

    done = check(net, {names[1]: 3}, lambda **d: 3 * run(**d).sum(), run, verify=False)
    assert done["module"].check()


def test_powers_of_zero_with_an_index_a_size_or_an_integer_as_exponent(check: Any) -> None:
    net = Network("exponents")
    N = net.dim("N")
    n, k = net.index("n", N), net.index("k", 4)
    x, c, e = net.parameter("x", (N,)), net.parameter("c", (4,)), net.input("e", (N,), "int")
    net.loss = Sum(Sum(c[k] * x[n] ** k, k) ** 2 + x[n] ** e[n] + x[n] ** (N - 1), n)

    def put(data: Any) -> None:
        data["x"][:3] = [0, 0, -2][: len(data["x"])]
        data["e"][:3] = [0, 1, 3][: len(data["x"])]

    def run(x: Any, c: Any, e: Any) -> Any:
        return ((np.vander(x, 4, increasing=True) @ c) ** 2 + x**e + x ** (len(x) - 1)).sum()

    for N_ in (1, 2, 5):
        check(net, {"N": N_}, run, verify=N_ == 5, prepare=put)


def test_transposed_convolution_reversal_and_rotation(check: Any) -> None:
    net = Network("moves")
    L, K = net.dims("L K")
    i, k, m = net.indices(i=L, k=K, m=2 * L + K - 2)
    x, w, z, back, turned = net.parameter("x", (L,)), net.parameter("w", (K,)), *net.tensors("z back turned")
    inside = And(m - 2 * i >= 0, m - 2 * i <= K - 1)
    z[m] = Sum(Piecewise((x[i] * w[m - 2 * i], inside), (0, True)), i)
    back[i] = x[L - 1 - i]
    turned[i] = Piecewise((x[i - 1], i > 0), (x[L - 1], True))
    net.loss = Sum(z[m] ** 2, m) + Sum(back[i] * (i + 1) + turned[i] ** 3 * i, i) + Sum(w[k], k)
    net.output(z, back, turned)

    def run(x: Any, w: Any) -> Any:
        z = np.zeros(2 * len(x) + len(w) - 2)
        for place, value in enumerate(x):
            z[2 * place : 2 * place + len(w)] += value * w
        return z, x[::-1], np.roll(x, 1)

    def loss(x: Any, w: Any) -> Any:
        z, back, turned = run(x, w)
        steps = np.arange(len(x))
        return (z**2).sum() + (back * (steps + 1) + turned**3 * steps).sum() + w.sum()

    check(net, {"L": 4, "K": 3}, loss, run)
    check(net, {"L": 1, "K": 1}, loss, run, verify=False)


def test_a_tree_of_halves(check: Any) -> None:
    net = Network("tree")
    L = net.dim("L")
    c, k = net.index("c", L), net.index("k", (1, L - 1))
    x, s = net.parameter("x", (2 * L,)), net.tensor("s")
    s[L + c] = x[c] * x[L + c]
    s[k] = sin(s[2 * k]) + s[2 * k + 1] ** 2
    net.loss = s[1] + Sum(s[L + c], c)

    def run(x: Any) -> Any:
        L = len(x) // 2
        s = np.concatenate([np.zeros(L), x[:L] * x[L:]])
        for k in range(L - 1, 0, -1):
            s[k] = np.sin(s[2 * k]) + s[2 * k + 1] ** 2
        return s[1] + s[L:].sum()

    for L_ in (1, 2, 5):
        check(net, {"L": L_}, run, verify=L_ == 5, keywords=("L",))


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_the_dtype_of_the_parameters_is_kept(dtype: Any) -> None:
    net = Network("kept")
    N, D = net.dims("N D")
    n, i = net.indices(n=N, i=D)
    x, w, z = net.input("x", (N, D)), net.parameter("w", (D,)), net.tensor("z")
    z[n] = Sum(w[i] * x[n, i] / 3, i) * n + sqrt(2) * N + pi
    net.loss = Mean(z[n] ** 2 * Rational(1, 3), n) + 0.1
    net.output(z)
    module, params = sb.load(net), {"w": np.ones(2, dtype)}
    loss, grads = module.value_and_grad(params, np.ones((3, 2)))
    assert loss.dtype == grads["w"].dtype == module.predict(params, np.ones((3, 2))).dtype == dtype

"""Stable forms, however they are written, and every activation, against mpmath: values and gradients in float32."""

from __future__ import annotations

from typing import Any

import mpmath as mp
import numpy as np
import pytest
from sympy import Abs, Eq, Max, Min, Ne, Piecewise, Rational, erf, exp, log, oo, sqrt, tanh

import symbackprop as sb
from symbackprop import LogSumExp, Network, ReduceMax, ReduceMin, Sum
from symbackprop import functions as f

POINTS = [-1e4, -200, -100, -50, -20, -5, -3, -1, -0.5, -1e-3, 0, 1e-3, 0.5, 1, 3, 5, 20, 50, 100, 200, 1e4]
ONE, HALF = mp.mpf(1), mp.mpf(1) / 2
SCALE, ALPHA = mp.mpf("1.0507009873554804934193349852946"), mp.mpf("1.6732632423543772848170429916717")
SLOPE, CUBE, ROOT = mp.mpf("0.01"), mp.mpf("0.044715"), mp.sqrt(2 / mp.pi)


def sig(t: Any) -> Any:
    return 1 / (1 + mp.exp(-t))


def plus(t: Any) -> Any:
    return mp.log1p(mp.exp(t))


def inner(t: Any) -> Any:
    return ROOT * (t + CUBE * t**3)


def bell(t: Any) -> Any:
    return sig(t) * sig(-t)


# PyTorch's definitions, and its derivatives at the kinks
CASES: dict[str, tuple[Any, Any, Any]] = {
    "sigmoid": (f.sigmoid, sig, bell),
    "log_sigmoid": (f.log_sigmoid, lambda t: -plus(-t), lambda t: sig(-t)),
    "softplus": (f.softplus, plus, sig),
    "softplus, beta": (lambda x: f.softplus(x, beta=2), lambda t: plus(2 * t) / 2, lambda t: sig(2 * t)),
    "relu": (f.relu, lambda t: max(t, 0), lambda t: int(t > 0)),
    "leaky_relu": (f.leaky_relu, lambda t: t if t > 0 else SLOPE * t, lambda t: 1 if t > 0 else SLOPE),
    "elu": (f.elu, lambda t: t if t > 0 else mp.expm1(t), lambda t: 1 if t > 0 else mp.exp(t)),
    "elu, alpha": (lambda x: f.elu(x, alpha=2), lambda t: t if t > 0 else 2 * mp.expm1(t),
                   lambda t: 1 if t > 0 else 2 * mp.exp(t)),
    "selu": (f.selu, lambda t: SCALE * (t if t > 0 else ALPHA * mp.expm1(t)),
             lambda t: SCALE * (1 if t > 0 else ALPHA * mp.exp(t))),
    "silu": (f.silu, lambda t: t * sig(t), lambda t: sig(t) + t * bell(t)),
    "gelu": (f.gelu, lambda t: t * mp.erfc(-t / mp.sqrt(2)) / 2,
        lambda t: mp.erfc(-t / mp.sqrt(2)) / 2 + t * mp.npdf(t)),
    "gelu, tanh": (lambda x: f.gelu(x, approximate="tanh"), lambda t: t / 2 * (1 + mp.tanh(inner(t))),
                   lambda t: (1 + mp.tanh(inner(t)) + t * mp.sech(inner(t)) ** 2 * ROOT * (1 + 3 * CUBE * t * t)) / 2),
    "mish": (f.mish, lambda t: t * mp.tanh(plus(t)),
             lambda t: mp.tanh(plus(t)) + t * mp.sech(plus(t)) ** 2 * sig(t)),
    "hardtanh": (f.hardtanh, lambda t: min(max(t, -1), 1), lambda t: int(-1 < t < 1)),
    "hardtanh, bounds": (lambda x: f.hardtanh(x, min_val=-3, max_val=5), lambda t: min(max(t, -3), 5),
                         lambda t: int(-3 < t < 5)),
    "hardsigmoid": (f.hardsigmoid, lambda t: min(max(t / 6 + HALF, 0), 1), lambda t: ONE / 6 if -3 < t < 3 else 0),
    "hardswish": (f.hardswish, lambda t: t * min(max(t / 6 + HALF, 0), 1),
                  lambda t: 0 if t <= -3 else 1 if t >= 3 else t / 3 + HALF),
    "softsign": (f.softsign, lambda t: t / (1 + abs(t)), lambda t: 1 / (1 + abs(t)) ** 2),
    "stop_gradient": (f.stop_gradient, lambda t: t, lambda t: 0),
    "1/(1+exp(-x))": (lambda x: 1 / (1 + exp(-x)), sig, bell),
    "exp(x)/(1+exp(x))": (lambda x: exp(x) / (1 + exp(x)), sig, bell),
    "1-1/(1+exp(-x))": (lambda x: 1 - 1 / (1 + exp(-x)), lambda t: sig(-t), lambda t: -bell(t)),
    "x/(1+exp(-x))": (lambda x: x / (1 + exp(-x)), lambda t: t * sig(t), lambda t: sig(t) + t * bell(t)),
    "sigmoid squared": (lambda x: (1 / (1 + exp(-x))) ** 2, lambda t: sig(t) ** 2, lambda t: 2 * sig(t) * bell(t)),
    "log(1+exp(x))": (lambda x: log(1 + exp(x)), plus, sig),
    "-log(1+exp(-x))": (lambda x: -log(1 + exp(-x)), lambda t: -plus(-t), lambda t: sig(-t)),
    "log(1+exp(2x+1))/2": (lambda x: log(1 + exp(2 * x + 1)) / 2, lambda t: plus(2 * t + 1) / 2,
        lambda t: sig(2 * t + 1)),
    "log(sigmoid(x))": (lambda x: log(f.sigmoid(x)), lambda t: -plus(-t), lambda t: sig(-t)),
    "log(1/(1+exp(-x)))": (lambda x: log(1 / (1 + exp(-x))), lambda t: -plus(-t), lambda t: sig(-t)),
    "log(1-sigmoid(x))": (lambda x: log(1 - f.sigmoid(x)), lambda t: -plus(t), lambda t: -sig(t)),
    "log(exp(x)/(1+exp(x)))": (lambda x: log(exp(x) / (1 + exp(x))), lambda t: -plus(-t), lambda t: sig(-t)),
    "log(1+5exp(x))": (lambda x: log(1 + 5 * exp(x)), lambda t: plus(t + mp.log(5)), lambda t: sig(t + mp.log(5))),
    "log(3+2exp(-x))": (lambda x: log(3 + 2 * exp(-x)), lambda t: mp.log(3) + plus(-t + mp.log(2) - mp.log(3)),
        lambda t: -sig(-t + mp.log(2) - mp.log(3))),
    "3/(2+2exp(-x))": (lambda x: 3 / (2 + 2 * exp(-x)), lambda t: 3 * sig(t) / 2, lambda t: 3 * bell(t) / 2),
    "1/(2+5exp(-x))": (lambda x: 1 / (2 + 5 * exp(-x)), lambda t: sig(t - mp.log(5) + mp.log(2)) / 2,
        lambda t: bell(t - mp.log(5) + mp.log(2)) / 2),
    "exp(x)/(2+5exp(x))": (lambda x: exp(x) / (2 + 5 * exp(x)), lambda t: sig(t + mp.log(5) - mp.log(2)) / 5,
        lambda t: bell(t + mp.log(5) - mp.log(2)) / 5),
    "exp(2x)/(2+5exp(x))^2": (lambda x: exp(2 * x) / (2 + 5 * exp(x)) ** 2,
        lambda t: sig(t + mp.log(5) - mp.log(2)) ** 2 / 25,
        lambda t: 2 * sig(t + mp.log(5) - mp.log(2)) * bell(t + mp.log(5) - mp.log(2)) / 25),
    "tanh": (tanh, mp.tanh, lambda t: mp.sech(t) ** 2),
    "erf": (erf, mp.erf, lambda t: 2 / mp.sqrt(mp.pi) * mp.exp(-t * t)),
    "Abs": (Abs, abs, mp.sign),
    "Max(x, 0)": (lambda x: Max(x, 0), lambda t: max(t, 0), lambda t: HALF if t == 0 else int(t > 0)),
    "Max(x, -x)": (lambda x: Max(x, -x), abs, mp.sign),
    "Min(x, 3)": (lambda x: Min(x, 3), lambda t: min(t, 3), lambda t: HALF if t == 3 else int(t < 3)),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_values_and_gradients_from_minus_to_plus_ten_thousand(name: str) -> None:
    write, value, slope = CASES[name]
    net = Network("f")
    N = net.dim("N")
    n = net.index("n", N)
    x, z = net.parameter("x", (N,)), net.tensor("z")
    z[n] = write(x[n])
    net.loss = Sum(z[n], n)
    net.output(z)
    module = sb.load(net)
    for dtype, tolerance in ((np.float32, 3e-6), (np.float64, 1e-13)):
        points = np.array(POINTS, dtype)
        _, grads = module.value_and_grad({"x": points})
        found, gradient = module.predict({"x": points}), grads["x"]
        assert found.dtype == gradient.dtype == dtype
        with mp.workdps(60):
            exact = [mp.mpf(float(point)) for point in points]
            values, slopes = ([float(function(t)) for t in exact] for function in (value, slope))
        np.testing.assert_allclose(found, values, rtol=tolerance, atol=tolerance / 2)
        np.testing.assert_allclose(gradient, slopes, rtol=4 * tolerance, atol=tolerance)


SCORES = np.array([[1e4, 0, -1e4], [-1e4, -1e4, -1e4], [1, 2, 3], [88, 89, 90], [-104, -105, -200]])


def test_weighted_sums_of_exponentials() -> None:
    """log Σ w·exp(u), the weights any numbers, or positive by what they are."""
    net = Network("mixture")
    N, K = net.dims("N K")
    n, k = net.indices(n=N, k=K)
    u, v, w = net.parameter("u", (N, K)), net.parameter("v", (K,)), net.parameter("w", (K,))
    plain, shares, gates = net.tensors("plain shares gates")
    plain[n] = log(Sum(w[k] * exp(u[n, k]), k))
    shares[n] = log(Sum(exp(v[k]) / Sum(exp(v[k]), k) * exp(u[n, k]), k))
    gates[n] = log(Sum(f.sigmoid(v[k]) * exp(u[n, k]), k))
    net.loss = Sum(plain[n] + shares[n] + gates[n], n)
    net.output(plain, shares, gates)
    assert sb.verify(net, method="exact").passed
    module = sb.load(net)
    weights, scores = np.array([0.5, 2, 3]), np.array([1.0, -2, 0.5])
    params = {"u": SCORES, "v": scores, "w": weights}
    found = module.predict(params)
    largest = SCORES.max(-1, keepdims=True)
    for ours, scale in zip(found, (weights, softmax(scores), 1 / (1 + np.exp(-scores))), strict=True):
        expected = largest[:, 0] + np.log((scale * np.exp(SCORES - largest)).sum(-1))
        np.testing.assert_allclose(ours, expected, rtol=1e-13)
    _, grads = module.value_and_grad(params)
    expected = sum(softmax(SCORES + np.log(scale)) for scale in (weights, softmax(scores), 1 / (1 + np.exp(-scores))))
    np.testing.assert_allclose(grads["u"], expected, rtol=1e-9, atol=1e-12)


def softmax(u: Any) -> Any:
    weights = np.exp(u - u.max(-1, keepdims=True))
    return weights / weights.sum(-1, keepdims=True)


def scores() -> Any:
    net = Network("s")
    N, K = net.dims("N K")
    n, k, j = net.indices(n=N, k=K, j=K)
    return net, net.parameter("u", (N, K)), net.input("c", (N, K)), net.tensor("p"), n, k, j


def with_steps(net: Any, u: Any, n: Any, k: Any, j: Any) -> Any:
    e, s = net.tensors("e s")
    e[n, k] = exp(u[n, k])
    s[n] = Sum(e[n, k], k)
    return e[n, k] / s[n]


def with_maximum(net: Any, u: Any, n: Any, k: Any, j: Any) -> Any:
    top = net.tensor("top")
    top[n] = ReduceMax(u[n, k], k)
    return exp(u[n, k] - top[n]) / Sum(exp(u[n, j] - top[n]), j)


def through_weights(net: Any, u: Any, n: Any, k: Any, j: Any) -> Any:
    q = net.tensor("q")
    q[n, k] = exp(u[n, k]) / Sum(exp(u[n, j]), j)
    return log(q[n, k])


def through_total(net: Any, u: Any, n: Any, k: Any, j: Any) -> Any:
    q = net.tensor("q")
    q[n] = Sum(exp(u[n, j]), j)
    return u[n, k] - log(q[n])


SOFTMAX = {
    "one index": lambda net, u, n, k, j: exp(u[n, k]) / Sum(exp(u[n, k]), k),
    "two indices": lambda net, u, n, k, j: exp(u[n, k]) / Sum(exp(u[n, j]), j),
    "logsumexp": lambda net, u, n, k, j: exp(u[n, k] - LogSumExp(u[n, j], j)),
    "log of sum": lambda net, u, n, k, j: exp(u[n, k] - log(Sum(exp(u[n, j]), j))),
    "factors": lambda net, u, n, k, j: 2 * exp(u[n, k]) / Sum(2 * exp(u[n, j]), j),
    "shift": lambda net, u, n, k, j: exp(u[n, k] + 1) / Sum(exp(u[n, j] + 1), j),
    "steps": with_steps,
    "maximum": with_maximum,
}
LOG_SOFTMAX = {
    "logsumexp": lambda net, u, n, k, j: u[n, k] - LogSumExp(u[n, j], j),
    "log of sum": lambda net, u, n, k, j: u[n, k] - log(Sum(exp(u[n, j]), j)),
    "log of quotient": lambda net, u, n, k, j: log(exp(u[n, k]) / Sum(exp(u[n, j]), j)),
    "weights": through_weights,
    "total": through_total,
}


@pytest.mark.parametrize("name", SOFTMAX)
def test_softmax_however_written(name: str) -> None:
    net, u, c, p, n, k, j = scores()
    p[n, k] = SOFTMAX[name](net, u, n, k, j)
    net.loss = Sum(c[n, k] * p[n, k], n, k)
    net.output(p)
    module, weight = sb.load(net), np.random.default_rng(0).normal(size=SCORES.shape)
    params = {"u": SCORES.astype(np.float32)}
    expected = softmax(SCORES)
    np.testing.assert_allclose(module.predict(params), expected, rtol=1e-3, atol=1e-6)  # of scores of ten thousand
    np.testing.assert_allclose(module.predict(params)[2:], expected[2:], rtol=2e-5, atol=1e-6)
    _, grads = module.value_and_grad(params, weight)
    exact = expected * (weight - (weight * expected).sum(1, keepdims=True))
    np.testing.assert_allclose(grads["u"], exact, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("name", LOG_SOFTMAX)
def test_log_softmax_however_written(name: str) -> None:
    net, u, c, p, n, k, j = scores()
    p[n, k] = LOG_SOFTMAX[name](net, u, n, k, j)
    net.loss = Sum(c[n, k] * p[n, k], n, k)
    net.output(p)
    module, weight = sb.load(net), np.random.default_rng(0).normal(size=SCORES.shape)
    params = {"u": SCORES.astype(np.float32)}
    top = SCORES.max(1, keepdims=True)
    expected = SCORES - top - np.log(np.exp(SCORES - top).sum(1, keepdims=True))
    np.testing.assert_allclose(module.predict(params), expected, rtol=1e-5, atol=2e-5)
    _, grads = module.value_and_grad(params, weight)
    exact = weight - softmax(SCORES) * weight.sum(1, keepdims=True)
    np.testing.assert_allclose(grads["u"], exact, rtol=1e-3, atol=1e-4)


def test_a_shift_of_the_scores_has_gradient_zero(check: Any) -> None:
    net = Network("shifted")
    K = net.dim("K")
    k = net.index("k", K)
    u, b, p = net.parameter("u", (K,)), net.parameter("b", ()), net.tensor("p")
    p[k] = exp(u[k] + b) / Sum(exp(u[k] + b), k)
    net.loss = Sum(p[k] ** 2 * k, k)
    check(net, {"K": 5}, lambda u, b: (softmax(u) ** 2 * np.arange(len(u))).sum())


def test_binary_cross_entropy_through_a_tensor() -> None:
    for write in (f.sigmoid, lambda v: 1 / (1 + exp(-v))):
        net = Network("bce")
        N = net.dim("N")
        n = net.index("n", N)
        u, y, p = net.parameter("u", (N,)), net.input("y", (N,)), net.tensor("p")
        p[n] = write(u[n])
        net.loss = -Sum(y[n] * log(p[n]) + (1 - y[n]) * log(1 - p[n]), n)
        net.output(p)
        u_, y_ = np.array([1e4, -1e4, -1e4, 1e4], np.float32), np.array([0, 1, 0, 1])
        loss, grads = sb.load(net).value_and_grad({"u": u_}, y_)
        assert loss == 2e4
        np.testing.assert_allclose(grads["u"], [1, -1, 0, 0], atol=1e-6)


def test_cross_entropy_of_labels_through_a_tensor() -> None:
    net = Network("ce")
    N, K = net.dims("N K")
    n, k = net.indices(n=N, k=K)
    u, label, p = net.parameter("u", (N, K)), net.input("label", (N,), "int", high=K), net.tensor("p")
    p[n, k] = exp(u[n, k]) / Sum(exp(u[n, k]), k)
    net.loss = -Sum(log(p[n, label[n]]), n) / N
    loss, grads = sb.load(net).value_and_grad({"u": np.array([[1e4, 0], [0, 1e4]], np.float32)}, np.array([1, 1]))
    assert loss == 5e3
    np.testing.assert_allclose(grads["u"], [[0.5, -0.5], [0, 0]], atol=1e-6)


def masked(T: int) -> Any:
    return np.tri(T, k=-1) > 0


@pytest.mark.parametrize("write", [
    lambda z, t, s: exp(z[t, s]) / Sum(exp(z[t, s]), s),
    lambda z, t, s: exp(z[t, s] - LogSumExp(z[t, s], s)),
])  # fmt: skip
def test_rows_masked_everywhere(check: Any, write: Any) -> None:
    net = Network("masked")
    T = net.dim("T")
    t, s = net.indices(t=T, s=T)
    u, c = net.parameter("u", (T, T)), net.input("c", (T, T))
    z, p, total, top = net.tensors("z p total top")
    z[t, s] = Piecewise((u[t, s], s < t), (-oo, True))  # nothing is left of row 0
    p[t, s] = write(z, t, s)
    total[t] = LogSumExp(z[t, s], s)
    top[t] = ReduceMax(z[t, s], s)
    net.loss = Sum(c[t, s] * p[t, s], t, s) + Sum(exp(total[t]) + exp(top[t]), t)
    net.output(p, total, top)

    def parts(u: Any, c: Any) -> Any:
        z = np.where(masked(len(u)), u, -np.inf)
        e = np.exp(z)
        s = e.sum(1)
        with np.errstate(divide="ignore"):
            return e / np.where(s > 0, s, 1)[:, None], np.log(s), z.max(1)

    def loss(u: Any, c: Any) -> Any:
        p, total, top = parts(u, c)
        return (c * p).sum() + (np.exp(total) + np.exp(top)).sum()

    check(net, {"T": 5}, loss, parts)
    check(net, {"T": 1}, loss, parts, verify=False)


def test_a_mask_that_is_data(check: Any) -> None:
    net = Network("masked")
    N, T = net.dims("N T")
    n, s = net.indices(n=N, s=T)
    u, v, mask = net.parameter("u", (N, T)), net.parameter("v", (T,)), net.input("mask", (N, T), "int", high=2)
    z, a = net.tensors("z a")
    z[n, s] = Piecewise((u[n, s], Eq(mask[n, s], 1)), (-oo, True))
    a[n, s] = exp(z[n, s]) / Sum(exp(z[n, s]), s)
    net.loss = Sum(Sum(a[n, s] * v[s], s) ** 2, n)
    net.output(a)

    def weights(u: Any, v: Any, mask: Any) -> Any:
        e = np.exp(u) * mask
        s = e.sum(1, keepdims=True)
        return e / np.where(s > 0, s, 1)

    def hide(data: Any) -> None:
        data["mask"][:] = [[1, 1, 0], [0, 0, 0]]

    check(net, {"N": 2, "T": 3}, lambda **d: ((weights(**d) @ d["v"]) ** 2).sum(), weights, prepare=hide)


def test_guards_keep_infinite_factors_out() -> None:
    net = Network("guarded")
    T = net.dim("T")
    t = net.index("t", T)
    x, w = net.parameter("x", (T,)), net.parameter("w", (T,))
    net.loss = Sum(Piecewise((w[t] * log(x[t]) + sqrt(x[t]), x[t] > 0), (0, True)), t) + Sum(
        Piecewise((w[t] / x[t], Ne(x[t], 0)), (0, True)), t
    )
    loss, grads = sb.load(net).value_and_grad({"x": np.array([0, 1, -2.0]), "w": np.array([1.0, 2, 3])})
    np.testing.assert_allclose(loss, 1 + 2 - 1.5)
    np.testing.assert_allclose(grads["x"], [0, 2.5 - 2, -0.75])
    np.testing.assert_allclose(grads["w"], [0, 1, -0.5])


def test_ties_share_equally() -> None:
    net = Network("ties")
    N = net.dim("N")
    n = net.index("n", N)
    x, y = net.parameter("x", (N,)), net.parameter("y", (N,))
    net.loss = (
        Sum(Max(x[n], y[n]) + 2 * Min(x[n], y[n], 3) + Abs(x[n] - y[n]) + f.relu(x[n] - 1), n)
        + 10 * ReduceMax(x[n], n) + 100 * ReduceMin(y[n], n)
    )  # fmt: skip
    _, grads = sb.load(net).value_and_grad({"x": np.array([1, 3, 3.0]), "y": np.array([1, 3, 0.0])})
    np.testing.assert_allclose(grads["x"], [1.5, 0.5 + 2 / 3 + 5 + 1, 1 + 1 + 5 + 1])
    np.testing.assert_allclose(grads["y"], [1.5, 0.5 + 2 / 3, 2 - 1 + 100])
    net = Network("nested")
    a, b, c = (net.parameter(name, ()) for name in "abc")
    net.loss = Max(a, b, c) + Min(a, Max(b, c)) + Rational(1, 2) * Max(a, 2 * a, 0)
    _, grads = sb.load(net).value_and_grad({name: np.array(1.0) for name in "abc"})
    np.testing.assert_allclose([grads[name] for name in "abc"], [1 / 3 + 1 / 2 + 1, 1 / 3 + 1 / 4, 1 / 3 + 1 / 4])


@pytest.mark.parametrize("write", [f.sigmoid, lambda x: 1 / (1 + exp(-x)), lambda x: exp(x) / (1 + exp(x))])
@pytest.mark.parametrize(
    ("dtype", "points"), [(np.float32, [-80, -50, -20, -8, 1e-3]), (np.float64, [-700, -50, -20, 30])]
)
def test_small_probabilities_have_all_their_digits(write: Any, dtype: Any, points: list[float]) -> None:
    net = Network("small")
    N = net.dim("N")
    n, x, p = net.index("n", N), net.parameter("x", (N,)), net.tensor("p")
    p[n] = write(x[n])
    net.loss = Sum(p[n] ** 2, n) + Sum(f.softplus(x[n]), n)
    net.output(p)
    module, params = sb.load(net), {"x": np.array(points, dtype)}
    values = [float(sig(mp.mpf(float(point)))) for point in params["x"]]
    digits = 8 * float(np.finfo(dtype).eps)
    np.testing.assert_allclose(module.predict(params), values, rtol=digits)
    slopes = [
        value + 2 * value**2 * float(sig(-mp.mpf(float(point))))
        for value, point in zip(values, params["x"], strict=True)
    ]
    np.testing.assert_allclose(module.value_and_grad(params)[1]["x"], slopes, rtol=4 * digits)

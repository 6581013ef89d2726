"""Generated code where the equation as written would overflow, cancel or promote; warnings are errors here."""

import math

import mpmath
import numpy as np
import pytest
from sympy import Piecewise, erf, exp, log, oo, sqrt

from symbackprop import LogSumExp, Network, ReduceMax, Sum, load
from symbackprop.functions import gelu, log_sigmoid, mish, relu, sigmoid, silu, softplus

EXTREME = np.array([-1e4, -90.0, -1.0, 0.0, 1.0, 90.0, 1e4])


def elementwise(function):
    net = Network("elementwise")
    N = net.dim("N")
    n = net.index("n", N)
    w = net.parameter("w", (N,))
    a = net.tensor("a")
    a[n] = function(w[n])
    net.loss = Sum(a[n], n)
    net.output(a)
    return load(net)


def exactly(function, derivative):
    with mpmath.workdps(60):
        points = [mpmath.mpf(x) for x in EXTREME]
        return [float(function(x)) for x in points], [float(derivative(x)) for x in points]


def m_sigmoid(x):
    return 1 / (1 + mpmath.exp(-x))


STABLE = {
    "sigmoid": (sigmoid, m_sigmoid, lambda x: m_sigmoid(x) * m_sigmoid(-x)),
    "sigmoid as written": (lambda x: 1 / (1 + exp(-x)), m_sigmoid, lambda x: m_sigmoid(x) * m_sigmoid(-x)),
    "softplus": (softplus, lambda x: mpmath.log1p(mpmath.exp(x)), m_sigmoid),
    "softplus as written": (lambda x: log(1 + exp(x)), lambda x: mpmath.log1p(mpmath.exp(x)), m_sigmoid),
    "log_sigmoid": (log_sigmoid, lambda x: -mpmath.log1p(mpmath.exp(-x)), lambda x: m_sigmoid(-x)),
    "silu": (silu, lambda x: x * m_sigmoid(x), lambda x: m_sigmoid(x) * (1 + x * m_sigmoid(-x))),
}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", STABLE)
def test_stable_at_extremes(name, dtype):
    function, value, slope = STABLE[name]
    module = elementwise(function)
    params = {"w": EXTREME.astype(dtype)}
    values, slopes = exactly(value, slope)
    tolerance = {"rtol": 2e-6, "atol": 1e-6} if dtype is np.float32 else {"rtol": 1e-13, "atol": 1e-14}
    found = module.predict(params)
    _, grads = module.value_and_grad(params)
    assert found.dtype == grads["w"].dtype == dtype
    np.testing.assert_allclose(found, values, **tolerance)
    np.testing.assert_allclose(grads["w"], slopes, **tolerance)


@pytest.mark.parametrize("function", [gelu, mish, relu, lambda x: gelu(x, approximate="tanh")])
def test_finite_at_extremes(function):
    module = elementwise(function)
    for dtype in (np.float32, np.float64):
        loss, grads = module.value_and_grad({"w": EXTREME.astype(dtype)})
        assert np.isfinite(loss)
        assert np.isfinite(grads["w"]).all()


def test_erf_against_the_standard_library():
    module = elementwise(erf)
    points = np.concatenate([np.linspace(-7, 7, 20_011), [0.0, -0.0, 1.0, -1.0, 1e-300, -1e-12, 50.0, np.inf, -np.inf]])
    with np.errstate(all="ignore"):
        found = module.predict({"w": points})
    expected = np.array([math.erf(x) for x in points])
    np.testing.assert_allclose(found, expected, rtol=2e-15, atol=0)


@pytest.mark.parametrize(("dtype", "ulps"), [(np.float32, 4), (np.float16, 1)])
def test_erf_in_few_digits_against_the_standard_library(dtype, ulps):
    """Of both signs, sizes of all orders, denormal ones too, and in rows that are no block's multiple."""
    sizes = np.concatenate([np.geomspace(1e-44, 0.1, 30_011), np.linspace(0.1, 7, 30_011), [0, 16, 300, np.inf]])
    points = np.concatenate([sizes, -sizes, [np.nan]]).astype(dtype)
    with np.errstate(all="ignore"):
        found = elementwise(erf).predict({"w": points})
    expected = np.array([math.erf(x) for x in points])
    np.testing.assert_array_equal(np.signbit(found[:-1]), np.signbit(points[:-1]))
    off = np.abs(found.astype(np.float64) - expected)[:-1]
    assert found.dtype == dtype
    assert (off <= ulps * np.spacing(np.abs(expected[:-1]).astype(dtype))).all()
    assert np.isnan(found[-1])


def attention():
    net = Network("attention")
    N, T = net.dims("N T")
    n, t, s = net.indices(n=N, t=T, s=T)
    length = net.input("length", (N,), dtype="int", high=T + 1)
    W, v = net.parameter("W", (N, T, T)), net.parameter("v", (N, T))
    score, p, o, top = net.tensors("score p o top")
    score[n, t, s] = Piecewise((W[n, t, s], s < length[n]), (-oo, True))
    p[n, t, s] = exp(score[n, t, s] - LogSumExp(score[n, t, s], s))
    o[n, t] = Sum(p[n, t, s] * v[n, s], s)
    top[n, t] = ReduceMax(score[n, t, s], s)
    net.loss = Sum(o[n, t] ** 2, n, t)
    net.output(p, top)
    return net


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_rows_masked_everywhere(dtype):
    module = load(attention())
    rng = np.random.default_rng(5)
    params = {"W": (100 * rng.standard_normal((3, 5, 5))).astype(dtype), "v": rng.standard_normal((3, 5)).astype(dtype)}
    length = np.array([0, 2, 5])
    loss, grads = module.value_and_grad(params, length)
    p, top = module.predict(params, length)
    assert (p[0] == 0).all()
    assert (top[0] == -np.inf).all()
    assert (grads["W"][0] == 0).all()
    assert np.isfinite(loss)
    shifted = np.exp(params["W"][1, :, :2] - params["W"][1, :, :2].max(axis=1, keepdims=True))
    np.testing.assert_allclose(p[1, :, :2], shifted / shifted.sum(axis=1, keepdims=True), rtol=1e-5)
    assert (p[1, :, 2:] == 0).all()


def test_the_dtype_of_the_parameters_is_kept():
    net = Network("mixed")
    N, K = net.dims("N K")
    n, k = net.indices(n=N, k=K)
    x = net.input("x", (N,))
    label = net.input("label", (N,), dtype="int", high=K)
    w, c = net.parameter("w", (K,)), net.parameter("c", ())
    z = net.tensor("z")
    z[n, k] = (w[k] * x[n] + c / 3) * k * sqrt(N) + label[n]
    net.loss = Sum(z[n, k] ** 2, n, k) / N + c
    net.output(z)
    module = load(net)
    for dtype in (np.float16, np.float32, np.float64, np.longdouble):
        params = {"w": np.array([1, 2, 3], dtype), "c": np.array(0.5, dtype)}
        data = np.array([1.0, 2.0]), np.array([0, 2], np.uint8)
        loss, cache = module.forward(params, *data)
        grads = module.backward(cache)
        assert loss.dtype == dtype
        assert not isinstance(loss, np.ndarray)
        assert {grad.dtype for grad in grads.values()} == {np.dtype(dtype)}
        assert module.predict(params, *data).dtype == dtype
        assert isinstance(grads["c"], np.ndarray)

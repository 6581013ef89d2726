"""Networks and helpers for the checks of what is promised to users: functions, command and generated modules."""

import inspect
from functools import cache
from types import SimpleNamespace

import numpy as np
import pytest
from sympy import And, Eq, Piecewise, exp, log, oo, sqrt, tanh

from symbackprop import LogSumExp, Mean, Network, Sum, load, zoo
from symbackprop.functions import relu, sigmoid

SIZES = (3, 2, 5, 7, 4, 11)


def convolution():
    """Padding 1, stride 2, a symbolic kernel's width."""
    net = Network("convolution")
    N, C, O, H, K = net.dims("N C O H K")
    R = (H + 2 - K) // 2 + 1
    n, c, o, r, k = net.indices(n=N, c=C, o=O, r=R, k=K)
    x, target = net.input("x", (N, C, H)), net.input("target", (N, O, R))
    w, b = net.parameter("w", (O, C, K)), net.parameter("b", (O,))
    z, a = net.tensors("z a")
    net.assume(H + 2 >= K)
    place = 2 * r + k - 1
    inside = Piecewise((x[n, c, place], And(place >= 0, place < H)), (0, True))
    z[n, o, r] = Sum(w[o, c, k] * inside, c, k) + b[o]
    a[n, o, r] = relu(z[n, o, r])
    net.loss = Sum((a[n, o, r] - target[n, o, r]) ** 2, n, o, r) / N
    net.output(a)
    return net


def normalised():
    """Batch normalisation with running statistics; outputs in a tuple; a parameter of rank 0."""
    net = Network("normalised")
    N, C = net.dims("N C")
    n, m, c = net.indices(n=N, m=N, c=C)
    x, y = net.input("x", (N, C)), net.input("y", (N,))
    gain, shift = net.parameter("gain", (C,), init="ones"), net.parameter("shift", (C,))
    scale = net.parameter("scale", (), init=1.5)
    running_mean = net.buffer("running_mean", (C,), "zeros")
    running_var = net.buffer("running_var", (C,), "ones")
    mean, var, hat, out, score, size = net.tensors("mean var hat out score size")
    mean[c] = Mean(x[n, c], n)
    var[c] = Mean((x[m, c] - mean[c]) ** 2, m)
    hat[n, c] = (x[n, c] - mean[c]) / sqrt(var[c] + 1e-5)
    out[n] = scale * Sum(tanh(gain[c] * hat[n, c] + shift[c]), c)
    net.update(running_mean[c], running_mean[c] * 0.9 + 0.1 * mean[c])
    net.update(running_var[c], running_var[c] * 0.9 + 0.1 * var[c])
    score[n, c] = (x[n, c] - running_mean[c]) / sqrt(running_var[c] + 1e-5)
    size[()] = scale * Sum(running_var[c], c)
    net.loss = Sum((out[n] - y[n]) ** 2, n) / N
    net.output(score, size)
    return net


def dropout():
    """Dropout with a mask, and noise on the inputs."""
    net = Network("dropout")
    N, D, H = net.dims("N D H")
    n, d, h = net.indices(n=N, d=D, h=H)
    x, y = net.input("x", (N, D)), net.input("y", (N,))
    W, v = net.parameter("W", (H, D)), net.parameter("v", (H,), init="normal")
    mask = net.random("mask", (N, H), "bernoulli", p=0.75)
    jitter = net.random("jitter", (N, D), "normal", std=0.1)
    a, out = net.tensors("a out")
    a[n, h] = sigmoid(Sum(W[h, d] * (x[n, d] + jitter[n, d]), d)) * mask[n, h] / 0.75
    out[n] = Sum(v[h] * a[n, h], h)
    net.loss = Sum((out[n] - y[n]) ** 2, n) / N
    net.output(out)
    return net


def steps():
    """Euler's method; the number of its steps T is in no shape."""
    net = Network("steps")
    N, D, T = net.dims("N D T")
    n, i, j = net.indices(n=N, i=D, j=D)
    t = net.index("t", (1, T))
    x, y = net.input("x", (N, D)), net.input("y", (N, D))
    A, rate = net.parameter("A", (D, D), init="normal"), net.parameter("rate", ())
    s = net.tensor("s")
    s[0, n, i] = x[n, i]
    s[t, n, i] = s[t - 1, n, i] + tanh(Sum(A[i, j] * s[t - 1, n, j], j) + rate) / T
    net.loss = Sum((s[T, n, i] - y[n, i]) ** 2, n, i)
    last = net.tensor("last")
    last[n, i] = s[T, n, i]
    net.output(last)
    return net


def padded():
    """Attention over tokens of which only the first `length` count; labels are integers."""
    net = Network("padded")
    N, T, V, D, C = net.dims("N T V D C")
    n, t, s, d, c = net.indices(n=N, t=T, s=T, d=D, c=C)
    token = net.input("token", (N, T), dtype="int", high=V)
    length = net.input("length", (N,), dtype="int", high=T + 1)
    label = net.input("label", (N,), dtype="int", high=C)
    E, Q, U = net.parameter("E", (V, D)), net.parameter("Q", (D, D)), net.parameter("U", (C, D))
    e, score, w, o, z = net.tensors("e score w o z")
    i = net.index("i", D)
    e[n, t, d] = E[token[n, t], d]
    score[n, t, s] = Piecewise((Sum(e[n, t, d] * Sum(Q[d, i] * e[n, s, i], i), d), s < length[n]), (-oo, True))
    w[n, t, s] = exp(score[n, t, s] - LogSumExp(score[n, t, s], s))
    o[n, d] = Mean(Sum(w[n, t, s] * e[n, s, d], s), t)
    z[n, c] = Sum(U[c, d] * o[n, d], d)
    net.loss = Sum(LogSumExp(z[n, c], c) - z[n, label[n]], n) / N
    net.output(z, w)
    return net


def mixed():
    """Differentiable by an input and an intermediate; an assumption on the data; only rank-0 parameters."""
    net = Network("mixed")
    N = net.dim("N")
    n = net.index("n", N)
    q, x = net.input("q", (N,)), net.input("x", (N,))
    slope, offset = net.parameter("slope", (), init=2), net.parameter("offset", ())
    net.assume(Eq(Sum(q[n], n), 1))
    u = net.tensor("u")
    u[n] = slope * x[n] + offset
    net.loss = Sum(q[n] * (log(1 + exp(u[n])) - u[n]), n)
    net.output(u)
    return net


BUILDERS = {f.__name__: f for f in (convolution, normalised, dropout, steps, padded, mixed)}
ZOO = (
    "attention", "crf", "deep_mlp", "embedding", "gmm", "layer_norm_mlp", "lenet", "lstm", "mlp", "rnn",
    "softmax_regression",
)  # fmt: skip
NAMES = (*BUILDERS, *ZOO)


@cache
def network(name):
    return BUILDERS[name]() if name in BUILDERS else zoo.load(name)


@cache
def module(name, wrt=None):
    return load(network(name), wrt=wrt)


def sizes_of(made, offset=0):
    """Sizes that tell the axes apart and satisfy what the networks ask of them."""
    sizes = {dim: SIZES[(place + offset) % len(SIZES)] for place, dim in enumerate(made.DIMS)}
    if made.NAME == "convolution":
        sizes.update(H=7 + offset, K=3)
    if made.NAME == "lenet":
        sizes.update({"H": 20 + 4 * offset, "W": 24})
    return sizes


def evaluated(extent, sizes):
    return int(eval(str(extent), {}, dict(sizes)))


def data_for(made, net, sizes, seed=0, dtype=np.float64):
    """(params, the other arguments) by name, drawn at `sizes`."""
    rng = np.random.default_rng(seed)
    tables = dict(net.to_program().table)

    def shape(entry):
        return tuple(evaluated(extent, sizes) for extent in entry[0])

    params = {name: np.array(0.5 * rng.standard_normal(shape(entry)), dtype) for name, entry in made.PARAMETERS.items()}
    rest = {}
    for name, entry in made.INPUTS.items():
        if entry[1] == "int":
            high = evaluated(tables[name].high, sizes)
            rest[name] = rng.integers(0, high, shape(entry))
        else:
            rest[name] = rng.standard_normal(shape(entry)).astype(dtype)
    for name, axis in PROBABILITIES.get(made.NAME, {}).items():
        value = np.abs(rest[name]) + 0.1
        rest[name] = (value / value.sum(axis=axis, keepdims=True)).astype(dtype)
    if hasattr(made, "init_buffers"):
        needed = inspect.signature(made.init_buffers).parameters
        buffers = made.init_buffers(dtype=dtype, **{k: v for k, v in sizes.items() if k in needed})
        rest["buffers"] = buffers
    for name in keyword_sizes(made):
        rest[name] = sizes[name]
    if made.NAME == "dropout":
        rest["rng"] = 5
    return params, rest


PROBABILITIES = {"mixed": {"q": 0}, "mlp": {"y": 1}, "softmax_regression": {"y": 1}}


def keyword_sizes(made, function="forward"):
    return [name for name in inspect.signature(getattr(made, function)).parameters if name in made.DIMS]


def for_predict(made, rest):
    wanted = inspect.signature(made.predict).parameters
    return {name: value for name, value in rest.items() if name in wanted}


@pytest.fixture(scope="session")
def contract():
    """The helpers above, for tests that cannot import this file."""
    return SimpleNamespace(
        network=network, module=module, sizes_of=sizes_of, data_for=data_for, for_predict=for_predict,
        keyword_sizes=keyword_sizes, evaluated=evaluated, builders=BUILDERS,
    )  # fmt: skip


def pytest_generate_tests(metafunc):
    if "every" in metafunc.fixturenames:
        metafunc.parametrize("every", NAMES)

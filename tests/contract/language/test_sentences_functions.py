"""Sentences of the language, each as a network: what the functions take."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest
from sympy import (
    And,
    Piecewise,
    Rational,
    pi,
    sin,
    sqrt,
    tanh,
)  # fmt: skip

import symbackprop as sb
from symbackprop import LogSumExp, Mean, Network, Sum
from symbackprop import functions as f


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

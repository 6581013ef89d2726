"""load(net, backend="c"): networks through the generator and a compiler at full speed, beside their NumPy modules."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest
from sympy import Piecewise, tanh

from symbackprop import Network, Sum, errors, load, verify, zoo
from symbackprop.c.compiler import Compiler

from .test_binding_text import assert_same, called, everything


def steps() -> Network:
    """The number of steps T is in no shape."""
    net = Network("steps")
    N, D, T = net.dims("N D T")
    n, i, j, t = *net.indices(n=N, i=D, j=D), net.index("t", (1, T))
    x, A, s, last = net.input("x", (N, D)), net.parameter("A", (D, D), init="normal"), *net.tensors("s last")
    s[0, n, i] = x[n, i]
    s[t, n, i] = s[t - 1, n, i] + tanh(Sum(A[i, j] * s[t - 1, n, j], j)) / T
    net.loss = Sum(s[T, n, i] ** 2, n, i)
    last[n, i] = s[T, n, i]
    net.output(last)
    return net


def drawn(module: Any, sizes: dict[str, int], high: dict[str, int], dtype: type) -> dict[str, Any]:
    rng, tables = np.random.default_rng(0), {**module.PARAMETERS, **module.INPUTS}

    def of(name: str) -> Any:
        shape = tuple(eval(extent, {}, sizes) for extent in tables[name][0])
        if name in high:
            return rng.integers(0, high[name], shape)
        return (0.3 * rng.normal(size=shape)).astype(dtype)

    words = {name for name in inspect.signature(module.forward).parameters if name in sizes}
    return {"params": {name: of(name) for name in module.PARAMETERS}, **{name: of(name) for name in module.INPUTS},
            **{name: sizes[name] for name in words}}  # fmt: skip


# gcc 12 lost stores of the pooling's backward pass at these sizes of lenet, at -O3 with AVX
CASES: dict[str, tuple[Any, dict[str, int], dict[str, int]]] = {
    "mlp": (lambda: zoo.load("mlp"), {"N": 5, "D": 7, "H": 11, "C": 3}, {}),
    "lenet": (
        lambda: zoo.load("lenet"),
        {"N": 3, "B": 2, "H": 20, "W": 24, "C": 4, "F": 11, "G": 3, "R": 2, "S": 5, "M": 7}, {"label": 4},
    ),
    "steps": (steps, {"N": 2, "D": 3, "T": 4}, {}),
}  # fmt: skip


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", CASES)
def test_as_the_numpy_module(compiler: Compiler, name: str, dtype: type) -> None:
    build, sizes, high = CASES[name]
    net = build()
    one, other = load(net), load(net, backend="c")
    arguments = drawn(one, sizes, high, dtype)
    assert inspect.signature(one.value_and_grad) == inspect.signature(other.value_and_grad)
    rtol = 1e-11 if dtype is np.float64 else 2e-4
    for workspace in (None, other.Workspace()):
        assert_same(everything(other, arguments, workspace), everything(one, arguments), rtol)


def chosen() -> Network:
    """Sums and elements behind one mask and behind two, a product among what is chosen."""
    net = Network("chosen")
    N, T = net.dims("N T")
    n, t, s = net.indices(n=N, t=T, s=N)
    x, b, W, z = net.input("x", (N, T)), net.input("b", (T,)), net.parameter("W", (T,)), net.tensor("z")
    z[n, t] = Piecewise((x[n, t] * W[t], x[n, t] > 0), (x[n, t] / 100 + W[t], True))
    clipped = Piecewise((1, W[t] >= 1), (-1, W[t] <= -1), (W[t] * b[t], True))
    net.loss = Sum(z[n, t] ** 2, n, t) + Sum(x[s, t] * clipped, s, t)
    return net


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 9, 16])
def test_choices_along_few_positions(compiler: Compiler, size: int, dtype: type) -> None:
    """Of conditional sums, and of products behind two masks, gcc 12 makes wrong vectors at -O3 with AVX."""
    rng = np.random.default_rng(size)
    params = {"W": rng.uniform(-2, 2, size).astype(dtype)}
    given = {"x": rng.normal(size=(5, size)).astype(dtype), "b": rng.normal(size=size).astype(dtype)}
    expected = load(chosen()).value_and_grad(params, **given)
    found = load(chosen(), backend="c").value_and_grad(params, **given)
    tolerance = 1e-12 if dtype is np.float64 else 1e-5
    np.testing.assert_allclose(found[0], expected[0], rtol=tolerance)
    scale = np.abs(expected[1]["W"]).max()
    np.testing.assert_allclose(found[1]["W"], expected[1]["W"], atol=tolerance * scale)


def test_some_sizes_are_fixed(compiler: Compiler) -> None:
    net, (_, sizes, _) = zoo.load("mlp"), CASES["mlp"]
    one, other = (load(net, dims={"N": 5, "C": 3}, backend=backend) for backend in ("numpy", "c"))
    arguments = drawn(one, sizes, {}, np.float64)
    assert (other.DIMS, other.SIZES) == (("D", "H"), {"N": 5, "C": 3})
    assert_same(everything(other, arguments), everything(one, arguments), 1e-11)
    with pytest.raises(ValueError, match=r"^x: expected shape \(5, D\)"):
        called(other.predict, {**arguments, "x": arguments["x"][:2]})


def test_by_what_it_is_differentiated(compiler: Compiler) -> None:
    net, (_, sizes, _) = zoo.load("mlp"), CASES["mlp"]
    wrt = ["x", "W2", "z1"]
    one, other = (load(net, wrt, backend=backend) for backend in ("numpy", "c"))
    arguments = drawn(one, sizes, {}, np.float64)
    assert other.WRT == tuple(wrt)
    assert_same(everything(other, arguments), everything(one, arguments), 1e-11)


def test_a_size_that_predict_does_not_know(compiler: Compiler) -> None:
    """No library is there yet: predict is compiled for any size of what it has no need of."""
    net = Network("two")
    N, D, K = net.dims("N D K")
    n, d, k = net.indices(n=N, d=D, k=K)
    x, y, w, out = net.input("x", (N, D)), net.input("y", (N, K)), net.parameter("w", (D,)), net.tensor("out")
    out[n] = Sum(w[d] * x[n, d], d)
    net.loss = Sum((out[n] - y[n, k]) ** 2, n, k)
    net.output(out)
    module, large = load(net, backend="c"), np.ones((3000, 40))
    assert np.array_equal(module.predict({"w": np.ones(40)}, large), np.full(3000, 40.0))


def test_verified(compiler: Compiler) -> None:
    assert verify(zoo.load("logistic_regression"), backend="c").passed


@pytest.mark.parametrize(
    ("option", "value"), [("style", "plain"), ("memory", "1MB"), ("shard", {"n": "data"}), ("optimizer", 3)]
)
def test_options_of_other_targets(option: str, value: Any) -> None:
    options: dict[str, Any] = {option: value}
    with pytest.raises(errors.InvalidArgument, match=option):
        load(zoo.load("mlp"), backend="c", **options)

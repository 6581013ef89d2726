"""Under a budget of memory backward computes values once more: the same gradients, in no more than that."""

from __future__ import annotations

import re
import tracemalloc
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from sympy import Eq, Piecewise, exp, sin, tanh

from symbackprop import Network, Sum, generate, layers, load, losses
from symbackprop.errors import InvalidArgument
from symbackprop.functions import relu

N, D = 512, 32


def chain() -> Network:
    net = Network("chain")
    h, t = net.input("x", (N, D)), net.input("t", (N, D))
    for _ in range(5):
        h = layers.dense(h, D, activation=tanh)
    net.loss = losses.mse(h, t)
    net.output(h)
    return net


def noisy() -> Network:
    net = Network("noisy")
    h, t = net.input("x", (N, D)), net.input("t", (N, D))
    for _ in range(3):
        h = layers.dropout(layers.dense(h, D, activation=tanh), 0.5)
    net.loss = losses.mse(layers.dense(h, D), t)
    return net


def pooled() -> Network:
    net = Network("pooled")
    x, label = net.input("x", (16, 1, 14, 14)), net.input("label", (16,), dtype="int", high=3)
    h = layers.max_pool(layers.conv2d(x, 8, 3, activation=relu), 2)
    net.loss = losses.softmax_cross_entropy(layers.dense(layers.flatten(h), 3), label)
    return net


def layer() -> Network:
    net = Network("layer")
    n, i, j = net.indices(n=N, i=D, j=D)
    x, W = net.input("x", (N, D)), net.parameter("W", (D, D))
    z, a, b, y = net.tensors("z a b y")
    z[n, j] = Sum(W[j, i] * x[n, i], i)
    a[n, j] = tanh(z[n, j])
    b[n, j] = exp(a[n, j]) * a[n, j]
    y[n, j] = Sum(W[i, j] * b[n, i], i) + Piecewise((a[n, j], Eq(n, 0)), (0, True))
    net.output(y)
    return net


def sines() -> Network:
    net = Network("sines")
    n, i, j = net.indices(n=N, i=D, j=D)
    x, W = net.input("x", (N, D)), net.parameter("W", (D, D))
    a, b, c, d = net.tensors("a b c d")
    a[n, j] = Sum(W[j, i] * x[n, i], i)
    b[n, j], c[n, j], d[n, j] = sin(a[n, j]), sin(b[n, j]), sin(c[n, j])
    net.loss = Sum(d[n, j] ** 2, n, j)
    return net


NETWORKS: tuple[Callable[[], Network], ...] = (chain, noisy, pooled, sines, layer)


def arguments(module: ModuleType) -> tuple[dict[str, Any], dict[str, Any]]:
    rng = np.random.default_rng(0)
    tables = {**module.INPUTS, **getattr(module, "NOISE", {}), **getattr(module, "COTANGENTS", {})}
    given = {
        name: rng.integers(0, 3, tuple(map(int, shape))) if kind == "int"
        else rng.normal(size=tuple(map(int, shape))).astype(np.float32)
        for name, (shape, kind) in tables.items()
    }  # fmt: skip
    return module.init_params(0), given


def step(module: ModuleType, workspace: Any = None) -> tuple[Any, dict[str, Any]]:
    params, given = arguments(module)
    run = module.vjp if hasattr(module, "vjp") else module.value_and_grad
    return run(params, **given, workspace=workspace)


def peak(module: ModuleType, with_workspace: bool = False) -> int:
    params, given = arguments(module)
    run = module.vjp if hasattr(module, "vjp") else module.value_and_grad
    run(params, **given)
    tracemalloc.start()
    run(params, **given, workspace=module.Workspace() if with_workspace else None)
    found = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return found


def least(build: Callable[[], Network]) -> int:
    with pytest.raises(InvalidArgument, match="at least") as caught:
        generate(build(), memory=1)
    return int(str(caught.value).partition("(")[2].partition(" bytes")[0].replace(",", ""))


PYTHON = 40_000  # bytes of Python's own objects


@pytest.mark.parametrize("build", NETWORKS, ids=lambda build: build.__name__)
def test_the_same_gradients_in_no_more_memory(build: Callable[[], Network]) -> None:
    plain = load(build())
    expected, whole = step(plain), peak(plain)
    low = least(build)
    assert low < whole - PYTHON or build is layer
    for budget in (10**9, (low + whole) // 2, low):
        module = load(build(), memory=budget)
        assert peak(module) <= budget + PYTHON
        assert peak(module, with_workspace=True) <= budget + PYTHON
        workspace = module.Workspace()
        for found in (step(module), step(module, workspace), step(module, workspace)):
            np.testing.assert_array_equal(found[0], expected[0])
            for name, array in expected[1].items():
                np.testing.assert_array_equal(found[1][name], array)


def rows() -> Network:
    """A product of rows with rows, of which one side is copied by columns; what else there is is small."""
    net = Network("rows")
    i, j, k = net.indices(i=40, j=40, k=600)
    x, w, s = net.input("x", (40, 600)), net.input("w", (40, 600)), net.parameter("s", ())
    z = net.tensor("z")
    z[i, j] = Sum(x[i, k] * w[j, k], k)
    net.loss = Sum(tanh(s * z[i, j] / 100), i, j)
    return net


def test_what_a_product_copies_counts() -> None:
    low = least(rows)
    assert 96_000 < low < 160_000
    assert peak(load(rows(), memory=low)) <= low + PYTHON


@pytest.mark.parametrize("build", NETWORKS, ids=lambda build: build.__name__)
def test_backward_may_be_called_again(build: Callable[[], Network]) -> None:
    module = load(build(), memory=least(build))
    params, given = arguments(module)
    above = {name: given.pop(name) for name in getattr(module, "COTANGENTS", {})}
    for workspace in (None, module.Workspace()):
        _, cache = module.forward(params, **given, workspace=workspace)
        first = {k: a.copy() for k, a in module.backward(cache, **above, workspace=workspace).items()}
        for name, array in module.backward(cache, **above, workspace=workspace).items():
            np.testing.assert_array_equal(array, first[name])
    assert module.check()


def test_the_module_says_what_is_computed_once_more() -> None:
    whole = generate(chain(), memory="1GB")
    assert "in float32: nothing has to be computed twice." in whole
    source = generate(chain(), memory=least(chain))
    assert "A step takes at most " in source
    assert "backward computes a1, " in source
    assert "# (F2) a1[i, j2] = tanh(z1[i, j2]); once more" in source


def test_what_is_cheap_is_computed_before_what_is_dear() -> None:
    """a is a product of matrices, the others an operation for each element."""
    low = least(sines)
    between = generate(sines(), memory=(low + peak(load(sines())) - PYTHON) // 2)
    assert low < peak(load(sines())) - PYTHON - N * D
    assert re.search(r"backward computes (\w, )*\w once more", between)
    assert not re.search(r"backward computes (\w, )*a", between)


def test_sizes_without_numbers_are_named() -> None:
    net = Network("free")
    rows, columns = net.dims("N D")
    n, d = net.indices(n=rows, d=columns)
    w, x = net.parameter("w", (columns,)), net.input("x", (rows, columns))
    net.loss = Sum(tanh(w[d] * x[n, d]), n, d)
    with pytest.raises(InvalidArgument, match=r'no number for N, D; give each one: dims=\{"N": 32, "D": 32\}'):
        generate(net, memory="1MB")


def test_what_does_not_go_together_is_refused() -> None:
    with pytest.raises(InvalidArgument, match='none with style="plain"'):
        generate(chain(), style="plain", memory="1MB")
    with pytest.raises(InvalidArgument, match='a number of bytes, as "200MB"'):
        generate(chain(), memory="plenty")

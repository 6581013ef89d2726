"""Arrays that share memory are never in use at the same time: results are those of arrays apart, to the last bit."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest
from sympy import tanh

from symbackprop import Network, Sum, load, zoo
from symbackprop.lower.module_values import ModuleIR
from symbackprop.numpy.array import Function, Role
from symbackprop.numpy.function import store_module
from symbackprop.numpy.lifetimes import Lives, lives_of
from symbackprop.sources import program_of
from symbackprop.stages import derived_of
from symbackprop.terms.program import TensorKind
from symbackprop.verify.data import draw
from symbackprop.verify.prime_sizes import choose_sizes
from workshop.fuzz.modules import lowered_values


def stored(net: Network) -> ModuleIR[Function]:
    program = net.to_program()
    return store_module(lowered_values(program, derived_of(program)))


def lives(net: Network) -> tuple[ModuleIR[Function], Lives]:
    module = stored(net)
    return module, lives_of(module)


def chain() -> Network:
    net = Network("chain")
    N, D = net.dims("N D")
    n, i, j = net.indices(n=N, i=D, j=D)
    x, W = net.input("x", (N, D)), net.parameter("W", (D, D))
    z, a, b = net.tensors("z a b")
    z[n, j] = Sum(W[j, i] * x[n, i], i)
    a[n, j] = tanh(z[n, j])
    b[n, j] = a[n, j] ** 2 + 1
    net.loss = Sum(b[n, j] ** 2, n, j)
    net.output(b)
    return net


def test_of_a_chain() -> None:
    module, found = lives(chain())
    assert module.shared is not None
    shared, places = found.of["shared"], found.places["shared"]
    named = {buffer.name: buffer for buffer in shared}
    assert places[named["z"]] == named["a"]  # tanh writes over what it reads
    assert named["a"] not in places  # which backward wants
    assert shared[named["a"]].last > found.forward > shared[named["a"]].predicted
    assert shared[named["b"]].predicted == found.kept  # which predict returns
    gradient = {buffer.name: life for buffer, life in found.of["backward"].items()}["d_W"]
    assert gradient.last == found.kept


@pytest.mark.parametrize("name", zoo.names())
def test_everything_lives_from_its_first_use_to_its_last(name: str) -> None:
    module, found = lives(zoo.load(name))
    for function in module.functions:
        for buffer, life in found.of[function.name].items():
            assert buffer.role is not Role.ARGUMENT
            assert life.first <= min(life.predicted, life.last)
        for one, other in found.places[function.name].items():
            assert (one.shape, one.kind) == (other.shape, other.kind)


def apart(asked: dict[Any, tuple[int, int, int]]) -> tuple[dict[Any, int], int]:
    """A plan that shares nothing."""
    places, end = {}, 0
    for key, (size, _, _) in asked.items():
        places[key], end = end, end + size
    return places, end


@pytest.mark.parametrize("name", zoo.names())
def test_what_shares_memory_computes_the_same(name: str) -> None:
    net = zoo.load(name)
    program, dtype = program_of(net), np.float32
    sizes = choose_sizes(program)
    data = {
        key: array if array.dtype.kind == "i" else array.astype(dtype) for key, array in draw(program, sizes, 0).items()
    }
    results = []
    for plan in (None, apart):
        module = load(net)
        if plan is not None:
            module._plan = plan
        given = dict(data)
        params = {key: given.pop(key) for key in module.PARAMETERS}
        buffers = {key: given.pop(key) for key in getattr(module, "BUFFERS", {})}
        given = {key: given[key] for key in given if program.table[key].kind in (TensorKind.INPUT, TensorKind.RANDOM)}
        words = inspect.signature(module.forward).parameters
        given |= ({"buffers": buffers} if buffers else {}) | {key: sizes[key] for key in words if key in sizes}
        with np.errstate(all="ignore"):
            for workspace in (None, module.Workspace()):
                for _ in range(2):
                    loss, gradients = module.value_and_grad(params, **given, workspace=workspace)
                    results.append((loss, {key: array.copy() for key, array in gradients.items()}))
                loss, cache = module.forward(params, **given, workspace=workspace)
                for _ in range(2):
                    gradients = module.backward(cache, workspace=workspace)
                    results.append((loss, {key: array.copy() for key, array in gradients.items()}))
    for loss, gradients in results[1:]:
        np.testing.assert_array_equal(loss, results[0][0])
        for key, array in gradients.items():
            np.testing.assert_array_equal(array, results[0][1][key])


def test_what_predict_returns_stays_where_a_prediction_is_longer_than_a_step() -> None:
    """An output that the loss does not need takes many statements, behind one that the loss is made of."""
    net = Network("longer")
    N, M = net.dims("N M")
    p, j = net.indices(p=N, j=M)
    x, W, (h, h1) = net.input("x", (M,)), net.parameter("W", (N,)), net.tensors("h h1")
    value = x[j]
    for _ in range(8):
        value = tanh(value) + value**2 / 7
    h[j] = value
    h1[p] = W[p]
    net.loss = Sum(h1[p], p)
    net.output(h, h1)
    module = load(net)
    params, data = {"W": np.arange(5.0)}, np.linspace(-1, 1, 5)
    for workspace in (None, module.Workspace()):
        _, found = module.predict(params, data, workspace=workspace)
        np.testing.assert_array_equal(found, params["W"])

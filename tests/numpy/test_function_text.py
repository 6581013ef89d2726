"""A module's functions: which there are, what they are called with, and that what they return is the caller's own."""

from __future__ import annotations

import inspect
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from sympy import tanh

from symbackprop import Network, Sum, load
from symbackprop.numpy.function_text import FunctionText
from symbackprop.python_text.python_lines import WIDTH

ALWAYS = {"init_params", "forward", "backward"}


def module(layer: bool, buffer: bool, output: bool) -> Any:
    net = Network("functions")
    N, D = net.dims("N D")
    n, d = net.indices(n=N, d=D)
    x, w, v = net.input("x", (N, D)), net.parameter("w", (D,)), net.parameter("v", (D,))
    u = net.parameter("u", (D,))
    a, y = net.tensors("a y")
    a[n] = tanh(Sum(w[d] * x[n, d], d))
    y[d] = w[d] + v[d] + u[d] + Sum(a[n], n)  # v and u have the same gradient
    if buffer:
        m = net.buffer("m", (D,), "zeros")
        net.update(m[d], m[d] / 2 + y[d])
    if layer:
        net.output(y, a)
    else:
        net.loss = Sum(y[d], d)
        if output:
            net.output(a)
    return load(net)


@pytest.mark.parametrize("layer", [False, True])
@pytest.mark.parametrize("buffer", [False, True])
@pytest.mark.parametrize("output", [False, True])
def test_which_there_are(layer: bool, buffer: bool, output: bool) -> None:
    made = module(layer, buffer, output)
    found = {name for name, each in vars(made).items() if inspect.isfunction(each) and name[0] != "_"}
    wanted = (
        ALWAYS | ({"vjp"} if layer else {"value_and_grad"}) | ({"init_buffers", "next_buffers"} if buffer else set())
    )
    wanted |= {"predict"} if layer or output else set()
    assert wanted <= found
    assert not found & ({"vjp", "value_and_grad", "init_buffers", "next_buffers", "predict"} - wanted)
    for name in wanted:
        assert getattr(made, name).__doc__
    forward = inspect.signature(made.forward).parameters
    assert list(forward)[:2] == ["params", "x"]
    assert ("buffers" in forward) == buffer
    backward = list(inspect.signature(made.backward).parameters)
    assert backward == ["cache", *(["d_y", "d_a"] if layer else []), "workspace"]


@pytest.mark.parametrize("layer", [False, True])
def test_arrays_are_the_callers_own(layer: bool) -> None:
    """None of what is returned lies in the cache, in an argument or in another: writing to it changes nothing."""
    made, rng = module(layer, True, True), np.random.default_rng(0)
    params = {"w": rng.normal(size=3), "v": rng.normal(size=3), "u": rng.normal(size=3)}
    given = {"x": rng.normal(size=(4, 3)), "buffers": {"m": rng.normal(size=3)}}
    above = [rng.normal(size=3), rng.normal(size=4)] if layer else []
    results, cache = made.forward(params, **given)
    gradients = made.backward(cache, *above)
    again = made.backward(cache, *above)
    arrays = [np.asarray(each) for each in (*(results if layer else ()), *gradients.values(), *again.values())]
    arrays += [*made.next_buffers(cache).values()]
    predicted = made.predict(params, **given)
    arrays += [*(predicted if isinstance(predicted, tuple) else (predicted,))]
    held = [each for each in cache.values() if isinstance(each, np.ndarray)]
    held += [*params.values(), given["x"], given["buffers"]["m"], *above]
    assert not any(np.shares_memory(one, other) for one, other in combinations(arrays, 2))
    assert not any(np.shares_memory(one, other) for one in arrays for other in held)
    for name, each in gradients.items():
        np.testing.assert_array_equal(each, again[name])


@pytest.mark.parametrize("count", [1, 3, 40])
def test_the_head(count: int) -> None:
    words = tuple(f"argument{place}" for place in range(count))
    lines = FunctionText("f", words, "About.", ("    return 1",)).head
    assert max(map(len, lines)) <= WIDTH
    known: dict[str, Any] = {}
    exec("\n".join([*lines, "    return 1"]), known)
    assert tuple(inspect.signature(known["f"]).parameters) == words

"""Windows of rows: which tensors have one, and that a scan over rows computes what a loop over tensors does."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sympy import tanh

from symbackprop import Network, Sum
from symbackprop.jax.rows import Window, by_rows, windows_of
from symbackprop.lower import lower_module
from symbackprop.lower.value_walks import computed_in, steps_in
from symbackprop.lower.values import Define, Loop, Read, inside
from symbackprop.pipeline import generate, load
from symbackprop.schedule import unshared
from symbackprop.sources import program_of, scheduled_derivation
from symbackprop.stages import functions_of
from symbackprop.terms.program import TensorKind
from symbackprop.verify.evaluators import ModuleEvaluator


def back(lag: int, along: int = 0, down: bool = False) -> Network:
    """h at a step from those one and `lag` before it, or behind it; its steps along that axis."""
    net = Network("back")
    T, H = net.dims("T H")
    net.assume(T >= 6)
    t = net.index("t", (0, T - lag)) if down else net.index("t", (lag, T))
    i, j = net.index("i", H), net.index("j", H)
    W, h = net.parameter("W", (H, H)), net.tensor("h")
    x = net.input("x", (T + 1, H) if not along else (H, T + 1))
    of = (lambda tensor, step, k: tensor[step, k]) if not along else (lambda tensor, step, k: tensor[k, step])
    sign = 1 if down else -1
    for start in range(lag):
        place = T - start if down else start
        h[(place, i) if not along else (i, place)] = of(x, place, i)
    h[(t, i) if not along else (i, t)] = tanh(Sum(W[i, j] * of(h, t + sign, j), j)) + of(x, t, i) * of(
        h, t + sign * lag, i
    )
    net.loss = Sum(of(h, 0 if down else T, i) ** 2, i)
    return net


def loops(net: Network) -> list[tuple[Any, Loop[Any]]]:
    program = program_of(net)
    scheduled = scheduled_derivation(program, None)
    module = lower_module(unshared(functions_of(program, scheduled)))
    return [(f, step) for f in (module.forward, module.backward) for step in f.body if isinstance(step, Loop)]


@pytest.mark.parametrize("lag", [1, 2, 4])
def test_a_window_is_as_wide_as_what_is_read(lag: int) -> None:
    function, loop = loops(back(lag))[0]
    windows = windows_of(loop, function.tensors, function.facts, ())
    assert windows["h"].width == lag + 1
    assert (windows["h"].written, windows["x"].width, windows["x"].written) == (True, 1, False)
    assert "W" not in windows
    body = by_rows(loop, windows, function.facts)
    named = {step.tensor for step in steps_in(body) if isinstance(step, Define)}
    named |= {v.tensor for s in steps_in(body) for top in computed_in(s) for v in inside(top) if isinstance(v, Read)}
    assert not named & windows.keys()
    assert windows["h"].row(lag) in named


def test_the_window_goes_as_the_loop_does() -> None:
    found: list[Window] = []
    for function, loop in loops(back(1)):
        found += windows_of(loop, function.tensors, function.facts, ()).values()
    assert {window.forwards for window in found} == {True, False}
    assert all({window.entering, *window.handed} == set(range(window.width)) for window in found)


def test_what_may_leave_its_tensor_has_none() -> None:
    """Slices cannot be told to begin before their tensor."""
    net = Network("guarded")
    T, H = net.dims("T H")
    t, i = net.index("t", (1, T)), net.index("i", H)
    from sympy import Piecewise

    x, w, h = net.input("x", (T + 1, H)), net.parameter("w", (H,)), net.tensor("h")
    h[0, i] = x[0, i]
    h[t, i] = w[i] * h[t - 1, i] + Piecewise((h[t - 3, i], t >= 3), (x[t, i], True))
    net.loss = Sum(h[T, i] ** 2, i)
    function, loop = loops(net)[0]
    assert "h" not in windows_of(loop, function.tensors, function.facts, ())
    assert "jax.lax.scan" in generate(net, backend="jax")


@pytest.mark.parametrize("down", [False, True])
@pytest.mark.parametrize("along", [0, 1])
@pytest.mark.parametrize("lag", [1, 2, 3])
def test_values(lag: int, along: int, down: bool) -> None:
    jax = pytest.importorskip("jax")
    net = back(lag, along, down)
    program, sizes = program_of(net), {"T": 7, "H": 3}
    rng = np.random.default_rng(lag)
    data = {"W": rng.normal(size=(3, 3)), "x": rng.normal(size=(3, 8) if along else (8, 3))}
    assert {t.name for t in program.of_kind(TensorKind.INPUT, TensorKind.PARAMETER)} == data.keys()
    with jax.enable_x64(True):
        found = ModuleEvaluator(load(net, backend="jax"), program, sizes).values(data)
    expected = ModuleEvaluator(load(net), program, sizes).values(data)
    for key, value in found.items():
        np.testing.assert_allclose(value, expected[key], rtol=1e-12, atol=1e-14)

"""What a module's own check needs: what it cannot difference, and how it draws and passes data."""

from __future__ import annotations

import textwrap
from typing import Any

import numpy as np
import pytest
from sympy import tanh

from symbackprop import Network, Sum, load
from symbackprop.functions import stop_gradient
from symbackprop.numpy.selfcheck import self_check, unchecked
from symbackprop.python_text.door import make_door
from symbackprop.terms.program import TensorKind


def network() -> Network:
    """v and the intermediate a stand behind a stop_gradient, u beside it, w both."""
    net = Network("stopped")
    N, D = net.dims("N D")
    n, d = net.indices(n=N, d=D)
    x, u, v, w = net.input("x", (N, D)), *(net.parameter(name, (D,)) for name in "uvw")
    a, b, y = net.tensors("a b y")
    a[n] = Sum(x[n, d] * v[d] * w[d], d)
    b[n] = tanh(a[n])
    y[n] = stop_gradient(b[n]) * Sum(u[d] * w[d], d)
    net.loss = Sum(y[n] ** 2, n)
    return net


def test_what_is_not_differenced() -> None:
    program = network().to_program()
    assert unchecked(program, ["u", "v", "w", "x"]) == {"v", "w", "x"}
    assert unchecked(program, ["u", "a", "y"]) == {"a", "y"}
    plain = Network("plain")
    N = plain.dim("N")
    n = plain.index("n", N)
    p = plain.parameter("p", (N,))
    plain.loss = Sum(p[n] ** 2, n)
    assert unchecked(plain.to_program(), ["p"]) == set()


def test_only_there_the_slope_is_another() -> None:
    """Differences of the loss: another number than the gradient for those, and for those alone."""
    module: Any = load(network())
    rng = np.random.default_rng(0)
    params, x = {name: rng.normal(size=3) for name in "uvw"}, rng.normal(size=(4, 3))
    _, grads = module.value_and_grad(params, x)
    for name in "uvw":
        losses = []
        for step in (1e-6, -1e-6):
            moved = {**params, name: params[name] + step}
            losses.append(module.forward(moved, x)[0])
        same = (losses[0] - losses[1]) / 2e-6 == pytest.approx(grads[name].sum(), rel=1e-6)
        assert same == (name not in unchecked(network().to_program(), list("uvw")))


def test_what_is_drawn_and_passed() -> None:
    net = Network("drawn")
    N, D = net.dims("N D")
    n = net.index("n", N)
    label, free = net.input("label", (N,), dtype="int", high=D + 2), net.input("free", (N,), dtype="int")
    w, m = net.parameter("w", (D,)), net.buffer("m", (), "zeros")
    d = net.index("d", D)
    net.loss = Sum(label[n] * free[n], n) * Sum(w[d] ** 2, d) + m[()]
    program = net.to_program()
    door = make_door(program, program.of_kind(TensorKind.INPUT), (), set(program.dims))
    found = self_check(program, door, ["w"])
    known: dict[str, Any] = {"np": np, "seed": 0}
    exec(textwrap.dedent("\n".join(found.sizes)), known)
    assert set(known["sizes"]) == {"N", "D"}
    highs = {"label": "D + 2"}
    bounds = [eval(found.high, {"_HIGHS": highs, "sizes": known["sizes"], "name": name}) for name in ("label", "free")]
    assert bounds == [known["sizes"]["D"] + 2, 2]
    assert set(eval(found.integers)) == {"label", "free"}
    assert (found.unmet, found.unchecked) == ((), "")
    assert found.passing.startswith("params, **rest")
    assert "buffers=" in found.passing

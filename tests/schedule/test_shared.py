"""What forward and predict compute alike: found as far as both read the same, and no farther."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from sympy import Piecewise, tanh

from symbackprop import Network, Sum, derive, load
from symbackprop.stages import functions_of


def network(middle: Callable[[Network, object, object], object]) -> Network:
    """x to a (alike), a to c by what `middle` does, c to the output."""
    net = Network("partly")
    N, D = net.dims("N D")
    n, d = net.indices(n=N, d=D)
    x, w = net.input("x", (N, D)), net.parameter("w", (D,))
    a, c, out = net.tensors("a c out")
    a[n, d] = tanh(w[d] * x[n, d])
    c[n, d] = middle(net, a[n, d], (n, d))
    out[n] = Sum(c[n, d] * w[d], d)
    net.loss = Sum(out[n] ** 2, n)
    net.output(out)
    return net


CASES: dict[str, tuple[Callable[..., object], set[str]]] = {
    "the same": (lambda net, value, at: 2 * value, {"a", "c", "out"}),
    "training": (lambda net, value, at: Piecewise((2 * value, net.training), (value, True)), {"a"}),
}


@pytest.mark.parametrize("title", CASES)
def test_shared_as_far_as_both_read_the_same(title: str) -> None:
    middle, expected = CASES[title]
    net = network(middle)
    functions = functions_of(net.to_program(), derive(net).scheduled)
    assert functions.shared is not None
    assert functions.predict is not None
    shared = {equation.target for equation in functions.shared.equations}
    assert shared & {"a", "c", "out"} == expected
    for part in (functions.forward, functions.predict):
        assert shared.isdisjoint(equation.target for equation in part.equations)
    module = load(net)
    params, x = {"w": np.array([0.3, -0.7])}, np.array([[1.0, 2.0], [0.5, -1.0], [2.0, 0.1]])
    a = np.tanh(params["w"] * x)
    factors = {"the same": (2, 2), "training": (2, 1)}[title]
    workspace = module.Workspace()
    for reused in (None, workspace, workspace):
        loss = module.forward(params, x, workspace=reused)[0]
        np.testing.assert_allclose(loss, ((factors[0] * a @ params["w"]) ** 2).sum())
        np.testing.assert_allclose(module.predict(params, x, workspace=reused), factors[1] * a @ params["w"])

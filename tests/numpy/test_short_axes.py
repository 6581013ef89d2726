"""Axes of few positions lie outermost where they would be innermost, and results are the same."""

from __future__ import annotations

import re

import numpy as np
import pytest
from sympy import Piecewise, exp, sqrt

from symbackprop import LogSumExp, Network, Sum, generate, load, verify
from symbackprop.stages import derived_of
from symbackprop.verify.data import draw
from workshop.fuzz.modules import (
    compare_module,
    compare_statements,
    generated_source,
    load_module,
    reference_values,
)


def points(coordinates: int = 3, flipped: bool = False) -> Network:
    """Distances of points from centres, weighted by what lies between; columns of wider parameters are read, and the
    differences with the coordinates in another order. `flipped`: the coordinates come first everywhere."""
    net = Network("points")
    P = net.dim("P")
    p, a = net.indices(p=P, a=coordinates)
    shape = (2 * coordinates, P) if flipped else (P, 2 * coordinates)
    camera, target = net.parameter("camera", shape), net.input("target", shape)
    scale, d, length, unit, turned = net.tensors("scale d length unit turned")

    def at(tensor, point, coordinate):  # type: ignore[no-untyped-def]
        return tensor[coordinate, point] if flipped else tensor[point, coordinate]

    def put(tensor, point, coordinate, value):  # type: ignore[no-untyped-def]
        tensor[(coordinate, point) if flipped else (point, coordinate)] = value

    put(d, p, a, at(camera, p, coordinates + a) - at(target, p, a))
    length[p] = sqrt(Sum(at(d, p, a) ** 2, a) + 1)
    put(unit, p, a, Piecewise((at(d, p, a) / length[p], length[p] > 2), (at(d, p, a), True)))
    put(turned, p, a, at(unit, p, coordinates - 1 - a) * at(camera, p, a) + exp(-(at(d, p, 0) ** 2)) * length[p])
    scale[p] = Sum(at(turned, p, a) ** 2, a)
    net.loss = Sum(scale[p], p) / P
    return net


def labelled() -> Network:
    """What a product of matrices writes stays as it lies."""
    net = Network("labelled")
    N, D = net.dims("N D")
    n, d, c = net.indices(n=N, d=D, c=4)
    x, W, z = net.input("x", (N, D)), net.parameter("W", (4, D)), net.tensor("z")
    z[n, c] = Sum(W[c, d] * x[n, d], d)
    net.loss = Sum(LogSumExp(z[n, c], c) - z[n, 1], n)
    return net


def running() -> Network:
    """What a loop runs along stays, and what is read with it."""
    net = Network("running")
    N = net.dim("N")
    n, a = net.indices(n=N, a=3)
    t = net.index("t", (1, 4))
    x, s, last = net.parameter("x", (N, 3)), net.tensor("s"), net.tensor("last")
    s[0, n, a] = 0
    s[t, n, a] = s[t - 1, n, a] / 2 + x[n, a] * exp(-s[t - 1, n, a])
    last[n, a] = s[4, n, a] ** 2 + exp(s[3, n, a])
    net.loss = Sum(last[n, a], n, a)
    return net


def smooth() -> Network:
    """Beside what has neither the short axis nor the one before it, rows go on."""
    net = Network("smooth")
    N, C = net.dims("N C")
    n, c, h = net.indices(n=N, c=C, h=3)
    x, mean, y = net.parameter("x", (N, C, 3)), net.tensor("mean"), net.tensor("y")
    mean[n] = Sum(x[n, c, h], c, h) / (3 * C)
    y[n, c, h] = exp(x[n, c, h] - mean[n])
    net.loss = Sum(y[n, c, h] ** 2, n, c, h)
    return net


def test_coordinates_lie_outermost() -> None:
    source = generate(points())
    assert re.findall(r"kept as (\w+\[a, p\])", source) >= ["d[a, p]", "unit[a, p]"]
    assert "d = take((3, P), dtype" in source
    assert "np.subtract(camera[:, 3:].T, target[:, :3].T, out=d)" in source


@pytest.mark.parametrize("net", [points(17), points(flipped=True), labelled(), smooth()])
def test_what_stays(net: Network) -> None:
    assert "kept as" not in generate(net)


def test_what_loops_run_along_stays() -> None:
    assert "kept as s[" not in generate(running())


@pytest.mark.parametrize("net", [points(), points(1), points(2), points(flipped=True), labelled(), running()])
def test_values(net: Network) -> None:
    """What the reference interpreter finds; and each statement does what it does on contiguous copies."""
    program = net.to_program()
    derived = derived_of(program)
    text = generated_source(program, derived)
    for seed, size in enumerate((5, 1, 8)):
        sizes = dict.fromkeys(program.dims, size)
        data = draw(program, sizes, seed)
        reference = reference_values(program, derived, sizes, data)
        assert reference is not None
        compare_module(load_module(text), program, sizes, data, reference)
        for dtype in (np.float32, np.float64):
            compare_statements(text, program, sizes, data, dtype)


@pytest.mark.parametrize("net", [points(), points(2), labelled(), running()])
def test_gradients(net: Network) -> None:
    report = verify(net)
    assert report.passed, str(report)


def test_sizes_that_are_given() -> None:
    """Of sizes that are numbers the short ones are known."""
    net = Network("shifts")
    N, K = net.dims("N K")
    n, k = net.indices(n=N, k=K)
    x, w, y = net.input("x", (N, K)), net.parameter("w", (K,)), net.tensor("y")
    y[n, k] = exp(x[n, k] * w[k]) + x[n, 0]
    net.loss = Sum(y[n, k] ** 2 * x[n, k], n, k)
    assert "kept as" in generate(net, dims={"N": 100, "K": 5})
    assert "kept as" not in generate(net)
    data = np.random.default_rng(0).normal(size=(100, 5))
    weights = {"w": np.linspace(0, 1, 5)}
    for dims in ({"K": 5}, {"N": 100, "K": 5}):
        loss, gradients = load(net, dims=dims).value_and_grad(weights, data)
        expected, others = load(net).value_and_grad(weights, data)
        np.testing.assert_allclose(loss, expected)
        np.testing.assert_allclose(gradients["w"], others["w"])

"""A step foretold for a machine that nobody measured, whose figures are round."""

from __future__ import annotations

import pytest

from symbackprop import Network, Sum, zoo
from symbackprop.functions import relu
from symbackprop.lower.passes import improved_module
from symbackprop.measured.predict import Prediction, predicted
from symbackprop.sources import lowered, program_of, scheduled_derivation
from tests.measured.machines import CALL, ENTRY, machine


def of(net: Network, **sizes: int) -> Prediction:
    program = program_of(net)
    return predicted(improved_module(lowered(program, scheduled_derivation(program, None))), sizes, machine())


def product() -> Network:
    net = Network("product")
    N, D, H = net.dims("N D H")
    n, i, j = net.indices(n=N, i=D, j=H)
    x, W, z = net.input("x", (N, D)), net.parameter("W", (H, D)), net.tensor("z")
    z[n, j] = Sum(W[j, i] * x[n, i], i)
    net.loss = Sum(z[n, j] ** 2, n, j)
    return net


def test_products_count_by_their_shapes() -> None:
    small, large = of(product(), N=16, D=256, H=16), of(product(), N=256, D=256, H=256)
    assert large.forward - small.forward == pytest.approx((256 * 256 - 16 * 16) * 256 / 1e9, rel=0.05)
    assert large.step == large.forward + large.backward


def test_a_recurrence_turns() -> None:
    net = zoo.load("rnn")
    sizes = {"N": 4, "D": 4, "H": 4, "C": 3}
    ten, twenty, thirty = (of(net, T=T, **sizes).step for T in (10, 20, 30))
    assert thirty - twenty == pytest.approx(twenty - ten, rel=0.2)
    assert twenty - ten > 10 * 2 * CALL


def test_calls_are_what_a_small_step_takes() -> None:
    found = of(zoo.load("mlp"), N=2, D=2, H=2, C=2)
    assert 20 * CALL < found.step < 200 * CALL


def test_elements_count() -> None:
    net = Network("map")
    N = net.dim("N")
    n = net.index("n", N)
    x, w, z = net.input("x", (N,)), net.parameter("w", (N,)), net.tensor("z")
    z[n] = relu(w[n] * x[n])
    net.loss = Sum(z[n] ** 2, n)
    small, large = of(net, N=1024), of(net, N=65_536)
    assert 2 * 64_512 * ENTRY < large.step - small.step < 20 * 64_512 * ENTRY


@pytest.mark.parametrize("name", zoo.names())
def test_every_network_has_a_prediction(name: str) -> None:
    program = program_of(zoo.load(name))
    found = of(zoo.load(name), **dict.fromkeys(program.dims, 8))
    assert 0 < found.forward < 1
    assert 0 < found.backward < 1


def test_told() -> None:
    assert str(Prediction(0.00125, 2.5)) == "predicted on this machine: forward 1.25 ms, backward 2.5 s, step 2.5 s"

"""Which order the axes of tensors get where windows move along them."""

from __future__ import annotations

from typing import Any

import pytest
from sympy import tanh

from symbackprop import Network, Sum
from symbackprop.lower.convolutions import Convolutions
from symbackprop.lower.layout import Layout
from tests.numpy.convolutional import (
    CASES,
    of_sequences,
    recurrent,
    two_convolutions,
    with_attention,
)
from tests.numpy.test_layout import values_of


def orders_of(net: Network) -> dict[str, tuple[int, ...]]:
    module = values_of(net)
    return Layout(module, Convolutions(module.functions)).orders()


@pytest.mark.parametrize(
    ("order", "kept"), [("nchw", (2, 1, 3, 0)), ("nhwc", (1, 3, 2, 0)), ("hwcn", (0, 2, 1, 3)), ("wnch", (0, 2, 3, 1))]
)
def test_rows_then_channels_then_space_then_batch(order: str, kept: tuple[int, ...]) -> None:
    found = orders_of(two_convolutions(order))
    assert {found.get(name) for name in ("z", "a", "p", "y", "d_a", "d_p", "d_y")} == {kept}


def test_products_of_one_position_each_follow() -> None:
    found = orders_of(of_sequences())
    assert {found.get(name) for name in ("u", "v", "w", "d_u", "d_v")} == {(2, 1, 0)}


def test_products_of_each_with_each_leave_all_as_it_is() -> None:
    assert orders_of(with_attention()) == {}


def test_what_a_loop_runs_along_stays() -> None:
    assert "s" not in orders_of(recurrent())


def test_of_one_axis_there_are_no_rows() -> None:
    assert (1, 2, 0) in orders_of(CASES["conv1d"]()).values()


def test_a_convolution_of_each_channel_by_itself_has_no_rows() -> None:
    """Its products have one row each."""
    found = orders_of(CASES["depthwise"]())
    assert {found[name] for name in ("z1", "d_z1", "z2", "d_z2")} == {(1, 2, 3, 0)}


def test_a_dense_layer_that_flattens_symbolic_sizes_keeps_no_order() -> None:
    """The weights' rows count (g·H + h)·W + w: what they multiply lies in that order, and the batch innermost."""
    net = Network("flat")
    N, B, H, W, F, R, M = net.dims("N B H W F R M")
    V, U = (H - R + 1) // 2, (W - R + 1) // 2
    n, b, f, m, r, s = net.indices(n=N, b=B, f=F, m=M, r=R, s=R)
    v, u, h, w = net.indices(v=2 * V, u=2 * U, h=V, w=U)
    x, K, T = net.input("x", (N, B, H, W)), net.parameter("K", (F, B, R, R)), net.parameter("T", (F * V * U, M))
    z, p, y = net.tensors("z p y")
    z[n, f, v, u] = Sum(x[n, b, v + r, u + s] * K[f, b, r, s], b, r, s)
    p[n, f, h, w] = z[n, f, 2 * h, 2 * w] + z[n, f, 2 * h + 1, 2 * w + 1]
    y[n, m] = Sum(p[n, f, h, w] * T[(f * V + h) * U + w, m], f, h, w)
    net.loss = Sum(y[n, m] ** 2, n, m)
    assert orders_of(net)["p"] == (1, 2, 3, 0)


def flattened(order: str) -> Network:
    """A convolution, its tanh, and a dense layer whose weights have the image's axes in the order of the data."""
    net = Network("flattened")
    N, B, H, W, F, R, M = net.dims("N B H W F R M")
    n, b, f, m, r, s = net.indices(n=N, b=B, f=F, m=M, r=R, s=R)
    h, w = net.indices(h=H - R + 1, w=W - R + 1)

    def at(batch: Any, channel: Any, row: Any, column: Any) -> tuple[Any, ...]:
        return tuple({"n": batch, "c": channel, "h": row, "w": column}[letter] for letter in order)

    x, K = net.input("x", at(N, B, H, W)), net.parameter("K", (F, B, R, R))
    T = net.parameter("T", (M, *at(0, F, H - R + 1, W - R + 1)[1:]))
    z, a, y = net.tensors("z a y")
    z[at(n, f, h, w)] = Sum(x[at(n, b, h + r, w + s)] * K[f, b, r, s], b, r, s)
    a[at(n, f, h, w)] = tanh(z[at(n, f, h, w)])
    y[n, m] = Sum(a[at(n, f, h, w)] * T[(m, *at(n, f, h, w)[1:])], f, h, w)
    net.loss = Sum(y[n, m] ** 2, n, m)
    return net


@pytest.mark.parametrize("order", ["nchw", "nhwc", "nwhc"])
def test_what_a_dense_layer_reads_lies_as_its_weights_do(order: str) -> None:
    found = orders_of(flattened(order))
    assert found["a"] == found["d_a"] == (1, 2, 3, 0)
    assert found["z"] == found["d_z"] == {"nchw": (2, 1, 3, 0), "nhwc": (1, 3, 2, 0), "nwhc": (1, 3, 2, 0)}[order]

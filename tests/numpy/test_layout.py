"""Where windows move, the batch lies innermost: every value stays what it was, and what users see stays as it is."""

from __future__ import annotations

from typing import Any

import pytest
from sympy import tanh

from symbackprop import Network, Sum
from symbackprop.lower.check_values import check_values
from symbackprop.lower.module_values import ModuleIR
from symbackprop.lower.passes import improved_module
from symbackprop.lower.values import Function
from symbackprop.numpy.convolutions import Convolutions
from symbackprop.numpy.layout import Layout, laid_out
from symbackprop.sources import lowered
from symbackprop.stages import derived_of, in_order
from symbackprop.verify.data import draw
from tests.numpy.convolutional import (
    CASES,
    Build,
    of_sequences,
    recurrent,
    two_convolutions,
    with_attention,
)
from workshop.fuzz.modules import compare_module, compare_values, load_module, reference_values
from workshop.fuzz.modules import generated_source as text_of

SIZES = ({"N": 3, "C": 2, "D": 5, "H": 11, "W": 13, "F": 3, "G": 5, "K": 2, "R": 2, "T": 7},
         {"N": 1, "C": 1, "D": 6, "H": 8, "W": 8, "F": 1, "G": 2, "K": 1, "R": 3, "T": 8})  # fmt: skip


def values_of(net: Network) -> ModuleIR[Function]:
    program = net.to_program()
    return improved_module(lowered(program, in_order(derived_of(program))))


def orders_of(net: Network) -> dict[str, tuple[int, ...]]:
    module = values_of(net)
    return Layout(module, Convolutions(module.functions)).orders()


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_values_and_module_are_those_of_the_equations(case: Build) -> None:
    program = case().to_program()
    derived = derived_of(program, checked=True)
    module = laid_out(improved_module(lowered(program, in_order(derived))))
    text = load_module(text_of(program, derived))
    for function in module.functions:
        check_values(function)
    for number, given in enumerate(SIZES):
        sizes = {name: given[name] for name in program.dims}
        data = draw(program, sizes, seed=number)
        reference = reference_values(program, derived, sizes, data)
        assert reference is not None
        compare_values(module, program, sizes, data, reference)
        compare_module(text, program, sizes, data, reference)


@pytest.mark.parametrize(
    ("order", "kept"), [("nchw", (2, 1, 3, 0)), ("nhwc", (1, 3, 2, 0)), ("hwcn", (0, 2, 1, 3)), ("wnch", (0, 2, 3, 1))]
)
def test_rows_then_channels_then_space_then_batch(order: str, kept: tuple[int, ...]) -> None:
    found = orders_of(two_convolutions(order))
    assert {found.get(name) for name in ("z", "a", "p", "y", "d_a", "d_p", "d_y")} == {kept}


def test_what_is_given_and_returned_keeps_its_order() -> None:
    module = values_of(two_convolutions())
    after = laid_out(module)
    for before, now in zip(module.functions, after.functions, strict=True):
        for name in ("x", "K1", "K2", "b", "M", "s", "loss", "d_K1", "d_K2", "d_b", "d_M"):
            assert before.tensors.get(name) == now.tensors.get(name)


def test_products_of_one_position_each_follow() -> None:
    found = orders_of(of_sequences())
    assert {found.get(name) for name in ("u", "v", "w", "d_u", "d_v")} == {(2, 1, 0)}


def test_products_of_each_with_each_leave_all_as_it_is() -> None:
    assert orders_of(with_attention()) == {}


def test_what_a_loop_runs_along_stays() -> None:
    assert "s" not in orders_of(recurrent())


def test_without_a_convolution_nothing_changes() -> None:
    net = Network("dense")
    N, D, F = net.dims("N D F")
    n, d, f = net.indices(n=N, d=D, f=F)
    x, V, y = net.input("x", (N, D)), net.parameter("V", (F, D)), net.tensor("y")
    y[n, f] = Sum(V[f, d] * x[n, d], d)
    net.loss = Sum(y[n, f] ** 2, n, f)
    module = values_of(net)
    assert laid_out(module) is module


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

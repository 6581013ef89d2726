"""Which sums of products are convolutions, and what each dimension is to them."""

from __future__ import annotations

import pytest

from symbackprop import Network, Sum
from symbackprop.lower.convolutions import Convolution, Convolutions, Role
from symbackprop.lower.value_walks import steps_in
from tests.numpy.convolutional import CASES, two_convolutions
from tests.numpy.test_layout import values_of

C, S, B = Role.CHANNEL, Role.SPACE, Role.BATCH


def found(net: Network) -> dict[str, Convolution]:
    """By what they define."""
    module = values_of(net)
    known = Convolutions(module.functions)
    steps = [step for function in module.functions for step in steps_in(function.body)]
    return {each.step.tensor: each for step in steps for each in known.of(step)}


def roles(convolution: Convolution) -> list[list[Role]]:
    """Of the dimensions of what moves, then of the left side."""
    return [[convolution.role(frozenset(s.indices())) for s in subscripts] for _, subscripts in convolution.sides]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("order", "expected"), [("nchw", [B, C, S, S]), ("nhwc", [B, S, S, C]), ("wnch", [S, B, C, S])]
)
def test_roles(order: str, expected: list[Role]) -> None:
    convolutions = found(two_convolutions(order))
    assert set(convolutions) == {"z", "y", "d_p"}  # no gradient of a kernel, whose factors are data both
    assert all(side == expected for each in convolutions.values() for side in roles(each))


def test_channels_of_their_own_are_channels() -> None:
    convolutions = found(CASES["depthwise"]())
    assert all(Role.BATCH in side and Role.CHANNEL in side for each in convolutions.values() for side in roles(each))


def test_parts_of_one_axis_are_no_window() -> None:
    """Heads that lie one behind the other: both parts are summed over, or both are of the result."""
    net = Network("heads")
    N, T, H, K, D = net.dims("N T H K D")
    n, t, h, k, d, e = net.indices(n=N, t=T, h=H, k=K, d=D, e=D)
    x, V, W = net.input("x", (N, T, D)), net.parameter("V", (H, K, D)), net.parameter("W", (D, H, K))
    q, o = net.tensors("q o")
    q[n, t, h * K + k] = Sum(V[h, k, d] * x[n, t, d], d)
    o[n, t, e] = Sum(W[e, h, k] * q[n, t, h * K + k], h, k)
    net.loss = Sum(o[n, t, e] ** 2, n, t, e)
    assert not found(net)


def test_blocks_of_channels_are_no_window() -> None:
    net = Network("blocks")
    N, G, C, F = net.dims("N G C F")
    n, g, c, f = net.indices(n=N, g=G, c=C, f=F)
    x, K, y = net.input("x", (N, G * C)), net.parameter("K", (G, F, C)), net.tensor("y")
    y[n, g, f] = Sum(K[g, f, c] * x[n, g * C + c], c)
    net.loss = Sum(y[n, g, f] ** 2, n, g, f)
    assert not found(net)

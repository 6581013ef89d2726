"""Conventions are told of what is chosen: not of a maximum that nobody differentiates, nor of a looked-up position."""

from __future__ import annotations

import pytest
from sympy import Abs, Eq, Max, Mul, Piecewise, sign

from symbackprop import Network, ReduceMax, Sum, derive, hessian_vector_product, losses
from symbackprop.derive.kinks import Kink, kinks
from symbackprop.functions import relu, stop_gradient


def found(value):
    net = Network("k")
    N, D = net.dims("N D")
    n, i = net.indices(n=N, i=D)
    x, w, z = net.input("x", (N, D)), net.parameter("w", (D,)), net.tensor("z")
    z[n] = value(Mul(w[i], x[n, i]), i)
    net.loss = Sum(z[n], n)
    return of(net)


def of(net):
    scheduled = derive(net).scheduled
    return kinks(scheduled.forward.equations, scheduled.backward.equations, scheduled.derived.joint.table)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (lambda u, i: Sum(u**2, i), ()),
        (lambda u, i: Sum(relu(u), i), (Kink.RELU,)),
        (lambda u, i: Sum(Abs(u), i), (Kink.ABSOLUTE,)),
        (lambda u, i: ReduceMax(u, i), (Kink.TIES,)),
        (lambda u, i: Sum(Max(u, 2 * u + 1), i), (Kink.TIES,)),
        (lambda u, i: Sum(u * stop_gradient(relu(u)), i), ()),
        (lambda u, i: Sum(Abs(u) + sign(u), i), (Kink.ABSOLUTE,)),  # the slope is a tensor of the forward pass
        (lambda u, i: Sum(u * sign(u), i), ()),  # with no |·|
    ],
)
def test_what_is_chosen(value, expected):
    assert found(value) == expected


@pytest.mark.parametrize(
    "value",
    [
        lambda x, w: relu(x) * Piecewise((w, w > 0), (w**2, True)),
        lambda x, w: Max(x, 1) * Piecewise((w, Eq(w, 0)), (w**2, True)),
        lambda x, w: sign(x) * w**2,
        lambda x, w: Abs(x) * w,
    ],
)
def test_comparisons_of_the_network_are_no_choice(value):
    net = Network("k")
    n = net.index("n", net.dim("N"))
    x, w = net.input("x", (n.upper + 1,)), net.parameter("w", (n.upper + 1,))
    net.loss = Sum(value(x[n], w[n]), n)
    assert of(net) == ()


def test_a_label_that_is_looked_up_is_no_kink():
    net = Network("labels")
    N, C = net.dims("N C")
    x, label = net.parameter("x", (N, C)), net.input("label", (N,), dtype="int", high=C)
    net.loss = losses.softmax_cross_entropy(x, label)
    assert of(net) == ()


def test_a_slope_that_an_earlier_derivation_chose():
    """Whose derivative is taken once more: the sign is an equation of the program."""
    net = Network("again")
    D = net.dim("D")
    i, w, x = net.index("i", D), net.parameter("w", (D,)), net.input("x", (D,))
    net.loss = Sum(Abs(w[i] * x[i]) ** 3, i)
    assert of(hessian_vector_product(net)) == (Kink.ABSOLUTE,)

"""Parts are named under the conditions that their reads and their poles need."""

from __future__ import annotations

import pytest
from sympy import And, Piecewise, tanh

import symbackprop
from symbackprop import LogSumExp, Network, ReduceMax, Sum
from symbackprop.functions import sigmoid
from symbackprop.terms.inside import check_inside


@pytest.mark.parametrize("reduction", [Sum, ReduceMax, LogSumExp])
@pytest.mark.parametrize("condition", ["below", "above", "both"])
def test_a_window_behind_a_condition_that_holds_it_inside(reduction, condition):
    """No position of Σ_k x[i + k - 1] is read where the branch is not taken, though k is the reduction's own."""
    net = Network("window")
    N = net.dim("N")
    i, k = net.indices(i=N, k=3)
    x, v, y = net.parameter("x", (N,)), net.parameter("v", (3,)), net.tensor("y")
    place, inside = {
        "below": (i - k, i >= 2),
        "above": (i + k, i <= N - 3),
        "both": (i + k - 1, And(i >= 1, i <= N - 2)),
    }[condition]
    y[i] = Piecewise((tanh(reduction(v[k] * x[place], k)) * sigmoid(reduction(x[place], k)), inside), (0, True))
    net.loss = Sum(y[i], i)
    check_inside(symbackprop.derive(net).derived.joint)
    assert symbackprop.verify(net).passed

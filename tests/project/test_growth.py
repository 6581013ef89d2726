"""What is written large ends in seconds, or is refused with its limit: constructs of `benchmarks/growth.py` whose time
once doubled with each step, or whose memory did."""

from __future__ import annotations

import cProfile
import gc

import pytest
import sympy

import symbackprop
from benchmarks.growth import CONSTRUCTS
from symbackprop.errors import NestedTooDeep, TooManyAxes
from symbackprop.functions import sigmoid
from symbackprop.terms import interning


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("exp nested", 60),
        ("tanh nested", 60),
        ("sigmoid times itself", 20),
        ("squares nested", 30),
        ("powers added", 300),
        ("sines added", 200),
        ("power of a sum", 400),
        ("axes", 32),
        ("reductions nested", 40),
        ("conditions joined", 12),
        ("branches on sizes", 24),
        ("branches on indices", 24),
        ("branches on elements", 24),
        ("either branch", 16),
        ("branches around shifts", 24),
        ("branches in a recurrence", 24),
        ("branches around a divisor", 20),
        ("branches behind data", 20),
        ("branches of many readers", 10),
        ("branches in training", 16),
        ("branches behind what came before", 16),
    ],
)
def test_it_is_derived_and_generated(name, size):
    net = CONSTRUCTS[name][0](size)
    assert "def backward(" in symbackprop.generate(net)


def calls(net):
    """How often each function was called while the module was generated; not to sweep up after other tests."""
    gc.collect()
    interning._living._sweep()
    profile = cProfile.Profile()
    profile.runcall(symbackprop.generate, net)
    counts = {}
    for entry in profile.getstats():
        code = entry.code if isinstance(entry.code, str) else f"{entry.code.co_filename}: {entry.code.co_name}"
        counts[code] = counts.get(code, 0) + entry.callcount
    return counts


def stacked(name, layers):
    """Layers x + softmax(W x + b)·tanh(W x + b), all of whose names begin alike, so that none is remembered."""
    net = symbackprop.Network(name)
    N, H = net.dims("N H")
    n, i, j = net.indices(n=N, i=H, j=H)
    x = net.input("x", (N, H))
    for layer in range(layers):
        W, b = net.parameter(f"{name}_W{layer}", (H, H)), net.parameter(f"{name}_b{layer}", (H,))
        z, p, y = net.tensors(f"{name}_z{layer} {name}_p{layer} {name}_y{layer}")
        z[n, j] = symbackprop.Sum(W[j, i] * x[n, i], i) + b[j]
        p[n, j] = sympy.exp(z[n, j]) / symbackprop.Sum(sympy.exp(z[n, i]), i)
        y[n, j] = x[n, j] + p[n, j] * sympy.tanh(z[n, j])
        x = y
    net.loss = symbackprop.Sum(x[n, j] ** 2, n, j)
    net.output(x)
    return net


def test_four_times_the_layers_are_four_times_the_calls_of_each_function():
    """A few hundred calls say nothing."""
    before, after = calls(stacked("first", 8)), calls(stacked("second", 32))
    assert {name: (before.get(name, 0), count) for name, count in after.items()
            if count > 5 * before.get(name, 0) + 500} == {}  # fmt: skip


def test_a_value_that_doubles_as_a_tree_is_verified_and_claimed_about():
    """Sixteen times u·sigmoid(u) are 65,536 leaves as a tree."""
    net = CONSTRUCTS["sigmoid times itself"][0](16)
    assert symbackprop.verify(net).passed
    report = symbackprop.check_derivation(net, [(symbackprop.delta(net.symbols["w"])[0], 1)])
    (row,) = report.rows
    assert row.verdict.value == "REFUTED"
    assert any("z_sigmoid_16" in line for line in row.derivation)


@pytest.mark.parametrize(
    "name",
    ["branches on sizes", "branches on elements", "branches in a recurrence", "branches around a divisor",
     "branches behind data", "branches behind what came before"],
)  # fmt: skip
def test_branches_around_a_shared_value_are_verified(name):
    """Every step names a part or two, and interpreting visits each once."""
    net = CONSTRUCTS[name][0](14)
    assert len(symbackprop.derive(net).forward) <= 60
    assert symbackprop.verify(net).passed


def test_branches_that_need_conditions_of_their_own_each_are_refused():
    """What the step before gave is known behind some conditions only, so that each reader's part has its own."""
    net = symbackprop.Network("state")
    T, D = net.dims("T D")
    t, i, q = net.indices(t=(1, T), i=D, q=D)
    x, W, h = net.input("x", (T + 1, D)), net.parameter("W", (D, D)), net.tensor("h")
    u = symbackprop.Sum(W[i, q] * h[t - 1, q], q) + x[t, i]
    for step in range(12):
        u = sympy.Piecewise((sympy.tanh(u) * sigmoid(u), h[t - 1, i] > step), (u, True))
    h[0, q] = x[0, q]
    h[t, i] = u
    net.loss = symbackprop.Sum(h[T, q] ** 2, q)
    with pytest.raises(NestedTooDeep, match="equations of h: expected shared values in at most 1,000 places"):
        symbackprop.derive(net)


def test_nesting_that_the_stack_does_not_hold_is_refused():
    """By the equation, which may be met while it is written or while it is derived."""
    wanted = r"z\[n, i\].*: expected terms inside each other such that .* calls can follow them, found .*; give an"
    for depth in (240, 400):
        with pytest.raises(NestedTooDeep, match=wanted):
            symbackprop.derive(CONSTRUCTS["exp nested"][0](depth))


def test_many_axes():
    """Two along every axis would be a million elements."""
    net = CONSTRUCTS["axes"][0](20)
    assert symbackprop.verify(net, method="exact").passed
    assert symbackprop.derive(net).latex(form="matrix")
    with pytest.raises(TooManyAxes, match="at most 32 axes"):
        symbackprop.generate(CONSTRUCTS["axes"][0](60))

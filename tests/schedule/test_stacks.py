"""Loops inside loops: a stack of recurrent layers runs over its layers outside and over time inside."""

from __future__ import annotations

import re

import pytest
from sympy import tanh

from symbackprop import Network, Sum, derive, generate, verify
from symbackprop.functions import sigmoid
from symbackprop.schedule import Loop, recurring_reads
from symbackprop.terms.build import NIL, access, add, apply, mul, reduce
from symbackprop.terms.poly import ONE, ZERO, Dim, Index, Poly
from symbackprop.terms.program import Equation, Program, Tensor, TensorKind, zeros
from symbackprop.terms.term import Axis, Function, Reduction

T, L, H = (Poly.of(Dim(name)) for name in "TLH")
t, l, j, k = (Poly.of(Index(name)) for name in "tljk")


def axis(index: Poly, high: Poly, low: Poly = ZERO) -> Axis:
    assert index.index is not None
    return Axis(index.index, low, high)


def stack(time_first: bool, dense: bool) -> Network:
    """h[t, l] of h[t, l-1] and h[t-1, l], behind matrices or elementwise weights."""
    net = Network("stack")
    size_t, size_l, size_n, size_h = net.dims("T L N H")
    s, m = net.index("s", (1, size_t)), net.index("m", (1, size_l))
    n, i, o = net.indices(n=size_n, i=size_h, o=size_h)
    x = net.input("x", (size_t + 1, size_n, size_h))
    shape = (size_l, size_h, size_h) if dense else (size_l, size_h)
    W, U = net.parameter("W", shape), net.parameter("U", shape)
    gate, h = net.tensors("gate h")

    def at(time: object, layer: object, unit: object) -> tuple[object, ...]:
        return (time, layer, n, unit) if time_first else (layer, time, n, unit)

    def weighted(weights: object, time: object, layer: object) -> object:
        if dense:
            return Sum(weights[m - 1, o, i] * h[at(time, layer, i)], i)
        return weights[m - 1, o] * h[at(time, layer, o)]

    whole = net.index("r", (0, size_t))
    h[at(whole, 0, o)] = x[whole, n, o]
    h[at(0, m, o)] = 0
    gate[m, s, n, o] = sigmoid(weighted(W, s, m - 1))
    h[at(s, m, o)] = gate[m, s, n, o] * tanh(weighted(W, s, m - 1) + weighted(U, s - 1, m))
    net.loss = Sum(h[at(size_t, size_l, o)] ** 2, n, o)
    return net


@pytest.mark.parametrize("time_first", [False, True])
@pytest.mark.parametrize("dense", [False, True])
def test_layers_outside_time_inside(time_first: bool, dense: bool) -> None:
    net = stack(time_first, dense)
    derivation = derive(net).scheduled
    for part in (derivation.forward, derivation.backward):
        (outer,) = [step for step in part.steps if isinstance(step, Loop)]
        assert outer.variable.name == "m"
        assert [step.variable.name for step in outer.body if isinstance(step, Loop)] == ["s"]
    assert verify(net).passed
    if dense:
        text = generate(net)
        between = text[text.index("    for m in") : text.index("        for s in")]
        assert re.search(r"(\.dot|np\.matmul|_dot_rows)\(", between)


def test_what_recurs_in_the_innermost_loop() -> None:
    """Of h[l, t] = tanh(W[l] h[l-1, t] + U[l] h[l, t-1]) what is read of the layer itself."""
    before = access("h", [l, t - 1, k])
    sums = (
        reduce(Reduction.SUM, [axis(k, H - 1)], mul(access(name, [l - 1, j, k]), read))
        for name, read in (("W", access("h", [l - 1, t, k])), ("U", before))
    )
    tensors = (
        Tensor("W", TensorKind.PARAMETER, (L, H, H), zeros(3)), Tensor("U", TensorKind.PARAMETER, (L, H, H), zeros(3)),
        Tensor("x", TensorKind.INPUT, (T + 1, H), zeros(2)),
        Tensor("h", TensorKind.INTERMEDIATE, (L + 1, T + 1, H), zeros(3)),
    )  # fmt: skip
    units, steps, layers = axis(j, H - 1), axis(t, T, ONE), axis(l, L, ONE)
    equations = (
        Equation("h", (l, ZERO, j), (layers, units), NIL),
        Equation("h", (ZERO, t, j), (axis(t, T), units), access("x", [t, j])),
        Equation("h", (l, t, j), (layers, steps, units), apply(Function.TANH, add(*sums))),
    )
    program = Program("stack", ("T", "L", "H"), tensors, equations)
    ((place, reads),) = recurring_reads(program).items()
    assert place == 2
    assert {(read.tensor, read.subscripts[:2]) for read in reads} == {("h", before.subscripts[:2])}
    assert recurring_reads(program, given=frozenset({"h"})) == {}

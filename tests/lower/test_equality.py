"""Sums over equalities with integers become gathers and scatters, with the very same values."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import sympy
from sympy import And, Eq, Ne, Piecewise, exp, sqrt, tanh

from symbackprop import Mean, Network, Sum, cost, load
from symbackprop.functions import sigmoid
from symbackprop.lower.module_values import ModuleIR
from symbackprop.lower.value_walks import (
    steps_in,
)
from symbackprop.lower.values import (
    Contract,
    Define,
    Function,
    Read,
    Value,
    inside,
)
from symbackprop.stages import derived_of
from symbackprop.verify.data import draw
from workshop.fuzz.modules import compare_module, compare_values, load_module, lowered_values, reference_values
from workshop.fuzz.modules import generated_source as text_of


def of_edges(name: str) -> tuple[Network, Callable[[str], Any]]:
    """A network with messages on M edges, from and to V vertices, of H features; what is asked for is declared."""
    net = Network(name)
    V, M, H = net.dims("V M H")
    v, u, m, h = net.indices(v=V, u=V, m=M, h=H)
    known: dict[str, Any] = {"V": V, "M": M, "H": H, "v": v, "u": u, "m": m, "h": h}

    def ask(part: str) -> Any:
        if part in known:
            return known[part]
        if part in ("x", "f"):
            known[part] = net.parameter(part, (V if part == "x" else M, H))
        elif part in ("to", "source"):
            known[part] = net.input(part, (M,), dtype="int", high=V)
        elif part in ("y", "z"):
            known[part] = net.tensor(part)
        return known[part]

    return net, ask


def collected() -> Network:
    net, p = of_edges("collected")
    v, m, h, x, f, to, y = map(p, ("v", "m", "h", "x", "f", "to", "y"))
    y[v, h] = x[v, h] + Sum(Piecewise((f[m, h], Eq(to[m], v)), (0, True)), m)
    net.loss = Sum(y[v, h] ** 2, v, h)
    return net


def shifted() -> Network:
    """Vertices of which the first gets nothing, and what goes to the last is lost."""
    net, p = of_edges("shifted")
    v, m, h, x, f, to, y = map(p, ("v", "m", "h", "x", "f", "to", "y"))
    y[v, h] = x[v, h] - Sum(Piecewise((tanh(f[m, h]), Eq(to[m] + 1, v)), (0, True)), m) / 3
    net.loss = Sum(y[v, h] ** 2, v, h)
    return net


def message_passing() -> Network:
    net, p = of_edges("message_passing")
    v, u, m, h, x, to, source, y, z = map(p, ("v", "u", "m", "h", "x", "to", "source", "y", "z"))
    z[m, h] = tanh(Sum(Piecewise((x[u, h], Eq(source[m], u)), (0, True)), u))
    y[v, h] = Sum(Piecewise((z[m, h] * x[v, h], Eq(to[m], v)), (0, True)), m)
    net.loss = Sum(y[v, h] ** 2, v, h)
    return net


def under_a_condition() -> Network:
    net, p = of_edges("under_a_condition")
    v, m, h, x, f, to, source, y = map(p, ("v", "m", "h", "x", "f", "to", "source", "y"))
    y[v, h] = x[v, h] * Sum(Piecewise((f[m, h] ** 2, And(Eq(to[m], v), source[m] > 1, f[m, h] > 0)), (0, True)), m)
    net.loss = Sum(y[v, h], v, h)
    return net


def degrees() -> Network:
    net, p = of_edges("degrees")
    v, m, h, x, f, to, y, z = map(p, ("v", "m", "h", "x", "f", "to", "y", "z"))
    y[v] = Sum(Piecewise((1, Eq(to[m], v)), (0, True)), m)
    z[v, h] = Sum(Piecewise((f[m, h], Eq(to[m], v)), (0, True)), m) / (1 + y[v])
    net.loss = Sum(z[v, h] * x[v, h], v, h)
    return net


def of_classes() -> Network:
    """Means of the rows of each class, and the distance of each row from its class's mean."""
    net = Network("of_classes")
    N, C, D = net.dims("N C D")
    n, c, d = net.indices(n=N, c=C, d=D)
    x, label = net.parameter("x", (N, D)), net.input("label", (N,), dtype="int", high=C)
    count, mean, own = net.tensors("count mean own")
    count[c] = Sum(Piecewise((1, Eq(label[n], c)), (0, True)), n)
    mean[c, d] = Sum(Piecewise((x[n, d], Eq(c, label[n])), (0, True)), n) / (count[c] + 1)
    own[n, d] = Sum(Piecewise((mean[c, d], Eq(c, label[n])), (0, True)), c)
    net.loss = Mean((x[n, d] - own[n, d]) ** 2, n, d)
    return net


def recurrence(name: str, message: Callable[..., Any]) -> Network:
    """Each vertex's state by its own and the messages of the edges that lead to it: a function of (w, h, v, source)."""
    net = Network(name)
    T, V, M = net.dims("T V M")
    t, v, m = net.index("t", (1, T)), net.index("v", V), net.index("m", M)
    h0, w = net.parameter("h0", (V,)), net.parameter("w", (M,))
    to, source = (net.input(part, (M,), dtype="int", high=V) for part in ("to", "source"))
    h = net.tensor("h")
    h[0, v] = h0[v]
    h[t, v] = tanh(h[t - 1, v] + Sum(Piecewise((message(w[m], h[t - 1, v], h[t - 1, source[m]]), Eq(to[m], v)),
                                               (0, True)), m))  # fmt: skip
    net.loss = Sum(h[T, v] ** 2, v)
    return net


def in_a_recurrence() -> Network:
    return recurrence("in_a_recurrence", lambda w, here, there: w * there)


def both_ends_in_a_recurrence() -> Network:
    """What is computed step by step is read where it is written."""
    return recurrence("both_ends_in_a_recurrence", lambda w, here, there: tanh(w * here + there))


def two_at_once() -> Network:
    net, p = of_edges("two_at_once")
    v, u, m, h, x, f, to, source, y = map(p, ("v", "u", "m", "h", "x", "f", "to", "source", "y"))
    y[v, u] = Sum(Piecewise((f[m, h], And(Eq(to[m], v), Eq(source[m], u))), (0, True)), m, h)
    net.loss = Sum(y[v, u] ** 2, v, u) + Sum(x[v, h] ** 2, v, h)
    return net


def part_of_the_range() -> Network:
    net, p = of_edges("part_of_the_range")
    V, m, h, x, f, to, y = map(p, ("V", "m", "h", "x", "f", "to", "y"))
    net.assume(V > 2)
    w = net.index("w", (1, V - 2))
    y[w - 1, h] = x[w, h] + Sum(Piecewise((f[m, h], Eq(to[m], w)), (0, True)), m)
    net.loss = Sum(y[w - 1, h] ** 2, w, h)
    return net


def outside_of_the_range() -> Network:
    """What is read where the equality never holds is infinite."""
    net = Network("outside_of_the_range")
    N, V = net.dims("N V")
    n, v = net.index("n", N), net.index("v", (1, V - 1))
    label, x, b = net.input("label", (N,), dtype="int", high=V), net.parameter("x", (V,)), net.parameter("b", (N,))
    net.assume(V > 1)
    y = net.tensor("y")
    y[n] = b[n] + Sum(Piecewise((x[v] / v, Eq(label[n], v)), (0, True)), v)
    net.loss = Sum(y[n] ** 2, n)
    return net


def of_both_ends() -> Network:
    """Messages that are a function of the edge and of both of its ends."""
    net, p = of_edges("of_both_ends")
    v, m, h, x, f, to, source, y = map(p, ("v", "m", "h", "x", "f", "to", "source", "y"))
    message = tanh(x[source[m], h] + x[v, h] + f[m, h])
    y[v, h] = Sum(Piecewise((message, Eq(to[m], v)), (0, True)), m)
    net.loss = Sum(y[v, h] ** 2, v, h)
    return net


def of_both_ends_behind_conditions() -> Network:
    """What grows is masked where it is read: at some vertex always, but not for every edge."""
    net, p = of_edges("of_both_ends_behind_conditions")
    v, m, h, x, f, to, source, y = map(p, ("v", "m", "h", "x", "f", "to", "source", "y"))
    message = exp(f[m, h] - x[v, h]) * (f[m, h] + x[v, h]) ** 2
    y[v, h] = Sum(Piecewise((message, And(Eq(to[m], v), source[m] > 1, f[m, h] > 0)), (0, True)), m)
    net.loss = Sum(y[v, h] * x[v, h], v, h)
    return net


def the_other_way_round() -> Network:
    """Σ_v [v = to[m]]·f(m, v) is f(m, to[m])."""
    net, p = of_edges("the_other_way_round")
    v, m, h, x, f, to, z = map(p, ("v", "m", "h", "x", "f", "to", "z"))
    z[m, h] = Sum(Piecewise((0, Ne(to[m], v)), (sigmoid(f[m, h] * x[v, h]), True)), v)
    net.loss = Sum(z[m, h] ** 2, m, h)
    return net


def distances() -> Network:
    """Of each row from the mean of its class, in a sum of its own for each class."""
    net = Network("distances")
    N, C, D = net.dims("N C D")
    n, c, d = net.indices(n=N, c=C, d=D)
    x, mean = net.parameter("x", (N, D)), net.parameter("mean", (C, D))
    label, spread = net.input("label", (N,), dtype="int", high=C), net.tensor("spread")
    inner = Sum((x[n, d] - mean[c, d]) ** 2, d)
    spread[c] = Sum(Piecewise((sqrt(1 + inner), Eq(label[n], c)), (0, True)), n)
    net.loss = Sum(spread[c] ** 2, c)
    return net


CASES = (
    collected, shifted, message_passing, under_a_condition, degrees, of_classes, in_a_recurrence, two_at_once,
    part_of_the_range, outside_of_the_range, of_both_ends, of_both_ends_behind_conditions, the_other_way_round,
    distances,
)  # fmt: skip
PAIRS = (both_ends_in_a_recurrence,)  # whose parts have a position for each
SIZES = [
    {"V": 5, "M": 7, "H": 3, "N": 11, "C": 4, "D": 2, "T": 3},
    {"V": 3, "M": 1, "H": 1, "N": 1, "C": 1, "D": 1, "T": 1},
]


def dense(module: ModuleIR[Function]) -> list[Value]:
    """What runs over vertices as well as over edges: contractions, and values that are kept."""
    found: list[Value] = []
    for function in (module.forward, module.backward):
        for step in steps_in(function.body):
            if isinstance(step, Define):
                lengths = {axis.index: str(axis.extent) for axis in step.axes}
                found += [step.value] if {"V", "M"} <= set(lengths.values()) else []
                for part in inside(step.value):
                    if isinstance(part, Contract):
                        over = {lengths.get(index, "") for index in (*part.axes, *part.bound)}
                        found += [part] if {"V", "M"} <= over or {"C", "N"} <= over else []
    return found


@pytest.mark.parametrize("case", CASES + PAIRS, ids=lambda case: case.__name__)
def test_values_are_the_same(case: Callable[[], Network]) -> None:
    program = case().to_program()
    derived = derived_of(program, checked=True)
    module, text = lowered_values(program, derived), load_module(text_of(program, derived))
    assert bool(dense(module)) is (case in PAIRS)
    for number, given in enumerate(SIZES):
        sizes = {name: given[name] for name in program.dims}
        data = draw(program, sizes, seed=number)
        reference = reference_values(program, derived, sizes, data)
        assert reference is not None
        compare_values(module, program, sizes, data, reference)
        compare_module(text, program, sizes, data, reference)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_cost_counts_what_is_computed(case: Callable[[], Network]) -> None:
    """No pairs of a vertex and an edge, which no contraction runs over (see above)."""
    counted = cost(case())
    pairs = [{"V", "M"}, {"C", "N"}]
    for function in (counted.forward, counted.backward):
        for expression in (function.multiply_adds, function.bytes_moved):
            for addend in sympy.Add.make_args(sympy.expand(expression)):
                assert not any(pair <= {str(size) for size in addend.free_symbols} for pair in pairs), addend


def test_a_gather_and_its_scatter() -> None:
    program = collected().to_program()
    module = lowered_values(program, derived_of(program))
    (scatter,) = (
        step for step in steps_in(module.forward.body)
        if isinstance(step, Define) and any(isinstance(subscript, Value) for subscript in step.subscripts)
    )  # fmt: skip
    assert scatter.tensor == "y"
    gathers = [
        part for step in steps_in(module.backward.body) if isinstance(step, Define) for part in inside(step.value)
        if isinstance(part, Read) and any(isinstance(subscript, Value) for subscript in part.subscripts)
    ]  # fmt: skip
    assert [gather.tensor for gather in gathers] == ["d_y"]


@pytest.mark.parametrize("case", [collected, of_both_ends], ids=lambda case: case.__name__)
def test_memory_is_that_of_the_edges(case: Callable[[], Network]) -> None:
    module = load(case())
    rng, V, M, H = np.random.default_rng(0), 500, 4000, 32
    params = {"x": rng.normal(size=(V, H)), "f": rng.normal(size=(M, H))}
    data = tuple(rng.integers(V, size=M) for name in module.INPUTS)
    tracemalloc.start()
    module.value_and_grad(params, *data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10 * 8 * M * H  # a table of all pairs would take 8·V·M·H bytes

"""Definitions are taken apart where masks change along an axis, and every value stays what it was."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest
from sympy import Eq, Piecewise

from symbackprop import Network, Sum
from symbackprop.lower.check_values import check_values
from symbackprop.lower.mask_ranges import split_by_masks
from symbackprop.lower.module_values import ModuleIR
from symbackprop.lower.passes import improved_module
from symbackprop.lower.value_walks import computed_in, steps_in
from symbackprop.lower.values import Define, Function, Map, MapOp, Read, inside
from symbackprop.sources import lowered
from symbackprop.stages import derived_of, in_order
from symbackprop.verify.data import draw
from workshop.fuzz.modules import compare_module, compare_values, load_module, reference_values
from workshop.fuzz.modules import generated_source as text_of

Rule = Callable[..., object]


def shifted(rule: Rule, least: int = 1) -> Network:
    """y[i] = w[i]·rule, of x[i] and what stands beside it."""
    net = Network("shifted")
    N, M = net.dims("N M")
    if least > 1:
        net.assume(N >= least)
    i, m = net.indices(i=N, m=M)
    x, w, y = net.parameter("x", (M, N)), net.parameter("w", (N,)), net.tensor("y")
    y[m, i] = w[i] * rule(lambda j: x[m, j], i, N)
    net.loss = Sum(y[m, i] ** 2, m, i)
    net.output(y)
    return net


def chain() -> Network:
    """In a loop along another axis."""
    net = Network("chain")
    N, S = net.dims("N S")
    i, s = net.indices(i=N, s=S)
    x, y, k = net.parameter("x", (N,)), net.tensor("y"), net.tensor("k")
    y[0, i] = 0
    k[s, i] = x[i] * Piecewise((y[s, i - 1], i > 0), (1, True))
    y[s + 1, i] = y[s, i] + k[s, i] / S
    net.loss = y[S, N - 1]
    return net


RULES: dict[str, Rule] = {
    "the first": lambda x, i, N: Piecewise((x(i - 1), i > 0), (1, True)),
    "the last": lambda x, i, N: Piecewise((x(i + 1), i < N - 1), (0, True)),
    "the first, otherwise": lambda x, i, N: Piecewise((2, Eq(i, 0)), (x(i - 1), True)),
}
BOTH: Rule = lambda x, i, N: Piecewise((x(i - 1), i >= 1), (0, True)) + Piecewise((x(i + 1), i + 1 < N), (3, True))  # noqa: E731
KEPT: dict[str, Rule] = {
    "of two axes' places": lambda x, i, N: Piecewise((x(i - 2), i > 1), (0, True)),  # of N = 1 there is no second
    "of which one may be before the other": BOTH,
    "never outside": lambda x, i, N: Piecewise((x(i), i > 0), (1, True)),
}
CASES = {name: lambda rule=rule: shifted(rule) for name, rule in {**RULES, **KEPT}.items()} | {
    "both ends": lambda: shifted(BOTH, 2), "chain": chain
}  # fmt: skip
SIZES = ({"N": 5, "M": 2, "S": 3}, {"N": 2, "M": 1, "S": 2}, {"N": 1, "M": 3, "S": 1})


def values_of(name: str) -> ModuleIR[Function]:
    program = CASES[name]().to_program()
    return lowered(program, in_order(derived_of(program)))


def masked(function: Function) -> list[Define]:
    """What decides by a mask, or reads beyond an edge."""
    return [
        step for step in steps_in(function.body) if isinstance(step, Define)
        and any((isinstance(part, Map) and part.op is MapOp.SELECT) or (isinstance(part, Read) and part.padded)
                for top in computed_in(step) for part in inside(top))
    ]  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_values_and_module_are_those_of_the_equations(name: str) -> None:
    program = CASES[name]().to_program()
    derived = derived_of(program, checked=True)
    module = lowered(program, in_order(derived)).mapped(split_by_masks)
    text = load_module(text_of(program, derived))
    for function in (*module.functions, *improved_module(module).functions):
        check_values(function)
    for number, given in enumerate(SIZES[:2] if name == "both ends" else SIZES):
        sizes = {size: given[size] for size in program.dims}
        data = draw(program, sizes, seed=number)
        reference = reference_values(program, derived, sizes, data)
        assert reference is not None
        compare_values(module, program, sizes, data, reference)
        compare_module(text, program, sizes, data, reference)


@pytest.mark.parametrize("name", [*RULES, "both ends", "chain"])
def test_nothing_is_masked(name: str) -> None:
    module = values_of(name)
    assert masked(module.forward) or (module.shared is not None and masked(module.shared))
    for function in module.functions:
        if function is not module.backward:
            assert not masked(split_by_masks(function))


@pytest.mark.parametrize("name", KEPT)
def test_what_is_left_as_it_is(name: str) -> None:
    for function in values_of(name).functions:
        if function.name in ("shared", "forward", "predict"):
            assert split_by_masks(function).body == function.body


def test_parts_cover_the_axis() -> None:
    """In order, each behind the one before."""
    (function,) = [f for f in values_of("both ends").functions if f.name in ("shared", "forward") and masked(f)][:1]
    parts = [step for step in split_by_masks(function).body if isinstance(step, Define) and step.tensor == "y"]
    assert len(parts) == 3
    ranges = [next(axis for axis in part.axes if axis.index.name == "i") for part in parts]
    assert all(one.high + 1 == other.low for one, other in pairwise(ranges))


@pytest.mark.parametrize("size", [1, 2, 3])
def test_a_part_that_is_empty_reads_nothing(size: int) -> None:
    """Along another axis it would lie beyond its tensor, which is longer by just what the part needs."""
    net = Network("corner")
    H, D = net.dims("H D")
    t, i = net.indices(t=H, i=D)
    m, x, u = net.parameter("m", (H,)), net.input("x", (D + H, H)), net.tensor("u")
    u[t, i] = Piecewise((m[t + 1], t + 1 < H), (0, True)) + Piecewise((x[i + 2, t], i + 2 < D + H), (0, True))
    net.loss = Sum(u[t, i] ** 2, t, i)
    program, sizes = net.to_program(), {"H": size, "D": 1}
    derived = derived_of(program)
    data = draw(program, sizes, 0)
    reference = reference_values(program, derived, sizes, data)
    assert reference is not None
    compare_module(load_module(text_of(program, derived)), program, sizes, data, reference)

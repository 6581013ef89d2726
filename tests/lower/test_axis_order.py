"""Whatever the order of dimensions in memory, values are what they were, and notes say how they are kept."""

from __future__ import annotations

from itertools import permutations

import pytest
from sympy import exp, tanh

from symbackprop import Network, Sum
from symbackprop.lower.axis_order import reordered
from symbackprop.lower.check_values import check_values
from symbackprop.lower.layout import inner_tensors
from symbackprop.lower.module_values import ModuleIR
from symbackprop.lower.passes import improved_module
from symbackprop.lower.values import Function, Note
from symbackprop.sources import lowered
from symbackprop.stages import derived_of, in_order
from symbackprop.verify.data import draw
from workshop.fuzz.modules import compare_values, reference_values

SIZES = {"N": 3, "T": 4, "K": 2}


def network() -> Network:
    """Read whole, in part, shifted, gathered, in a product and summed."""
    net = Network("orders")
    N, T, K = net.dims("N T K")
    n, t, k, j = net.indices(n=N, t=T, k=K, j=K)
    x, W = net.parameter("x", (N, T, K)), net.parameter("W", (K, K))
    place = net.input("place", (N,), dtype="int", high=T)
    a, b, y = net.tensors("a b y")
    a[n, t, k] = tanh(x[n, t, k]) * x[n, 0, k]
    b[n, t, k] = Sum(a[n, t, j] * W[k, j], j) + a[n, T - 1 - t, k]
    y[n, k] = Sum(exp(b[n, t, k]), t) * b[n, place[n], k] + a[n, 0, k]
    net.loss = Sum(y[n, k] ** 2, n, k)
    return net


def values() -> ModuleIR[Function]:
    program = network().to_program()
    return improved_module(lowered(program, in_order(derived_of(program))))


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_values_are_the_same(order: tuple[int, ...]) -> None:
    program = network().to_program()
    derived, module = derived_of(program), values()
    orders = {name: order if rank == 3 else tuple(range(rank))[::-1] for name, rank in inner_tensors(module).items()}
    assert {"a", "b"} <= orders.keys()
    module = module.mapped(lambda function: reordered(function, orders))
    for function in module.functions:
        check_values(function)
    data = draw(program, SIZES, 0)
    reference = reference_values(program, derived, SIZES, data)
    assert reference is not None
    compare_values(module, program, SIZES, data, reference)


def test_notes_say_how_a_tensor_is_kept() -> None:
    function = values().mapped(lambda each: reordered(each, {"b": (2, 0, 1)})).forward
    notes = [step.text for step in function.body if isinstance(step, Note)]
    assert [note.endswith("; kept as b[k, n, t]") for note in notes if " b[n, t, k] = " in note] == [True]
    assert sum("kept as" in note for note in notes) == 1

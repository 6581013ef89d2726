"""One of each row assigned by itself, in the place of a mask inside a product: the very same elements."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from sympy import Eq, Piecewise, exp, tanh

from symbackprop import LogSumExp, Network, Sum, load
from symbackprop.lower.value_walks import steps_in
from symbackprop.lower.values import Define, Map, MapOp, inside
from symbackprop.stages import derived_of
from symbackprop.verify.data import draw
from workshop.fuzz.modules import compare_module, compare_values, load_module, lowered_values, reference_values
from workshop.fuzz.modules import generated_source as text_of


def weighted_cross_entropy() -> Network:
    net = Network("weighted_cross_entropy")
    N, T, C = net.dims("N T C")
    n, t, c = net.indices(n=N, t=T, c=C)
    z, w = net.parameter("z", (N, T, C)), net.input("w", (N, T))
    label = net.input("label", (N, T), dtype="int", high=C)
    net.loss = Sum(w[n, t] * (LogSumExp(z[n, t, c], c) - z[n, t, label[n, t]]), n, t)
    return net


def self_loops() -> Network:
    """An adjacency with ones on its diagonal, scaled."""
    net = Network("self_loops")
    N = net.dim("N")
    n, m = net.indices(n=N, m=N)
    x, w, y = net.parameter("x", (N, N)), net.parameter("w", (N, N)), net.tensor("y")
    y[n, m] = tanh(w[n, m]) * (x[n, m] + Piecewise((1, Eq(n, m)), (0, True))) / exp(w[m, n])
    net.loss = Sum(y[n, m] ** 2, n, m)
    return net


def of_the_first() -> Network:
    net = Network("of_the_first")
    N, C = net.dims("N C")
    n, c = net.indices(n=N, c=C)
    x, b, y = net.parameter("x", (N, C)), net.parameter("b", (N, C)), net.tensor("y")
    y[n, c] = exp(b[n, c]) * (2 - x[n, c] * (1 - Piecewise((b[n, c] ** 2, Eq(c, 0)), (0, True))))
    net.loss = Sum(y[n, c] ** 2, n, c)
    return net


def beside_another_mask() -> Network:
    """On the diagonal and where something is positive."""
    net = Network("beside_another_mask")
    N = net.dim("N")
    n, m = net.indices(n=N, m=N)
    x, w, y = net.parameter("x", (N, N)), net.parameter("w", (N,)), net.tensor("y")
    y[n, m] = w[n] * (x[n, m] + Piecewise((x[n, m] * w[m], Eq(n, m) & (x[n, m] > 0)), (0, True)))
    net.loss = Sum(y[n, m] ** 2, n, m)
    return net


def may_lie_outside() -> Network:
    """The class beside the one that is named, where there is one, and what is below the diagonal: masks stay."""
    net = Network("may_lie_outside")
    N, C = net.dims("N C")
    n, m, c = net.indices(n=N, m=N, c=C)
    x, b, label = net.parameter("x", (N, C)), net.parameter("b", (N, N)), net.input("label", (N,), dtype="int", high=C)
    y, z = net.tensors("y z")
    y[n, c] = x[n, c] * (x[n, c] - Piecewise((1, Eq(c, label[n] + 1)), (0, True)))
    z[n, m] = b[n, m] * (b[m, n] + Piecewise((1, Eq(n, m + 1)), (0, True)))
    net.loss = Sum(y[n, c] ** 2, n, c) + Sum(z[n, m] ** 2, n, m)
    return net


DECIDED = (weighted_cross_entropy, self_loops, of_the_first, beside_another_mask)
SIZES = [{"N": 5, "T": 2, "C": 4}, {"N": 3, "T": 3, "C": 3}, {"N": 1, "T": 1, "C": 1}]


@pytest.mark.parametrize("case", [*DECIDED, may_lie_outside], ids=lambda case: case.__name__)
def test_values_are_the_same(case: Callable[[], Network]) -> None:
    program = case().to_program()
    derived = derived_of(program, checked=True)
    module, text = lowered_values(program, derived), load_module(text_of(program, derived))
    for number, given in enumerate(SIZES):
        sizes = {name: given[name] for name in program.dims}
        data = draw(program, sizes, seed=number)
        reference = reference_values(program, derived, sizes, data)
        assert reference is not None
        compare_values(module, program, sizes, data, reference)
        compare_module(text, program, sizes, data, reference)


@pytest.mark.parametrize("case", [*DECIDED, may_lie_outside], ids=lambda case: case.__name__)
def test_masks_of_what_is_decided_are_gone(case: Callable[[], Network]) -> None:
    program = case().to_program()
    module = lowered_values(program, derived_of(program))
    body = (module.backward if case is weighted_cross_entropy else module.forward).body
    equal = [
        part for step in steps_in(body) if isinstance(step, Define) for part in inside(step.value)
        if isinstance(part, Map) and part.op is MapOp.EQUAL
    ]  # fmt: skip
    assert bool(equal) is (case is may_lie_outside)


def test_no_infinity_is_multiplied_that_was_not() -> None:
    """0 + 1 times infinity is infinity, where 0 times that and 1 times that do not add up."""
    net = Network("infinite")
    N, C = net.dims("N C")
    n, c = net.indices(n=N, c=C)
    x, b, y = net.parameter("x", (N, C)), net.parameter("b", (N,)), net.tensor("y")
    y[n, c] = b[n] * (x[n, c] + Piecewise((1, Eq(c, 0)), (0, True)))
    net.loss = Sum(y[n, c], n, c)
    net.output(y)
    with np.errstate(invalid="ignore"):
        found = load(net).predict({"x": np.array([[0.0, 2.0], [0.0, 3.0]]), "b": np.array([np.inf, 2.0])})
    np.testing.assert_array_equal(found, [[np.inf, np.inf], [2, 6]])

"""Where windows move, the batch lies innermost: every value stays what it was, and what users see stays as it is."""

from __future__ import annotations

import pytest

from symbackprop import Network, Sum
from symbackprop.lower.check_values import check_values
from symbackprop.lower.module_values import ModuleIR
from symbackprop.lower.passes import improved_module
from symbackprop.lower.values import Function
from symbackprop.numpy.layout import laid_out
from symbackprop.sources import lowered
from symbackprop.stages import derived_of, in_order
from symbackprop.verify.data import draw
from tests.numpy.convolutional import (
    CASES,
    Build,
    two_convolutions,
)
from workshop.fuzz.modules import compare_module, compare_values, load_module, reference_values
from workshop.fuzz.modules import generated_source as text_of

SIZES = ({"N": 3, "C": 2, "D": 5, "H": 11, "W": 13, "F": 3, "G": 5, "K": 2, "R": 2, "T": 7},
         {"N": 1, "C": 1, "D": 6, "H": 8, "W": 8, "F": 1, "G": 2, "K": 1, "R": 3, "T": 8})  # fmt: skip


def values_of(net: Network) -> ModuleIR[Function]:
    program = net.to_program()
    return improved_module(lowered(program, in_order(derived_of(program))))


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


def test_what_is_given_and_returned_keeps_its_order() -> None:
    module = values_of(two_convolutions())
    after = laid_out(module)
    for before, now in zip(module.functions, after.functions, strict=True):
        for name in ("x", "K1", "K2", "b", "M", "s", "loss", "d_K1", "d_K2", "d_b", "d_M"):
            assert before.tensors.get(name) == now.tensors.get(name)


def test_without_a_convolution_nothing_changes() -> None:
    net = Network("dense")
    N, D, F = net.dims("N D F")
    n, d, f = net.indices(n=N, d=D, f=F)
    x, V, y = net.input("x", (N, D)), net.parameter("V", (F, D)), net.tensor("y")
    y[n, f] = Sum(V[f, d] * x[n, d], d)
    net.loss = Sum(y[n, f] ** 2, n, f)
    module = values_of(net)
    assert laid_out(module) is module

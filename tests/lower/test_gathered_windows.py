"""What windows add up is read in windows, and every value stays what it was."""

from __future__ import annotations

from typing import Any

import pytest
from sympy import And, Piecewise, tanh

from symbackprop import Network, Sum, layers
from symbackprop.lower.check_values import check_values
from symbackprop.lower.gathered_windows import gather_windows
from symbackprop.lower.module_values import ModuleIR
from symbackprop.lower.passes import improved_module
from symbackprop.lower.value_walks import steps_in
from symbackprop.lower.values import Contract, Define, Function, Read, inside
from symbackprop.sources import lowered
from symbackprop.stages import derived_of, in_order
from symbackprop.terms.poly import Poly
from symbackprop.terms.program import Op
from symbackprop.verify.data import draw
from tests.numpy.convolutional import CASES, Build, of_layers, two_convolutions
from workshop.fuzz.modules import compare_module, compare_values, load_module, reference_values
from workshop.fuzz.modules import generated_source as text_of

SIZES = ({"N": 3, "C": 2, "D": 5, "H": 11, "W": 13, "F": 3, "G": 5, "K": 2, "R": 2, "T": 7},
         {"N": 1, "C": 1, "D": 6, "H": 8, "W": 8, "F": 1, "G": 2, "K": 1, "R": 3, "T": 8})  # fmt: skip


def convolution(reach: int, dilation: int = 1, stride: int = 1, turned: bool = False, same: bool = False) -> Network:
    """Of (N, T, C), twice, with a window of so many positions; `turned`: it goes down; `same`: zeros around."""
    net = Network("convolution")
    N, T, C = net.dims("N T C")
    span, around = dilation * (reach - 1), dilation * (reach - 1) if same else 0
    n, c, e, r = net.indices(n=N, c=C, e=C, r=reach)
    x, K, M = net.input("x", (N, T, C)), net.parameter("K", (reach, C, C)), net.parameter("M", (reach, C, C))
    before, of = x, T
    for name, kernel in (("y", K), ("z", M)):
        size = of if same else (of - span - 1) // stride + 1
        net.assume(size >= 1)
        t, tensor = net.index(f"t_{name}", size), net.tensor(name)
        place = stride * t + (span - dilation * r if turned else dilation * r) - around // 2
        read: Any = before[n, place, c]
        if same:
            read = Piecewise((read, And(place >= 0, place < of)), (0, True))
        tensor[n, t, e] = tanh(Sum(kernel[r, c, e] * read, r, c))
        before, of = tensor, size
    last = net.index("t", of)
    net.loss = Sum(before[n, last, c] ** 2, n, last, c)
    return net


OWN: dict[str, Build] = {
    "of three": lambda: convolution(3),
    "dilated by two": lambda: convolution(2, dilation=2),
    "two apart": lambda: convolution(3, stride=2),
    "down": lambda: convolution(3, turned=True),
    "down, dilated, two apart": lambda: convolution(2, dilation=2, stride=2, turned=True),
    "same length": lambda: convolution(3, same=True),
    "same length, down": lambda: convolution(3, same=True, turned=True),
    "up": of_layers(2, lambda x: layers.conv_transpose2d(x, 2, 2, stride=2), lambda x: layers.conv2d(x, 2, 2)),
}


def module_of(net: Network) -> ModuleIR[Function]:
    program = net.to_program()
    return improved_module(lowered(program, in_order(derived_of(program))), ())


def windows(function: Function) -> list[Define]:
    """The additions in which two axes run along one dimension of the left side."""
    return [
        step for step in steps_in(function.body)
        if isinstance(step, Define) and step.op is Op.ACCUMULATE
        and any(isinstance(s, Poly) and len(set(s.indices()) & step.left) > 1 for s in step.subscripts)
    ]  # fmt: skip


def steps_of_windows(function: Function) -> list[int]:
    """How far the summed axes of products go in what is read."""
    out = []
    for step in steps_in(function.body):
        for part in inside(step.value) if isinstance(step, Define) else ():
            if isinstance(part, Contract):
                for read in inside(part):
                    for s in read.subscripts if isinstance(read, Read) else ():
                        if isinstance(s, Poly) and len(set(s.indices()) & (set(part.bound) | part.axes)) > 1:
                            out += [s.coefficient(index).constant or 0 for index in set(s.indices()) & set(part.bound)]
    return out


@pytest.mark.parametrize("case", {**CASES, **OWN}.values(), ids={**CASES, **OWN})
def test_values_and_module_are_those_of_the_equations(case: Build) -> None:
    program = case().to_program()
    derived = derived_of(program, checked=True)
    before = improved_module(lowered(program, in_order(derived)), ())
    after, text = before.mapped(gather_windows), load_module(text_of(program, derived))
    for function in after.functions:
        check_values(function)
    for number, given in enumerate(SIZES):
        sizes = {name: given[name] for name in program.dims}
        data = draw(program, sizes, seed=number)
        reference = reference_values(program, derived, sizes, data)
        assert reference is not None
        compare_values(after, program, sizes, data, reference)
        compare_module(text, program, sizes, data, reference)


@pytest.mark.parametrize("case", ["of three", "dilated by two", "down", "same length", "same length, down"])
def test_few_positions_are_gathered(case: str) -> None:
    backward = module_of(OWN[case]()).backward
    assert windows(backward)
    assert not windows(gather_windows(backward))


@pytest.mark.parametrize("case", [OWN["two apart"], two_convolutions], ids=["two apart", "of any size"])
def test_others_are_not(case: Build) -> None:
    """Where only every second place has a window, and where a window may be as long as what it moves along."""
    backward = module_of(case()).backward
    assert len(windows(gather_windows(backward))) == len(windows(backward)) > 0


@pytest.mark.parametrize("case", ["down", "down, dilated, two apart", "same length, down"])
def test_windows_that_go_down_are_turned(case: str) -> None:
    module = module_of(OWN[case]())
    function = module.forward if module.shared is None else module.shared
    assert any(step < 0 for step in steps_of_windows(function))
    assert all(step > 0 for step in steps_of_windows(gather_windows(function)))


def test_without_windows_nothing_changes() -> None:
    net = Network("dense")
    N, D, F = net.dims("N D F")
    n, d, f = net.indices(n=N, d=D, f=F)
    x, V, y = net.input("x", (N, D)), net.parameter("V", (F, D)), net.tensor("y")
    y[n, f] = Sum(V[f, d] * x[n, d], d)
    net.loss = Sum(y[n, f] ** 2, n, f)
    for function in module_of(net).functions:
        assert gather_windows(function) is function

"""The share of a device, against what each of several simulated devices has, element by element."""

from __future__ import annotations

from itertools import product

import pytest
import sympy

from symbackprop.cost.device_share import Device
from symbackprop.cost.operations import count_equation
from symbackprop.schedule.steps import equations_of
from symbackprop.shard import Simulation
from symbackprop.terms.products import factors
from symbackprop.terms.program import Op
from symbackprop.terms.term import Access, Reduce, Reduction
from tests.shard.cases import sharded

MLP = {"N": 4, "D": 3, "H": 6, "C": 4}
BLOCK = {"N": 2, "T": 4, "D": 3, "A": 4, "E": 2, "F": 4}
CASES = [
    ("mlp", "n=data,j=model", MLP, [(1, 1), (2, 3), (4, 2)]),
    ("mlp", "n=data,j=data", MLP | {"H": 8}, [(4, 1)]),
    ("mlp", "i=model,n=data", MLP | {"D": 4}, [(2, 2)]),
    ("transformer_block", "n=data,a=model,f=model", BLOCK, [(2, 2), (1, 4)]),
    ("transformer_block", "n=data,a=model,f=model,t=model", BLOCK, [(2, 2)]),
    ("gpt2", "n=data,a=model,j=model", {"N": 2, "T": 2, "M": 3, "V": 4, "D": 4, "A": 4}, [(2, 2), (1, 4)]),
    ("gpt2", "n=data,v=data,j=data", {"N": 2, "T": 2, "M": 3, "V": 4, "D": 4, "A": 2}, [(2, 1)]),
    ("resnet", "h=data,n=model", {"N": 2, "B": 1, "H": 4, "W": 3, "F": 1, "C": 2}, [(1, 1), (4, 1), (2, 2)]),
    ("wavenet", "t=data", {"N": 2, "T": 12, "V": 3, "D": 2, "P": 2, "K": 2}, [(2, 1), (3, 1)]),
    ("rnn", "n=data,j=model", {"T": 3, "N": 2, "D": 2, "H": 4, "C": 2}, [(2, 2)]),
]


@pytest.fixture(scope="module", params=CASES, ids=lambda case: f"{case[0]} {case[1]}")
def case(request):
    """(sharded, [(sizes and numbers of devices, simulation)])."""
    name, indices, sizes, meshes = request.param
    one = sharded(name, dict(pair.split("=") for pair in indices.split(",")))
    found = []
    for mesh in (dict(zip(("data", "model"), mesh, strict=True)) for mesh in meshes):
        found.append(({**sizes, **mesh}, Simulation(one, sizes, {}, mesh)))
    return one, found


def number(expression, sizes):
    return expression.xreplace({symbol: sympy.Integer(sizes[symbol.name]) for symbol in expression.free_symbols})


def values(polys, sizes):
    return [poly.evaluate(lambda dim: sizes[dim.name]) for poly in polys]


def places(tensor, sizes):
    origin, shape = values(tensor.origin, sizes), values(tensor.shape, sizes)
    return product(*(range(first, first + extent) for first, extent in zip(origin, shape, strict=True)))


def test_memory_is_that_of_all_elements_that_devices_have(case):
    one, found = case
    device = Device(one)
    for sizes, simulation in found:
        for name, tensor in one.table.items():
            item = 8 if tensor.dtype.value == "int" else 4
            held = [sum(other.has(name, place) for place in places(tensor, sizes)) * item
                    for other in simulation.devices.values()]  # fmt: skip
            told = number(device.expression(device.size(name)), sizes)
            assert told == sympy.Rational(sum(held), len(held)), name
            if not one.placements[name].halos:
                assert set(held) == {told}


def contractions(one):
    """Equations that are one sum of products of two reads, by plain indices."""
    for program in one.programs:
        for equation in program.equations:
            total = equation.rhs
            if isinstance(total, Reduce) and total.reduction is Reduction.SUM and equation.op is Op.ASSIGN:
                reads = factors(total.body)
                if len(reads) == 2 and all(isinstance(read, Access) and all(
                    not isinstance(s, Access) for s in read.subscripts) for read in reads):  # fmt: skip
                    yield equation, total, reads


def test_multiply_adds_are_the_positions_whose_elements_a_device_has(case):
    one, found = case
    device, some = Device(one), 0
    for equation, total, reads in contractions(one):
        told = device.expression(count_equation(equation, frozenset(), device.extents).multiply_adds)
        for sizes, simulation in found:
            axes = (*equation.axes, *total.axes)
            ranges = [values((axis.low, axis.high), sizes) for axis in axes]
            computed = 0
            for place in product(*(range(low, high + 1) for low, high in ranges)):
                at = {axis.index: value for axis, value in zip(axes, place, strict=True)}

                def position(subscripts, at=at, sizes=sizes):
                    return tuple(s.evaluate(lambda a: at[a] if a in at else sizes[a.name]) for s in subscripts)

                wanted = [(equation.target, position(equation.subscripts)),
                          *((read.tensor, position(read.subscripts)) for read in reads)]  # fmt: skip
                computed += sum(all(other.has(*each) for each in wanted) for other in simulation.devices.values())
            assert number(told, sizes) * len(simulation.devices) == computed, (str(equation), sizes)
            some += 1
    assert some >= 3


def test_on_one_device_it_is_all(case):
    one, _ = case
    device = Device(one)
    alone = {sympy.Symbol(axis, integer=True, positive=True): sympy.Integer(1) for axis in one.mesh}
    for scheduled in (one.forward, one.backward):
        integers = {tensor.name for tensor in one.table.values() if tensor.dtype.value == "int"}
        counts = [count_equation(equation, integers) for equation in dict.fromkeys(scheduled.equations)]
        found = device.operations(scheduled)
        for name in ("multiply_adds", "functions"):
            whole = sum((getattr(count, name) for count in counts), 0)
            difference = device.expression(getattr(found, name)).xreplace(alone) - device.expression(whole)
            assert sympy.expand(difference) == 0


def test_the_peak_is_the_most_that_is_held(case):
    """Of the equations in their order, those of a loop at one time: what was computed, and will be read or returned."""
    one, found = case
    device = Device(one)
    steps = [list(dict.fromkeys(equation for equation in equations_of([step])))
             for scheduled in (one.forward, one.backward) for step in scheduled.steps]  # fmt: skip
    returned = set(one.forward.program.results) | {adjoint for _, adjoint in one.backward.program.wrt}
    returned |= {new for _, new in one.forward.program.updates}
    for sizes, _ in found:
        bytes_of = {name: number(device.expression(device.size(name)), sizes) for name in one.table}
        most = 0
        for place in range(len(steps)):
            made = {equation.target for step in steps[: place + 1] for equation in step}
            needed = {name for step in steps[place:] for e in step for name in (e.target, *e.reads())} | returned
            most = max(most, sum(bytes_of[name] for name in made & needed))
        assert max(number(device.expression(peak), sizes) for peak in device.peaks) == most
        kept = {name for e in one.backward.equations for name in e.reads()}
        kept &= {e.target for e in one.forward.equations}
        assert number(device.expression(device.sizes(device.kept)), sizes) == sum(bytes_of[name] for name in kept)

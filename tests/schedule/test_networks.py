"""Schedules of whole networks, forward and backward, simulated instance by instance."""

from __future__ import annotations

import random
from importlib import import_module
from itertools import product

import pytest

from symbackprop.schedule import Loop, schedule
from symbackprop.schedule.simulate import Gathers, Simulation
from symbackprop.stages import derived_of, module_programs
from symbackprop.terms.poly import Poly
from symbackprop.terms.program import DType, Program
from tests.workshop.fuzz.drawn import drawn


def both_ways(program: Program) -> tuple[Program, Program]:
    programs = module_programs(program, derived_of(program))
    return programs.forward, programs.backward


def gathers(program: Program, sizes: dict[str, int]) -> Gathers:
    """A value for every element of the int inputs."""
    rng = random.Random(3)

    def size(poly: Poly) -> int:
        return poly.evaluate(lambda atom: sizes[atom.name])

    return {
        tensor.name: {
            place: rng.randrange(size(tensor.high) if tensor.high is not None else 2)
            for place in product(*(range(size(extent)) for extent in tensor.shape))
        }
        for tensor in program.tensors
        if tensor.dtype is DType.INT
    }


def check(program: Program, sizes: dict[str, int]) -> None:
    Simulation(program.equations, sizes, gathers(program, sizes)).run(schedule(program))


@pytest.mark.parametrize("name", ["crf", "deep_mlp", "lstm", "rnn", "attention", "embedding", "gmm"])
def test_zoo(name: str) -> None:
    program = import_module(f"symbackprop.zoo.{name}").net.to_program()
    for way in (program, *both_ways(program)):
        check(way, dict(zip(program.dims, (2, 3, 2, 1, 3, 2), strict=False)))


def test_backpropagation_through_time_is_one_loop_without_guards() -> None:
    _, backward = both_ways(import_module("symbackprop.zoo.lstm").net.to_program())
    (loop,) = (step for step in schedule(backward) if isinstance(step, Loop))
    assert loop.descending
    assert (str(loop.low), str(loop.high)) == ("1", "T")
    assert all(not step.only_when.free for step in loop.body if not isinstance(step, Loop))


@pytest.mark.parametrize("seed", range(40))
def test_random_networks(seed: int) -> None:
    net, known = drawn(seed + 5000)
    program = net.to_program()
    sizes = {dim: known.get(dim, 2) for dim in program.dims}
    for way in (program, *both_ways(program)):
        check(way, sizes)

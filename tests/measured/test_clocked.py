"""Modules with a clock: they compute the same, and each statement belongs to the equation over it."""

from __future__ import annotations

from itertools import count

import numpy as np
import pytest

from symbackprop import generate, load, zoo
from symbackprop.measured.arguments import step_of
from symbackprop.measured.clocked import ARGUMENTS, REST, STORAGE, clocked

MLP = {"N": 3, "D": 4, "H": 5, "C": 2}


@pytest.mark.parametrize("name", ["mlp", "lstm", "word2vec", "crf"])
def test_it_computes_the_same(name: str) -> None:
    net = zoo.load(name)
    program = net.to_program()
    sizes = dict.fromkeys(program.dims, 4)
    ticks = count()
    found = clocked(name, generate(net), lambda: next(ticks))
    loss, grads = step_of(found.module, program, sizes)()
    expected, right = step_of(load(net), program, sizes)()
    assert loss == expected
    assert all(np.array_equal(grads[key], right[key]) for key in right)


def test_places() -> None:
    found = clocked("mlp", generate(zoo.load("mlp")), lambda: 0)
    step_of(found.module, zoo.load("mlp").to_program(), MLP)()
    assert {("F1",), ("F6",), ("B1",), ("B7",), ARGUMENTS, STORAGE, REST} <= set(found.places)
    met = [found.places[number] for number, _ in found.marks]
    order = [place for place in dict.fromkeys(met) if place[0][0] in "FB"]
    assert order[:6] == [(f"F{n}",) for n in range(1, 7)]
    assert sorted(order[6:]) == [(f"B{n}",) for n in range(1, 8)]  # results as soon as they can be there


def test_equations_that_are_computed_together() -> None:
    found = clocked("lstm", generate(zoo.load("lstm")), lambda: 0)
    assert any(len(place) == 2 for place in found.places)


def test_the_time_of_a_place() -> None:
    found = clocked("mlp", generate(zoo.load("mlp")), lambda: 0)
    one, other = found.places.index(("F1",)), found.places.index(("B1",))
    found.marks.extend([(one, 1_100), (other, 1_300), (one, 2_400), (one, 2_450)])
    spent = found.spent(1_000, 3_450, glance=100)
    assert spent == pytest.approx({("F1",): 1_000e-9, ("B1",): 100e-9, REST: 1_000e-9})  # the last took no time


def test_the_median_of_rounds() -> None:
    moments = iter([*range(1000), *(0, 50, 60, 100), *(0, 70, 80, 100), *(0, 90, 95, 100)])
    found = clocked("mlp", generate(zoo.load("mlp")), lambda: next(moments))

    def step() -> None:
        found.marks.extend((found.places.index(place), found.clock()) for place in (("F1",), ("B1",)))

    assert found.timed(step, 3) == pytest.approx({("F1",): 69e-9, ("B1",): 9e-9, REST: 20e-9})

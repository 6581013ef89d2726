"""Tensors that planning adds: each gathered or combined once, a halo as wide as its readers ask, all of it undone."""

from __future__ import annotations

import pytest

from symbackprop.shard import ExchangeKind, Placement
from symbackprop.shard.placements import placements_of
from symbackprop.shard.state import State
from symbackprop.terms.poly import ZERO, Poly
from symbackprop.terms.prove import Facts
from symbackprop.terms.show import show
from symbackprop.terms.term import Reduction


@pytest.fixture
def state(perceptron) -> State:
    program = perceptron.program
    placements = placements_of(program.tensors, program.equations, {"n": "data", "j": "model"})
    return State(dict(program.table), placements, set(program.table), Facts())


def test_a_tensor_is_gathered_once(state):
    assert state.gathered("z", 1) == state.gathered("z", 1) == "z_all"
    assert state.placements["z_all"].axes == ("data", None)
    assert [show(equation) for equation in state.equations] == ["z_all[n, j] = z[n, j]"]


def test_a_halo_is_as_wide_as_the_widest(state):
    one, two = Poly.of(1), Poly.of(2)
    assert state.with_halo("x", 0, one, ZERO) == state.with_halo("x", 0, ZERO, two) == "x_halo"
    exchange, halo = state.exchanges["x_halo"], state.placements["x_halo"].halo(0)
    assert (exchange.before, exchange.after) == (halo.before, halo.after) == (one, two)
    assert len(state.equations) == 1


def test_what_is_made_of_a_halo_has_what_that_grows_to(state):
    one, two = Poly.of(1), Poly.of(2)
    both = state.with_halo(state.with_halo("z", 0, one, ZERO), 1, one, one)
    whole = state.gathered(state.with_halo("z", 0, one, ZERO), 1)
    state.with_halo("z", 0, two, one)
    for name in (both, whole):
        halo = state.placements[name].halo(0)
        assert (halo.before, halo.after) == (two, one)
    assert state.placements[both].halo(1).after == one


def test_parts_are_scattered_over_one_axis_and_combined_over_the_others(state):
    state.placements["b"] = Placement((None,), (("data", Reduction.SUM), ("model", Reduction.SUM)))
    assert state.combined("b", scatter=("model", 0)) == state.combined("b", scatter=("model", 0))
    kinds = [(exchange.kind, exchange.axes) for exchange in state.exchanges.values()]
    assert kinds == [(ExchangeKind.REDUCE_SCATTER, ("model",)), (ExchangeKind.PSUM, ("data",))]


def test_what_was_tried_is_taken_back(state):
    before = state.copy()
    state.gathered("z", 1)
    state.restore(before)
    assert not state.equations
    assert "z_all" not in state.tensors
    assert not state.exchanges

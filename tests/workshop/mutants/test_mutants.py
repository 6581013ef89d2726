"""Every wrong mutant of a derived program is caught and located; equivalent ones are left alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from symbackprop.edits import Kind
from tests.verify.networks import NETWORKS, Pair
from tests.verify.networks import derived as derived_of
from workshop.mutants.fates import fates, tally
from workshop.mutants.make import Mutant, Whole, choose_mutants, mutants


@pytest.fixture(params=list(NETWORKS))
def pair(request: Any) -> Pair:
    return derived_of(NETWORKS[request.param]())


def test_every_kind_of_mistake_is_made(pair: Pair) -> None:
    made = {mutant.mistake for mutant in mutants(pair[1])}
    common = {Kind.FACTOR_DROPPED, Kind.TRANSPOSED, Kind.SUM_DROPPED, Kind.SHIFTED, Kind.ANOTHER_TENSOR, Whole.NEGATED}
    assert common <= made


def test_mutants_differ_from_the_original_and_leave_it_alone(pair: Pair) -> None:
    _, derived = pair
    before = derived.backward.equations
    for mutant in mutants(derived):
        assert mutant.backward.equations != before
        assert mutant.forward is derived.forward
    assert derived.backward.equations == before


def test_a_choice_holds_every_kind_and_repeats(pair: Pair) -> None:
    _, derived = pair
    chosen = choose_mutants(derived, 40, seed=1)
    assert len(chosen) == 40
    assert {m.mistake for m in chosen} == {m.mistake for m in mutants(derived)}
    assert [m.backward for m in chosen] == [m.backward for m in choose_mutants(derived, 40, seed=1)]


def test_wrong_mutants_are_caught_and_located(pair: Pair) -> None:
    program, derived = pair
    results = list(fates(program, derived, choose_mutants(derived, 30, seed=2), numeric=False))
    counts = tally(results)
    assert counts["wrong"] >= 25
    assert counts["caught exactly"] == counts["wrong"]
    assert counts["false alarms"] == 0
    parameters = {name for name, _ in derived.backward.wrt}
    for fate in results:
        for difference in fate.located:
            assert difference.tensor in parameters
            assert difference.failure or difference.derived != difference.truth


def test_central_differences_catch_them_too(pair: Pair) -> None:
    program, derived = pair
    counts = tally(list(fates(program, derived, choose_mutants(derived, 24, seed=3))))
    assert counts["caught by differences"] >= counts["wrong"] - 1


def test_an_unchanged_program_is_equivalent(pair: Pair) -> None:
    program, derived = pair
    twin = Mutant(Whole.NEGATED, "nothing", derived.forward, replace(derived.backward))
    (fate,) = fates(program, derived, [twin])
    assert fate.equivalent
    assert not fate.caught
    assert fate.numeric == ()

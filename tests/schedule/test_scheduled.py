"""A program with its order: every equation once, its number is its place, and no program is ordered twice."""

import pytest

import symbackprop
from symbackprop import zoo
from symbackprop.schedule import Scheduled
from symbackprop.schedule.order import _Scheduler
from symbackprop.stages import functions_of
from symbackprop.terms.build import access
from symbackprop.terms.poly import Index, Poly
from symbackprop.terms.program import Equation, Op, Program, Way
from symbackprop.terms.term import Axis

NAMES = ["mlp", "lstm", "gru_seq2seq", "crf", "vae"]


@pytest.mark.parametrize("name", NAMES)
def test_numbers_are_places_in_the_order(name):
    scheduled = symbackprop.derive(zoo.load(name)).scheduled
    for letter, way in (("F", scheduled.forward), ("B", scheduled.backward)):
        assert [equation.label for equation in way.equations] == [f"{letter}{k + 1}" for k in range(len(way.equations))]
        assert sorted(map(repr, way.equations)) == sorted(map(repr, way.program.equations))
    assert scheduled.derived.forward is scheduled.forward.program
    assert scheduled.derived.backward is scheduled.backward.program


@pytest.mark.parametrize("name", NAMES)
def test_functions_compute_what_their_results_need(name):
    derivation = symbackprop.derive(zoo.load(name))
    derived, functions = derivation.derived, functions_of(zoo.load(name).to_program(), derivation.scheduled)
    assert functions.shared is not None
    defined = {equation.target for part in (functions.shared, functions.forward) for equation in part.equations}
    read = {tensor for equation in functions.backward.equations for tensor in equation.reads()}
    assert set(functions.cached) >= read & set(derived.forward.definitions)
    assert defined >= set(functions.cached) & set(derived.forward.definitions)
    assert {adjoint for _, adjoint in derived.backward.wrt} <= {e.target for e in functions.backward.equations}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("make", [symbackprop.generate, symbackprop.report], ids=["generate", "report"])
def test_no_program_is_ordered_twice(name, make, monkeypatch):
    found: list[tuple[Program, frozenset[str]]] = []
    of = _Scheduler.steps

    def steps(self):
        found.append((self.program.with_(notation=()), frozenset(e.target for e in self.equations)))
        return of(self)

    monkeypatch.setattr(_Scheduler, "steps", steps)
    make(zoo.load(name))
    assert all(one not in found[:place] for place, one in enumerate(found))
    assert len(found) <= 8  # as written in training and in prediction, derived both ways, and four functions


def test_an_equation_that_stands_twice_has_one_number():
    index = Index("i")
    element, axes = access("a", [Poly.of(index)]), (Axis(index, Poly.of(0), Poly.of(2)),)
    added = Equation("a", element.subscripts, axes, access("x", element.subscripts), Op.ACCUMULATE)
    scheduled = Scheduled.of(Program("p", (), (), (added, added))).numbered(Way.FORWARD)
    assert [equation.label for equation in scheduled.equations] == ["F1", "F1"]

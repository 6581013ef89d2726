"""Walks through values go part by part, however deep they are; those through steps know where each stands."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest

from symbackprop.lower.evaluate_values import evaluate
from symbackprop.lower.value_walks import (
    always_computed,
    computed_in,
    parts_first,
    rebuilt,
    rewritten,
    signed_summands,
    steps_in,
)  # fmt: skip
from symbackprop.lower.values import (
    Bind,
    Choose,
    Clear,
    Define,
    If,
    Loop,
    Map,
    MapOp,
    Note,
    Scalar,
    Value,
    children_of,
    inside,
    with_children,
)  # fmt: skip
from symbackprop.terms.build import MINUS, TRUE, UNIT, compare, number, poly_value
from symbackprop.terms.poly import ZERO, Poly
from symbackprop.terms.program import Op
from symbackprop.terms.prove import Facts
from symbackprop.terms.term import Relation
from tests.lower.made import AXES, SIZES, N, d, data, define, e, function, map_, n, random_value, read

X, V, S = read("x", n, d), read("V", d, e), read("s", n)


@pytest.mark.parametrize("seed", range(30))
def test_parts_first(seed: int) -> None:
    top = random_value(random.Random(seed), 4)
    done: dict[Value, None] = {}
    for value in parts_first(top, done):
        assert all(part in done for part in children_of(value))
        assert value not in done
        done[value] = None
    assert set(done) == set(inside(top))
    assert list(done)[-1] is top
    assert not list(parts_first(top, done))


@pytest.mark.parametrize("seed", range(30))
def test_rebuilt(seed: int) -> None:
    """Nothing changed is the very same value; what is changed is changed everywhere."""
    top = random_value(random.Random(seed), 4)
    assert rebuilt(top, with_children) is top
    other = rebuilt(top, lambda value, parts: read("y", n, d) if value is X else with_children(value, parts))
    assert X not in inside(other)
    assert (other is top) == (X not in inside(top))


def test_the_branches_of_a_choice_are_not_always_computed() -> None:
    choice = Choose(TRUE, map_(MapOp.TANH, X), X, False)
    assert always_computed(choice) == ()
    assert list(inside(map_(MapOp.ABS, choice), always_computed)) == [map_(MapOp.ABS, choice), choice]


def test_no_deep_stack() -> None:
    top: Value = X
    for count in range(5000):
        top = map_(MapOp.ADD, top, Scalar(number(count % 7)))
    changed = rebuilt(top, lambda value, parts: Scalar(UNIT) if value is X else with_children(value, parts))
    assert X not in inside(changed)


@pytest.mark.parametrize("seed", range(20))
def test_signed_summands(seed: int) -> None:
    """Added up with their signs they are the value, and none of them is a sum."""
    rng = random.Random(seed)

    def drawn(depth: int) -> Value:
        if not depth:
            return rng.choice((X, S, read("V", d, d), map_(MapOp.TANH, X)))
        match rng.randrange(3):
            case 0:
                return map_(MapOp.MULTIPLY, drawn(depth - 1), Scalar(MINUS))
            case _:
                return map_(rng.choice((MapOp.ADD, MapOp.SUBTRACT)), drawn(depth - 1), drawn(depth - 1))

    value = drawn(4)
    parts = signed_summands(value)
    assert not any(isinstance(part, Map) and part.op in (MapOp.ADD, MapOp.SUBTRACT) for _, part in parts)
    steps = [define("y", value)]
    steps += [define("z", map_(MapOp.MULTIPLY, part, Scalar(number(sign))), Op.ACCUMULATE) for sign, part in parts]
    found = evaluate(function(steps[0], Clear("z"), *steps[1:]), SIZES, data())
    np.testing.assert_allclose(found["z"], found["y"], atol=1e-12)


def test_steps_in() -> None:
    step, note = define("y", X), Note("about y")
    loop = Loop(e, ZERO, N - 1, False, (If(TRUE, (step,)), note))
    assert list(steps_in((note, loop, step))) == [note, loop, loop.body[0], step, note, step]


def test_rewritten_steps_know_where_they_stand() -> None:
    step, note = define("y", X), Note("about y")
    condition = compare(Relation.GE, poly_value(N), number(3))
    loop = Loop(e, ZERO, N - 1, False, (If(condition, (step,)), note))
    known = []

    def change(found, facts):
        known.append((found, facts.proves(N - 3), facts.proves(Poly.of(e))))
        return (found, found) if found is step else ()

    changed = rewritten((note, loop, step), change, Facts.of((), ()))
    assert changed == (replace(loop, body=(replace(loop.body[0], body=(step, step)),)), step, step)
    assert known == [(note, False, False), (step, True, True), (note, False, True), (step, False, False)]


def test_computed_in() -> None:
    label = read("label", n)
    gathered = Define("u", (label, Poly.of(d)), AXES[:2], X, Op.ACCUMULATE)
    assert computed_in(gathered) == (X, label)
    assert computed_in(Bind("t", (n, d), AXES[:2], X)) == (X,)
    assert computed_in(Clear("u")) == computed_in(Note("")) == ()

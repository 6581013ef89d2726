"""Walks through values go part by part, however deep they are."""

from __future__ import annotations

import random

import pytest

from symbackprop.lower.value_walks import always_computed, parts_first, rebuilt
from symbackprop.lower.values import Choose, MapOp, Scalar, Value, children_of, inside, with_children
from symbackprop.terms.build import TRUE, UNIT, number
from tests.lower.made import d, map_, n, random_value, read

X = read("x", n, d)


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

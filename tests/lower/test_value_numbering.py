"""What is computed twice is computed once, and every value stays what it was."""

from __future__ import annotations

import random

import numpy as np
import pytest

from symbackprop.lower.check_values import check_values
from symbackprop.lower.evaluate_values import evaluate
from symbackprop.lower.value_numbering import number_values
from symbackprop.lower.value_walks import (
    steps_in,
)
from symbackprop.lower.values import (
    Bind,
    Contract,
    Define,
    If,
    Map,
    MapOp,
    Read,
    inside,
)
from symbackprop.terms.conditions import at_least_zero
from symbackprop.terms.poly import Poly
from symbackprop.terms.program import Op
from tests.lower.made import SIZES, N, d, data, define, e, function, map_, n, random_value, read

X, V = read("x", n, d), read("V", d, e)
TANH = map_(MapOp.TANH, X)


def computed(steps: tuple[object, ...], op: MapOp) -> int:
    values = (step.value for step in steps if isinstance(step, Define | Bind))
    return sum(isinstance(part, Map) and part.op is op for value in values for part in inside(value))


@pytest.mark.parametrize("seed", range(60))
def test_the_same_values(seed: int) -> None:
    rng = random.Random(seed)
    shared = random_value(rng, 2)
    values = [map_(MapOp.ADD, random_value(rng, 2), shared) for _ in range(3)]
    before = function(*(define(name, value) for name, value in zip("yzu", values, strict=True)))
    after = number_values(before)
    check_values(after)
    expected, found = evaluate(before, SIZES, data()), evaluate(after, SIZES, data())
    for name in expected:
        np.testing.assert_array_equal(found[name], expected[name])


def test_a_part_that_stands_twice_is_bound() -> None:
    after = number_values(function(define("y", map_(MapOp.SQUARE, TANH)), define("z", map_(MapOp.ABS, TANH))))
    assert computed(after.body, MapOp.TANH) == 1
    assert len([step for step in after.body if isinstance(step, Bind)]) == 1


def test_what_a_tensor_holds_is_read_from_it() -> None:
    after = number_values(function(define("y", TANH), define("z", map_(MapOp.ABS, TANH))))
    assert computed(after.body, MapOp.TANH) == 1
    assert not [step for step in after.body if isinstance(step, Bind)]


def test_what_has_been_written_since_is_computed_again() -> None:
    add = define("y", X, Op.ACCUMULATE)
    reads = map_(MapOp.TANH, read("y", n, d))
    after = number_values(function(define("y", X), define("z", reads), add, define("u", reads)))
    assert computed(after.body, MapOp.TANH) == 2


def test_axes_may_have_other_names() -> None:
    one, other = (Contract((read("V", i, j),), (j,), False) for i, j in ((d, e), (e, d)))
    total = Contract((map_(MapOp.SQUARE, other),), (e,), False)
    after = number_values(function(define("y", map_(MapOp.TANH, one)), define("z", map_(MapOp.MULTIPLY, total, one))))
    parts = [part for s in steps_in(after.body) if isinstance(s, Define | Bind) for part in inside(s.value)]
    sums = {part for part in parts if isinstance(part, Contract) and isinstance(part.factors[0], Read)}
    assert len([part for part in sums if part.factors[0].tensor == "V"]) == 1


@pytest.mark.parametrize(("second", "times"), [(N - 3, 1), (N - 4, 2)])
def test_under_the_same_condition_it_is_there(second: Poly, times: int) -> None:
    """In a branch that runs where an earlier one ran, not in one that runs where that may not have."""
    before = function(
        If(at_least_zero(N - 3), (define("y", map_(MapOp.SQUARE, TANH)),)),
        If(at_least_zero(second), (define("z", map_(MapOp.ABS, TANH)),)),
    )
    after = number_values(before)
    check_values(after)
    assert computed(tuple(steps_in(after.body)), MapOp.TANH) == times
    expected, found = evaluate(before, SIZES, data()), evaluate(after, SIZES, data())
    for name in expected:
        np.testing.assert_array_equal(found[name], expected[name])


def test_not_where_what_it_reads_was_written_between() -> None:
    change = define("x", map_(MapOp.SQUARE, X))
    branches = [
        If(at_least_zero(N - 3), (define(name, map_(MapOp.SQUARE, TANH)),)) for name in ("y", "z")
    ]  # fmt: skip
    after = number_values(function(branches[0], change, branches[1]))
    assert computed(tuple(steps_in(after.body)), MapOp.TANH) == 2

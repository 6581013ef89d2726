"""Functions of values as statements: position by position what the values are, and so is what their text computes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from symbackprop.lower.evaluate_values import evaluate
from symbackprop.lower.value_numbering import number_values
from symbackprop.lower.value_walks import steps_in
from symbackprop.lower.values import Bind, Contract, If, MapOp
from symbackprop.numpy import function as storing
from symbackprop.numpy.array import Function
from symbackprop.numpy.check_statements import check
from symbackprop.numpy.function import store
from symbackprop.terms.conditions import at_least_zero
from tests.lower.cases import case, named
from tests.lower.made import SIZES, N, d, data, define, e, map_, n, read
from tests.lower.made import function as values_function
from tests.numpy.positions import executed, run, temporaries

X = read("x", n, d)
TANH = map_(MapOp.TANH, X)


def same(found: dict[str, Any], expected: dict[str, Any]) -> None:
    for name, array in found.items():
        scale = np.abs(expected[name]).max(initial=1)
        np.testing.assert_allclose(array, expected[name], rtol=0, atol=1e-12 * scale, err_msg=name)


@pytest.mark.parametrize(("group", "name"), named())
def test_position_by_position(group: str, name: str) -> None:
    """What `operands`, `definition`, `reading`, `contraction` and `writing` make of values."""
    found = case(group, name)
    expected = found.runs(found.module, evaluate)
    stored = found.module.mapped(store)
    for function in (stored.shared, stored.forward, stored.backward):
        if function is not None:
            check(function)
    for part, tensors in found.runs(stored, run).items():
        same(tensors, expected[part])


@pytest.mark.parametrize(("group", "name"), named())
def test_as_text(group: str, name: str) -> None:
    """What `statements` and `windows` write."""
    found = case(group, name)
    expected = found.runs(found.module, evaluate)
    for part, tensors in found.runs(found.module.mapped(store), executed).items():
        same(tensors, expected[part])


@pytest.mark.parametrize(("group", "name"), named())
def test_shared_storage_changes_nothing(group: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What `buffers` does: the same numbers, in no more storage."""
    found = case(group, name)
    shared = found.module.mapped(store)
    monkeypatch.setattr(storing, "share_buffers", tuple)
    apart = found.module.mapped(store)
    expected = found.runs(apart, run)
    for part, tensors in found.runs(shared, run).items():
        same(tensors, expected[part])
    pairs: list[tuple[Function, Function]] = [(shared.forward, apart.forward), (shared.backward, apart.backward)]
    for one, other in pairs:
        assert temporaries(one) <= temporaries(other)


def test_what_a_branch_bound_is_there_in_a_later_one() -> None:
    """In storage that is there where the branch is not, too; whether or not what is computed first wants its place."""
    branches = [
        If(at_least_zero(N - 3), (define(name, map_(MapOp.MULTIPLY, TANH, map_(op, X))),))
        for name, op in (("y", MapOp.SQUARE), ("z", MapOp.ABS))
    ]
    shared = number_values(values_function(*branches, define("u", X)))
    assert sum(isinstance(step, Bind) for step in steps_in(shared.body)) == 1
    stored = store(shared)
    check(stored)
    expected = evaluate(shared, SIZES, data())
    same(run(stored, SIZES, data()), expected)
    same(executed(stored, SIZES, data()), expected)


def test_a_sum_that_two_branches_share_is_not_written_over() -> None:
    product = Contract((read("x", n, e), read("V", d, e)), (e,), False)
    first = define("y", map_(MapOp.DIVIDE, product, read("s", n)))
    second = define("z", map_(MapOp.MULTIPLY, product, X))
    shared = number_values(values_function(*(If(at_least_zero(N - 3), (step,)) for step in (first, second))))
    stored = store(shared)
    check(stored)
    same(executed(stored, SIZES, data()), evaluate(shared, SIZES, data()))

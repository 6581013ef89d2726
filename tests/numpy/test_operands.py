"""Values to operands: random ones as their own evaluator has them, and what only one branch computes in that branch."""

from __future__ import annotations

import random

import numpy as np
import pytest

from symbackprop.lower.evaluate_values import evaluate
from symbackprop.lower.values import Choose, Fold, Kind, MapOp, Position, Scalar, Value
from symbackprop.numpy.array import If, Map
from symbackprop.numpy.check_statements import check
from symbackprop.numpy.function import store
from symbackprop.terms.build import compare, number, poly_value
from symbackprop.terms.poly import Poly
from symbackprop.terms.term import Reduction, Relation
from tests.lower.made import SIZES, D, N, d, data, define, e, function, map_, n, random_value, read
from tests.numpy.positions import executed, run

X = read("x", n, d)
COUNT = Position(Poly.of(e) + 2, frozenset((e,)))
HALVES = Position((Poly.of(n) + 1) // 2 * Poly.of(d), frozenset((n, d)))
VALUES: dict[str, Value] = {
    "powers of an axis": Fold(Reduction.SUM, map_(MapOp.POWER, X, map_(MapOp.COPY, COUNT)), (e,), False),
    "of what has no such axis": Fold(Reduction.MAX, X, (e,), False),
    "a product of nothing more": Fold(Reduction.PRODUCT, map_(MapOp.COPY, read("label", n)), (e,), False),
    "a floor": map_(MapOp.MULTIPLY, X, map_(MapOp.COPY, HALVES)),
    "a number": Scalar(number(3)),
    "a truth value": map_(MapOp.COPY, map_(MapOp.GREATER, X, read("s", n), kind=Kind.BOOL)),
}  # fmt: skip


def agrees(value: Value) -> None:
    made = function(define("y", value), define("z", map_(MapOp.MULTIPLY, value, value)))
    stored = store(made)
    check(stored)
    expected = evaluate(made, SIZES, data())
    for computed in (run, executed):
        found = computed(stored, SIZES, data())
        for name in "yz":
            scale = np.abs(expected[name]).max(initial=1)
            np.testing.assert_allclose(found[name], expected[name], rtol=0, atol=1e-12 * scale)


@pytest.mark.parametrize("name", VALUES)
def test_by_hand(name: str) -> None:
    agrees(VALUES[name])


@pytest.mark.parametrize("seed", range(25))
def test_random_values(seed: int) -> None:
    rng = random.Random(seed)
    condition = compare(Relation.GT, poly_value(N), poly_value(D + rng.choice((0, 4))))
    value = random_value(rng, 2)
    agrees(Choose(condition, value, map_(MapOp.ADD, value, X), False) if rng.random() < 0.4 else value)


def test_a_branch_keeps_to_itself() -> None:
    """What both branches need is computed in each, what is there before is not computed again."""
    tanh = map_(MapOp.TANH, X)
    condition = compare(Relation.GT, poly_value(N), poly_value(D))
    choice = Choose(condition, tanh, map_(MapOp.SQUARE, tanh), False)

    def counted(value: Value) -> tuple[int, int]:
        body = store(function(define("y", value))).body
        (chosen,) = (each for each in body if isinstance(each, If))
        inside = [*chosen.body, *chosen.otherwise]
        return tuple(  # type: ignore[return-value]
            sum(isinstance(each, Map) and each.op is MapOp.TANH for each in part) for part in (body, inside)
        )

    assert counted(choice) == (0, 2)
    assert counted(map_(MapOp.ADD, tanh, choice)) == (1, 0)
    assert counted(map_(MapOp.ADD, choice, tanh)) == (1, 2)
    agrees(map_(MapOp.ADD, choice, tanh))

"""Additions to zeros alone are assignments, and every value stays what it was."""

from __future__ import annotations

import random

import numpy as np
import pytest

from symbackprop.lower.check_values import check_values
from symbackprop.lower.evaluate_values import evaluate
from symbackprop.lower.first_additions import assign_first_additions
from symbackprop.lower.value_walks import steps_in
from symbackprop.lower.values import Clear, Define, Function, If, Kind, Loop, Read, Step
from symbackprop.terms.build import at_least_zero
from symbackprop.terms.poly import ZERO, Dim, Index, Poly
from symbackprop.terms.program import Op, Tensor, TensorKind
from symbackprop.terms.prove import Facts
from symbackprop.terms.term import Axis

N = Poly.of(Dim("N"))
n, t = Index("n"), Index("t")
TENSORS = {"x": Tensor("x", TensorKind.PARAMETER, (N,), (ZERO,)),
           "y": Tensor("y", TensorKind.INTERMEDIATE, (4 * N + 8,), (ZERO,))}  # fmt: skip
X = Read("x", (Poly.of(n),), frozenset((n,)), Kind.FLOAT, False)


def add(subscript: Poly | int, padded: bool = False) -> Define:
    return Define("y", (Poly.of(0) + subscript,), (Axis(n, ZERO, N - 1),), X, Op.ACCUMULATE, padded)


def function(*steps: Step) -> Function:
    return Function("f", TENSORS, ("x",), Facts((N - 1,)), frozenset({"N", *TENSORS}), steps)


def ops(steps: tuple[Step, ...]) -> list[Op]:
    """Of the additions, what is left of each, once the values are seen to be the same."""
    before = function(*steps)
    after = assign_first_additions(before)
    check_values(after)
    for size in (1, 2, 5):
        data = {"x": np.arange(1.0, size + 1)}
        expected, found = evaluate(before, {"N": size}, data), evaluate(after, {"N": size}, data)
        np.testing.assert_array_equal(found["y"], expected["y"])
    return [step.op for step in steps_in(after.body) if isinstance(step, Define)]


ROW, NEW = Poly.of(n), [Op.ASSIGN]


def test_residues_are_apart() -> None:
    assert ops((Clear("y"), add(2 * ROW), add(2 * ROW + 1))) == NEW * 2


def test_what_meets_is_added() -> None:
    assert ops((Clear("y"), add(2 * ROW), add(2 * ROW + 1), add(2 * ROW + 2))) == [*NEW * 2, Op.ACCUMULATE]
    assert ops((Clear("y"), add(2 * ROW), add(3 * ROW + 1))) == [*NEW, Op.ACCUMULATE]
    assert ops((Clear("y"), add(4 * ROW), add(2 * ROW + 1), add(6 * ROW))) == [*NEW * 2, Op.ACCUMULATE]


def test_what_was_not_cleared_is_added_to() -> None:
    assert ops((Clear("y"), add(ROW), add(ROW))) == [*NEW, Op.ACCUMULATE]


def test_positions_that_meet_one_another_are_added() -> None:
    wide = Define("y", (ROW + Poly.of(t),), (Axis(n, ZERO, N - 1), Axis(t, ZERO, ZERO + 1)), X, Op.ACCUMULATE)
    assert ops((Clear("y"), wide)) == [Op.ACCUMULATE]


def test_padded_additions_stay() -> None:
    assert ops((Clear("y"), add(ROW - 1, padded=True))) == [Op.ACCUMULATE]


def test_turns_of_a_loop_may_meet() -> None:
    assert ops((Clear("y"), Loop(t, ZERO, ZERO + 1, False, (add(ROW + Poly.of(t)),)), add(ROW))) == [Op.ACCUMULATE] * 2


def test_under_a_condition() -> None:
    inside = If(at_least_zero(N - 2), (add(2 * ROW),))
    assert ops((Clear("y"), inside, add(2 * ROW + 1), add(4 * ROW))) == [*NEW * 2, Op.ACCUMULATE]


@pytest.mark.parametrize("seed", range(40))
def test_the_same_values(seed: int) -> None:
    rng = random.Random(seed)
    ops((Clear("y"), *(add(rng.randint(1, 4) * ROW + rng.randint(0, 7)) for _ in range(4))))

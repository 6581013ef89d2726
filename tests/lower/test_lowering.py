"""Equations to steps: what is defined first, added to, padded and looked up, as the interpreter of programs has it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from symbackprop.interpret import Interpreter
from symbackprop.lower.check_values import check_values
from symbackprop.lower.evaluate_values import evaluate
from symbackprop.lower.value_walks import (
    steps_in,
)
from symbackprop.lower.values import (
    Clear,
    Define,
    Loop,
    Map,
    MapOp,
    inside,
)
from symbackprop.terms.build import NIL, UNIT, access, compare, logic_and, mul, poly_value, where
from symbackprop.terms.poly import ZERO, Dim, Index, Poly
from symbackprop.terms.program import DType, Equation, Op, Program, Tensor, TensorKind
from symbackprop.terms.term import Access, Axis, Relation, Term
from tests.lower.cases import lowered_alone

N, K = Poly.of(Dim("N")), Poly.of(Dim("K"))
n, k = Index("n"), Index("k")
P, Q = Poly.of(n), Poly.of(k)
SIZES = {"N": 7, "K": 3}
FULL, WINDOW = Axis(n, ZERO, N - 1), Axis(k, ZERO, K - 1)
X, W = access("x", [P]), access("w", [Q])
LABEL = access("label", [P])


def at_least(left: Poly, right: Poly) -> Term:
    return compare(Relation.GE, poly_value(left), poly_value(right))


def inside_y(place: Poly) -> Term:
    return logic_and(at_least(place, ZERO), at_least(N - 1, place))


def assign(place: Poly, rhs: Term, *axes: Axis) -> Equation:
    return Equation("y", (place,), axes, rhs)


def add(place: Poly | Access, rhs: Term, *axes: Axis) -> Equation:
    return Equation("y", (place,), axes, rhs, Op.ACCUMULATE)


EQUATIONS: dict[str, tuple[Equation, ...]] = {
    "whole": (assign(P, X, FULL),),
    "in two parts": (assign(P, X, Axis(n, ZERO, Poly.of(1))), assign(P, mul(2, X), Axis(n, Poly.of(2), N - 1))),
    "backwards": (assign(N - 1 - P, X, FULL),),
    "added to": (assign(P, X, FULL), add(P, X, Axis(n, Poly.of(1), N - 2))),
    "added only": (add(P + 2, X, Axis(n, ZERO, N - 3)),),
    "summed": (add(P, mul(X, W), FULL, WINDOW),),
    "padded": (add(P + Q - 1, where(inside_y(P + Q - 1), mul(X, W), NIL), FULL, WINDOW),),
    "padded, and guarded too": (
        add(P + Q - 1, where(logic_and(inside_y(P + Q - 1), at_least(P, Q)), mul(X, W), NIL), FULL, WINDOW),
    ),
    "where it is looked up": (add(LABEL, X, FULL),),
    "a recurrence": (
        assign(P, where(at_least(P, Poly.of(1)), mul(access("y", [P - 1]), X), UNIT), FULL),
    ),
}  # fmt: skip


def program(name: str) -> Program:
    given = TensorKind.INPUT
    tensors = (
        Tensor("x", given, (N,), (ZERO,)), Tensor("w", given, (K,), (ZERO,)),
        Tensor("label", given, (N,), (ZERO,), DType.INT, high=N),
        Tensor("y", TensorKind.INTERMEDIATE, (N,), (ZERO,)),
    )  # fmt: skip
    return Program(name, ("N", "K"), tensors, EQUATIONS[name])


def data() -> dict[str, Any]:
    rng = np.random.default_rng(3)
    return {"x": rng.normal(size=7), "w": rng.normal(size=3), "label": rng.integers(0, 7, 7)}


@pytest.mark.parametrize("name", EQUATIONS)
def test_values(name: str) -> None:
    function = lowered_alone(program(name))
    check_values(function)
    expected = Interpreter(program(name), SIZES, data()).array("y")
    np.testing.assert_allclose(evaluate(function, SIZES, data())["y"], expected, rtol=1e-14)


@pytest.mark.parametrize(("name", "cleared", "ops", "padded"), [
    ("whole", False, [Op.ASSIGN], False),
    ("in two parts", False, [Op.ASSIGN, Op.ASSIGN], False),
    ("added to", False, [Op.ASSIGN, Op.ACCUMULATE], False),
    ("added only", True, [Op.ACCUMULATE], False),
    ("summed", False, [Op.ASSIGN], False),
    ("padded", True, [Op.ACCUMULATE], True),
    ("where it is looked up", True, [Op.ACCUMULATE], False),
])  # fmt: skip
def test_steps(name: str, cleared: bool, ops: list[Op], padded: bool) -> None:
    """Zeros come first where no equation gives the whole tensor its first value."""
    steps = list(steps_in(lowered_alone(program(name)).body))
    definitions = [step for step in steps if isinstance(step, Define)]
    assert any(isinstance(step, Clear) for step in steps) == cleared
    assert [step.op for step in definitions] == ops
    assert all(step.padded == padded for step in definitions)


def test_a_guard_that_only_keeps_inside_is_dropped() -> None:
    def selects(name: str) -> int:
        steps = steps_in(lowered_alone(program(name)).body)
        parts = (part for step in steps if isinstance(step, Define) for part in inside(step.value))
        return sum(isinstance(part, Map) and part.op is MapOp.SELECT for part in parts)

    assert (selects("padded"), selects("padded, and guarded too")) == (0, 1)


def test_a_recurrence_is_a_loop() -> None:
    assert [type(step) for step in lowered_alone(program("a recurrence")).body if isinstance(step, Loop)] == [Loop]

"""Additions in loops to what is still 0 are assignments, and every value stays what it was."""

from __future__ import annotations

import random

import numpy as np

from symbackprop.lower.check_values import check_values
from symbackprop.lower.evaluate_values import evaluate
from symbackprop.lower.first_in_turns import assign_first_in_turns
from symbackprop.lower.value_walks import steps_in
from symbackprop.lower.values import Clear, Define, Function, If, Kind, Loop, Map, MapOp, Read, Step, Value
from symbackprop.terms.build import at_least_zero
from symbackprop.terms.poly import ZERO, Dim, Index, Poly
from symbackprop.terms.program import Op, Tensor, TensorKind
from symbackprop.terms.prove import Facts
from symbackprop.terms.term import Axis

T, N = Poly.of(Dim("T")), Poly.of(Dim("N"))
n, t, s = Index("n"), Index("t"), Index("s")
TURN, LAYER = Poly.of(t), Poly.of(s)
TENSORS = {
    "x": Tensor("x", TensorKind.PARAMETER, (N,), (ZERO,)),
    "y": Tensor("y", TensorKind.INTERMEDIATE, (T + 6, N), (ZERO, ZERO)),
    "z": Tensor("z", TensorKind.INTERMEDIATE, (T + 6, T + 6, N), (ZERO,) * 3),
}
X = Read("x", (Poly.of(n),), frozenset((n,)), Kind.FLOAT, False)


def row(*subscripts: Poly) -> Read:
    """Of y or z."""
    return Read("yz"[len(subscripts) - 1], (*subscripts, Poly.of(n)), frozenset((n,)), Kind.FLOAT, False)


def add(*subscripts: Poly, value: Value = X) -> Define:
    tensor = "yz"[len(subscripts) - 1]
    return Define(tensor, (*subscripts, Poly.of(n)), (Axis(n, ZERO, N - 1),), value, Op.ACCUMULATE)


def more(value: Value) -> Value:
    return Map(MapOp.ADD, (Map(MapOp.MULTIPLY, (value, value), Kind.FLOAT, False), X), Kind.FLOAT, False)


def loop(*body: Step, descending: bool = True, variable: Index = t) -> Loop[Step]:
    return Loop(variable, Poly.of(2), T, descending, body)


def ops(*steps: Step) -> list[Op]:
    """Of the additions, what is left of each, once the values are seen to be the same."""
    before = Function("f", TENSORS, ("x",), Facts((T - 1, N - 1)), frozenset({"N", "T", *TENSORS}), steps)
    after = assign_first_in_turns(before)
    check_values(after)
    for size in (1, 2, 5):
        data = {"x": np.linspace(0.3, 0.4, size)}
        expected, found = (evaluate(one, {"N": size, "T": size}, data) for one in (before, after))
        for tensor in "yz":
            np.testing.assert_array_equal(found[tensor], expected[tensor])
    return [step.op for step in steps_in(after.body) if isinstance(step, Define)]


NEW, MORE = Op.ASSIGN, Op.ACCUMULATE
ZEROS = Clear("y")


def test_the_adjoint_of_a_cell() -> None:
    own, next_one = add(TURN), add(TURN - 1, value=more(row(TURN)))
    assert ops(ZEROS, loop(own, next_one)) == [MORE, NEW]
    assert ops(ZEROS, add(T), loop(own, next_one)) == [MORE, MORE, NEW]
    assert ops(ZEROS, add(T - 1), loop(own, next_one)) == [MORE, MORE, MORE]
    assert ops(ZEROS, loop(next_one, own, descending=False)) == [MORE, MORE]
    assert ops(ZEROS, loop(next_one, add(TURN + 1), descending=False)) == [MORE, NEW]


def test_what_is_read_before_stays() -> None:
    """In an earlier turn, earlier in the turn, or by the step itself."""
    for read in (row(TURN - 2), row(TURN - 1)):
        assert ops(ZEROS, loop(add(TURN + 3, value=more(read)), add(TURN - 1))) == [MORE, MORE]
    assert ops(ZEROS, loop(add(TURN, value=more(row(TURN))))) == [MORE]
    assert ops(ZEROS, loop(add(TURN), add(TURN + 1), descending=False)) == [MORE, NEW]


def test_what_may_not_run_stays() -> None:
    guarded = If(at_least_zero(TURN - 3), (add(TURN),))
    assert ops(ZEROS, loop(guarded, add(TURN))) == [MORE, MORE]
    assert ops(ZEROS, loop(add(TURN), guarded)) == [NEW, MORE]


def test_rows_that_every_turn_meets_stay() -> None:
    assert ops(ZEROS, loop(add(ZERO + 1))) == [MORE]


def test_loops_inside_loops() -> None:
    clear = Clear("z")
    inner = loop(add(LAYER, TURN - 1, value=more(row(LAYER, TURN))))
    assert ops(clear, loop(inner, variable=s)) == [NEW]
    assert ops(clear, loop(loop(add(LAYER, TURN - 1, value=more(row(LAYER + 1, TURN)))), variable=s)) == [MORE]
    below = add(LAYER - 1, T + 1, value=more(row(LAYER, T + 1)))
    assert ops(clear, loop(inner, below, variable=s)) == [NEW, NEW]


def test_random_loops() -> None:
    rng = random.Random(4)
    assigned = 0
    for _ in range(200):
        steps: list[Step] = [ZEROS]
        if rng.random() < 0.5:
            steps.append(add(rng.choice((T, T + 1, T - 1, ZERO, ZERO + 2))))
        body: list[Step] = []
        for _ in range(rng.randint(1, 3)):
            value = more(row(TURN + rng.randint(-2, 2))) if rng.random() < 0.6 else X
            step = add(TURN + rng.randint(-2, 2), value=value)
            body.append(If(at_least_zero(TURN - 3), (step,)) if rng.random() < 0.2 else step)
        steps.append(loop(*body, descending=rng.random() < 0.5))
        assigned += ops(*steps).count(NEW)
    assert assigned > 50

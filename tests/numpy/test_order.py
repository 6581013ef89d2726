"""Results come early, what they are made of just before; every step stays behind what it needs."""

from __future__ import annotations

import numpy as np
import pytest

from symbackprop import zoo
from symbackprop.lower.check_values import check_values
from symbackprop.lower.evaluate_values import evaluate
from symbackprop.lower.values import Define, Function, Kind, Map, MapOp, Note, Read, Value
from symbackprop.numpy.order import groups_of, results_early
from symbackprop.stages import derived_of
from symbackprop.terms.poly import ZERO, Dim, Index, Poly
from symbackprop.terms.program import Op, Tensor, TensorKind
from symbackprop.terms.prove import Facts
from symbackprop.terms.term import Axis
from tests.lower.test_evaluate_values import networks
from workshop.fuzz.modules import lowered_values

N, n = Poly.of(Dim("N")), Index("n")


def function(*steps: tuple[str, str]) -> Function:
    """Each tensor is made of those named, letter by letter; x is given."""
    body = []
    for number, (name, args) in enumerate(steps):
        value: Value = read(args[0])
        for other in args[1:]:
            value = Map(MapOp.ADD, (value, read(other)), Kind.FLOAT, False)
        value = Map(MapOp.TANH, (value,), Kind.FLOAT, False)
        body += [Note(name, f"B{number}"), Define(name, (Poly.of(n),), (Axis(n, ZERO, N - 1),), value, Op.ASSIGN)]
    names = {"x", *(name for name, _ in steps)}
    tensors = {
        name: Tensor(name, TensorKind.INPUT if name == "x" else TensorKind.INTERMEDIATE, (N,), (ZERO,))
        for name in names
    }
    return Function("backward", tensors, ("x",), Facts((N - 1,)), frozenset(), tuple(body))


def read(name: str) -> Read:
    return Read(name, (Poly.of(n),), frozenset((n,)), Kind.FLOAT, False)


def order(found: Function) -> str:
    return "".join(step.tensor for step in found.body if isinstance(step, Define))


@pytest.mark.parametrize(("steps", "expected"), [
    ((("a", "x"), ("b", "a"), ("c", "b"), ("p", "a"), ("q", "b"), ("r", "c")), "apbqcr"),  # a gradient by each
    ((("m", "x"), ("a", "x"), ("b", "a"), ("c", "b"), ("r", "cm")), "abcmr"),  # m is wanted last
    ((("a", "x"), ("b", "a"), ("s", "a"), ("t", "s"), ("r", "b")), "abrst"),
    ((("a", "x"),), "a"),
])  # fmt: skip
def test_results_come_early_and_what_they_need_late(steps: tuple[tuple[str, str], ...], expected: str) -> None:
    before = function(*steps)
    after = results_early(before)
    check_values(after)
    assert sorted(order(after)) == sorted(expected)
    assert order(after) in (expected, expected.replace("abrst", "astbr"), expected.replace("abcmr", "mabcr"))
    data = {"x": np.random.default_rng(0).normal(size=3)}
    one, other = evaluate(before, {"N": 3}, data), evaluate(after, {"N": 3}, data)
    for name, array in one.items():
        np.testing.assert_array_equal(array, other[name])


def test_thousands_of_equations_need_no_deep_stack() -> None:
    chain = function(*((chr(1000 + place), chr(999 + place) if place else "x") for place in range(5000)))
    assert results_early(chain).body == chain.body


@pytest.mark.parametrize("name", zoo.names())
def test_of_the_zoo(name: str) -> None:
    """The same steps, each behind what it needs."""
    program = networks.find(name).to_program()
    before = lowered_values(program, derived_of(program)).backward
    after = results_early(before)
    check_values(after)
    assert len(after.body) == len(before.body)
    ready = set(before.given)
    for group in groups_of(after.body):
        assert group.reads <= ready | group.writes
        ready |= group.writes

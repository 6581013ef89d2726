"""Values: equal ones are one object, with the axes that stand in them; parts and steps."""

from __future__ import annotations

import random

import pytest

from symbackprop.lower.values import (
    Choose,
    Contract,
    Define,
    Fold,
    Loop,
    MapOp,
    Read,
    Scalar,
    Value,
    children_of,
    inside,
    wanted_axes,
    with_children,
)
from symbackprop.terms.build import TRUE, number
from symbackprop.terms.poly import ZERO, Poly
from symbackprop.terms.program import Op
from symbackprop.terms.term import Reduction
from tests.lower.made import AXES, D, N, d, e, map_, n, random_value, read

X, V, S = read("x", n, d), read("V", d, e), read("s", n)
PICKED = Read("V", (read("label", n), Poly.of(e)), frozenset((e,)), X.kind, False)
SUM = Contract((X, V), (d,), False)


def test_equal_values_are_one_object() -> None:
    for seed in range(20):
        one, other = (random_value(random.Random(seed), 3) for _ in range(2))
        assert one is other
    assert Contract((X, V), (d,), True) is not SUM
    assert map_(MapOp.ADD, X, S) is not map_(MapOp.ADD, S, X)


@pytest.mark.parametrize(("value", "axes"), [
    (X, {n, d}), (PICKED, {n, e}), (SUM, {n, e}), (Fold(Reduction.MAX, V, (e,), False), {d}),
    (map_(MapOp.ADD, S, V), {n, d, e}), (Choose(TRUE, S, read("V", d, d), False), {n, d}), (Scalar(number(2)), set()),
])  # fmt: skip
def test_axes(value: Value, axes: set) -> None:
    assert value.axes == axes


def test_other_children() -> None:
    """What is made of other children is what it would have been made of them."""
    for value in (SUM, PICKED, map_(MapOp.TANH, X), Fold(Reduction.SUM, V, (e,), False), Choose(TRUE, X, S, True)):
        children = children_of(value)
        assert with_children(value, children) is value
        others = tuple(map_(MapOp.SQUARE, child, kind=child.kind) for child in children)
        other = with_children(value, others)
        assert children_of(other) == others
        assert with_children(other, children) is value
        assert type(other) is type(value)
    for leaf in (X, Scalar(number(1))):
        assert children_of(leaf) == ()


def test_all_that_is_inside() -> None:
    for seed in range(20):
        value = random_value(random.Random(seed), 3)
        found = list(inside(value))

        def under(top: Value) -> set[Value]:
            return {top}.union(*(under(child) for child in children_of(top)))

        assert found[0] is value
        assert len(found) == len(set(found))
        assert set(found) == under(value)


def test_wanted_axes() -> None:
    assert wanted_axes(AXES[::-1], frozenset((n, d)), map_(MapOp.TANH, X)) == (AXES[1], AXES[0])
    assert wanted_axes(AXES, frozenset((n,)), Contract((X, V), (d, e), False)) == AXES
    assert wanted_axes(AXES, frozenset((n,)), Fold(Reduction.MAX, X, (d,), False)) == AXES[:2]


def test_steps() -> None:
    loop = Loop(e, ZERO, N - 1, False, ())
    assert (loop.axis.low, loop.axis.high) == (ZERO, N - 1)
    gathered = Define("u", (read("label", n), Poly.of(d) + D * Poly.of(e)), AXES[:2], X, Op.ACCUMULATE)
    assert gathered.left == {n, d}  # e is a loop's variable there

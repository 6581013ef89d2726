"""Expressions as graphs: the objects are those of SymPy's own walk, each once."""

from __future__ import annotations

import pytest
import sympy
from sympy import Idx, Piecewise, Symbol, cos, exp, preorder_traversal, sin, symbols

from symbackprop.language.nodes import holds, nodes

x, y = symbols("x y")


@pytest.mark.parametrize(
    "expr",
    [x, x + y * exp(x), sin(x) ** 2 + cos(sin(x)), Piecewise((x, y > 0), (exp(x), True)), sympy.Sum(x, (y, 1, 3))],
)
def test_each_object_once(expr: sympy.Basic) -> None:
    found = list(nodes(expr))
    assert found[0] == expr
    assert len(found) == len(set(found))
    assert set(found) == set(preorder_traversal(expr))


def test_what_is_closed_and_an_index_are_not_entered() -> None:
    i = Idx(Symbol("i", integer=True), (0, 4))
    assert set(nodes(sin(x) + i, (sin,))) == {sin(x) + i, sin(x), i}


def test_a_value_that_doubles_as_a_tree() -> None:
    value = x
    for _ in range(60):
        value = sin(value) + cos(value)
    assert len(list(nodes(value))) == 3 * 60 + 1
    assert holds(value, sin)
    assert not holds(value, exp)

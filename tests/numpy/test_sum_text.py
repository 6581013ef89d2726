"""Matrix products, reductions and deviations as text: each writes what the statement means, whatever lies where."""

from __future__ import annotations

import re
from itertools import permutations

import numpy as np
import pytest

from symbackprop.numpy.array import Allocate, Array, Buffer, Contract, Deviation, Fold, Function, Role, Statement
from symbackprop.numpy.bound import Bound
from symbackprop.numpy.statement_text import StatementWriter
from symbackprop.python_text.identifiers import Names, Scope
from symbackprop.terms.poly import Dim, Index, Poly
from symbackprop.terms.term import Reduction
from tests.numpy.positions import executed, run

SIZES = {"N": 3, "K": 4, "D": 5}
i, j, k = Index("i"), Index("j"), Index("k")
EXTENTS = {i: Poly.of(Dim("N")), j: Poly.of(Dim("K")), k: Poly.of(Dim("D"))}


def array(name: str, axes: str, role: Role = Role.ARGUMENT) -> Array:
    """Of these axes, in memory in this order."""
    own = tuple({"i": i, "j": j, "k": k}[axis] for axis in axes)
    extents = tuple(EXTENTS[axis] for axis in own)
    return Array(Buffer(name, extents, role=role), tuple(map(Poly.of, own)), own, extents)


def of_statement(statement: Statement, out: Array, *arguments: Array) -> tuple[Function, dict[str, np.ndarray]]:
    """A function of the statement alone, and what it is given."""
    body = (Allocate(out.buffer), statement)
    tensors = tuple((each.buffer.name, each.buffer) for each in (*arguments, out))
    rng = np.random.default_rng(0)
    data = {
        each.buffer.name: rng.normal(size=[int(e.evaluate(lambda d: SIZES[str(d)])) for e in each.extents])
        for each in arguments
    }
    return Function("f", tuple(each.buffer for each in arguments), body, tensors), data


def both(statement: Statement, out: Array, *arguments: Array) -> tuple[np.ndarray, np.ndarray]:
    """What the text computes, and what the statement means."""
    function, data = of_statement(statement, out, *arguments)
    return executed(function, SIZES, data)["y"], run(function, SIZES, data)["y"]


@pytest.mark.parametrize("right", ["kj", "jk"])
@pytest.mark.parametrize("left", ["ik", "ki"])
@pytest.mark.parametrize("result", ["ij", "ji"])
def test_products(left: str, right: str, result: str) -> None:
    y, a, b = array("y", result, Role.TENSOR), array("a", left), array("b", right)
    found, expected = both(Contract(y, a, b, (), (k,)), y, a, b)
    np.testing.assert_allclose(found, expected, rtol=1e-14)


def test_products_of_rows_with_rows_have_a_name() -> None:
    y, a, b = array("y", "ij", Role.TENSOR), array("a", "ik"), array("b", "jk")
    scope = Scope(Names({"N", "K", "D", "y", "a", "b"}))
    writer = StatementWriter(scope, Bound(scope))
    writer.body([Allocate(y.buffer), Contract(y, a, b, (), (k,))])
    assert writer.lines == ["    _dot_rows(a, b, y)"]


@pytest.mark.parametrize("reduction", [Reduction.SUM, Reduction.PRODUCT, Reduction.MAX, Reduction.MIN])
@pytest.mark.parametrize("axes", ["".join(order) for order in permutations("ijk")])
@pytest.mark.parametrize("kept", ["", "i", "j", "ij", "jk"])
def test_folds(reduction: Reduction, axes: str, kept: str) -> None:
    y, x = array("y", kept, Role.TENSOR), array("x", axes)
    found, expected = both(Fold(reduction, y, x), y, x)
    np.testing.assert_allclose(found, expected, rtol=1e-13)


def test_deviations() -> None:
    y, a, b = array("y", "ij", Role.TENSOR), array("a", "ik"), array("b", "jk")
    function, data = of_statement(Deviation(y, a, b, None, (k,)), y, a, b)
    expected = ((data["a"][:, None] - data["b"]) ** 2).sum(axis=-1)
    np.testing.assert_allclose(executed(function, SIZES, data)["y"], expected, rtol=1e-12)


def test_no_reduction_is_without_an_initial_value() -> None:
    """NumPy 1.25 to 2.1 are wrong then along negative strides."""
    y, x = array("y", "ik", Role.TENSOR), array("x", "ijk")
    for reduction in (Reduction.MAX, Reduction.MIN):
        scope = Scope(Names({"N", "K", "D", "y", "x"}))
        writer = StatementWriter(scope, Bound(scope))
        writer.body([Allocate(y.buffer), Fold(reduction, y, x)])
        assert re.search(r"reduce\(x, axis=1, out=y, initial=-?np.inf\)", writer.lines[0]), writer.lines

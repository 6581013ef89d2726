"""Positions, reductions and maps of one definition, whose axes begin anywhere, position by position."""

from __future__ import annotations

from itertools import permutations, product

import numpy as np
import pytest

from symbackprop.lower.values import Kind, MapOp
from symbackprop.numpy.array import Array, Fold, Role, Scalar, whole
from symbackprop.numpy.array import Buffer as Storage
from symbackprop.numpy.builder import Builder
from symbackprop.numpy.operands import Operands
from symbackprop.terms.poly import Dim, Index, Poly
from symbackprop.terms.prove import Facts
from symbackprop.terms.term import Axis, Reduction
from tests.numpy.positions import Run

N, D = Poly.of(Dim("N")), Poly.of(Dim("D"))
n, d, t = Index("n"), Index("d"), Index("t")
i, j, turn = Poly.of(n), Poly.of(d), Poly.of(t)
LOWS = {n: Poly.of(2), d: N - 1}
SIZES = {"N": 5, "D": 3}
POLYS = (
    i, 3 * i - 2 * j + N + 1, i * j, i * i * D - j, (i + j) // 3, (i * D) // (j - N + 2) - i, turn * i + j, turn + N,
    N * D,
)  # fmt: skip


def definition() -> Operands:
    builder = Builder({}, Facts((N - 1, D - 1)), set())
    return Operands(builder, [Axis(n, LOWS[n], N + 1), Axis(d, LOWS[d], N + D - 2)])


@pytest.mark.parametrize("poly", POLYS, ids=str)
def test_positions(poly: Poly) -> None:
    ev, state = definition(), Run(SIZES)
    state.values[t] = 4
    found = ev.position(poly)
    state.body(ev.builder.bodies[0])
    assert set(found.axes) == {axis for axis in (n, d) if axis in poly.indices()}
    for row, column in product(range(5), range(3)):
        known = {n: row + 2, d: column + 4, t: 4, Dim("N"): 5, Dim("D"): 3}
        assert state.at(found, {n: row, d: column}) == poly.evaluate(lambda atom, known=known: known[atom])
        shifted = ev.from_zero(poly)
        at = known | {n: row, d: column}
        assert shifted.evaluate(lambda atom, at=at: at[atom]) == poly.evaluate(lambda atom, known=known: known[atom])


def test_axes() -> None:
    ev = definition()
    assert ev.ordered([d, t, n]) == (n, d)
    assert ev.axes_of(j * turn) == (d,)
    assert ev.facts([n]).proves(i - 2)
    assert not ev.facts([d]).proves(i - 2)


@pytest.mark.parametrize("reduction", [Reduction.SUM, Reduction.MAX, Reduction.PRODUCT])
@pytest.mark.parametrize("bound", [[n], [d], [n, d], []])
@pytest.mark.parametrize("turned", [False, True])
def test_folds(reduction: Reduction, bound: list[Index], turned: bool) -> None:
    ev, state = definition(), Run(SIZES)
    buffer = Storage("x", (D, N) if turned else (N, D), role=Role.ARGUMENT)
    source = Array(buffer, (j, i) if turned else (i, j), (n, d), (N, D))
    numbers = np.random.default_rng(0).normal(size=(5, 3))
    state.storage[buffer] = numbers.T.copy() if turned else numbers
    found = ev.fold(reduction, source, bound, quiet=False)
    state.body(ev.builder.bodies[0])
    function = {Reduction.SUM: np.sum, Reduction.MAX: np.max, Reduction.PRODUCT: np.prod}[reduction]
    expected = function(numbers, axis=tuple((n, d).index(axis) for axis in bound)) if bound else numbers
    for place in product(*(range(dict(zip((n, d), (5, 3), strict=True))[axis]) for axis in found.axes)):
        at = dict(zip(found.axes, place, strict=True))
        assert state.at(found, at) == pytest.approx(expected[tuple(at[axis] for axis in (n, d) if axis in at)])


def test_sums_go_from_the_innermost_run_outwards() -> None:
    """A window of rows that lie apart: first along each row, then over the rows."""
    ev = definition()
    wide = Storage("x", (N, 2 * D), role=Role.ARGUMENT)
    ev.fold(Reduction.SUM, Array(wide, (i, j), (n, d), (N, D)), [n, d], quiet=False)
    assert [each.out.axes for each in ev.builder.bodies[0] if isinstance(each, Fold)] == [(n,), ()]


def test_maps_lie_as_their_largest_operand() -> None:
    ev = definition()
    turned = whole(Storage("x", (D, N), role=Role.ARGUMENT))
    for axes in permutations((n, d)):
        array = Array(turned.buffer, tuple(map(Poly.of, axes)), axes, tuple(ev.extents[axis] for axis in axes))
        assert ev.map(MapOp.ADD, Scalar(None), array).axes == axes  # type: ignore[arg-type]
    row = Array(Storage("r", (N,)), (i,), (n,), (N,))
    column = Array(Storage("c", (D,)), (j,), (d,), (D,))
    assert ev.map(MapOp.ADD, column, row).axes == (n, d)
    assert ev.as_array(row, Kind.FLOAT) is row
    assert ev.as_array(row, Kind.INT).kind is Kind.INT

"""What a value is made of is computed as far out as its axes let it, and what costs once."""

from __future__ import annotations

import numpy as np

import symbackprop
from symbackprop.c.levels import DEEP
from symbackprop.c.nests import Nest, NestFunction, Store, statements_in
from symbackprop.c.open_nests import open_nests
from symbackprop.lower.values import Contract, Define, Fold, Function, Kind, Map, MapOp, Read, Value, inside
from symbackprop.terms.poly import ZERO, Index, Poly
from symbackprop.terms.program import Op, Program, Tensor, TensorKind
from symbackprop.terms.prove import Facts
from symbackprop.terms.term import Axis
from tests.c.interpreting import Interpreter

N, D, H = Index("n"), Index("d"), Index("h")


def test_what_costs_is_computed_once() -> None:
    """exp(x[n, d]) does not know h: it is a tensor of its own, and not computed once for each h."""
    axes = tuple(Axis(index, ZERO, Poly.of(extent - 1)) for index, extent in ((N, 3), (H, 7), (D, 5)))
    table = {name: Tensor(name, TensorKind.INTERMEDIATE, tuple(map(Poly.of, shape)), (ZERO, ZERO))
             for name, shape in (("x", (3, 5)), ("W", (7, 5)), ("z", (3, 7)))}  # fmt: skip
    x, W = (Read(name, tuple(map(Poly.of, at)), frozenset(at), Kind.FLOAT, False) for name, at in
            (("x", (N, D)), ("W", (H, D))))  # fmt: skip
    total = Contract((Map(MapOp.EXP, (x,), Kind.FLOAT, False), W), (D,), False)
    step = Define("z", (Poly.of(N), Poly.of(H)), axes, total, Op.ASSIGN)
    function = Function("forward", table, ("x", "W"), Facts(), frozenset(), (step,))
    nests = open_nests(function, Program("costly", (), tuple(table.values()), ()))
    (made,) = (t for t in nests.tensors.values() if t.name not in table and t.rank)
    assert [size.constant for size in made.shape] == [3, 5]
    draw = np.random.default_rng(0)
    data = {"x": draw.normal(size=(3, 5)), "W": draw.normal(size=(7, 5))}
    np.testing.assert_allclose(Interpreter(nests, data).run()["z"], np.exp(data["x"]) @ data["W"].T)


def opened(value: Value, *shape: int) -> NestFunction:
    """Of z[n, h] = value, at those sizes, x being [n, d] and W [h, d]."""
    axes = tuple(Axis(index, ZERO, Poly.of(extent - 1)) for index, extent in zip((N, H, D), shape, strict=True))
    table = {name: Tensor(name, TensorKind.INTERMEDIATE, tuple(map(Poly.of, sizes)), (ZERO, ZERO))
             for name, sizes in (("x", (shape[0], shape[2])), ("z", shape[:2]))}  # fmt: skip
    step = Define("z", (Poly.of(N), Poly.of(H)), axes, value, Op.ASSIGN)
    function = Function("forward", table, ("x",), Facts(), frozenset(), (step,))
    return open_nests(function, Program("levels", (), tuple(table.values()), ()))


def test_a_sum_that_does_not_know_the_inner_axis_stands_outside_of_it() -> None:
    x = Read("x", (Poly.of(N), Poly.of(D)), frozenset({N, D}), Kind.FLOAT, False)
    total = Fold(symbackprop.terms.term.Reduction.MAX, x, (D,), False)  # type: ignore[attr-defined]
    function = opened(total, 3, 7, 5)
    (outer,) = (each for each in function.body if isinstance(each, Nest))
    inside_of_n = [each for each in outer.body if isinstance(each, Nest)]
    assert [each.axis.extent.constant for each in inside_of_n] == [5, 7]  # the maximum, then what has it
    draw = np.random.default_rng(1).normal(size=(3, 5))
    expected = np.broadcast_to(draw.max(axis=1)[:, None], (3, 7))
    np.testing.assert_array_equal(Interpreter(function, {"x": draw}).run()["z"], expected)


def test_long_sums_are_named_in_parts() -> None:
    """No expression is deeper than can be read; 700 summands are more than Python's stack holds."""
    total: Value = Read("x", (Poly.of(N), ZERO), frozenset({N}), Kind.FLOAT, False)
    for place in range(700):
        term = Read("x", (Poly.of(N), Poly.of(place % 5)), frozenset({N}), Kind.FLOAT, False)
        total = Map(MapOp.ADD, (total, Map(MapOp.MULTIPLY, (term, term), Kind.FLOAT, False)), Kind.FLOAT, False)
    function = opened(total, 3, 7, 5)
    stores = [each for each in statements_in(function.body) if isinstance(each, Store)]
    assert max(len(list(inside(store.value))) for store in stores) < 4 * DEEP
    draw = np.random.default_rng(3).normal(size=(3, 5))
    expected = draw[:, 0] + 140 * (draw**2).sum(axis=1)
    found = Interpreter(function, {"x": draw}).run()["z"]
    np.testing.assert_allclose(found, np.broadcast_to(expected[:, None], (3, 7)), rtol=1e-12)


def test_long_sums_over_several_axes_are_sums_of_sums() -> None:
    """In single precision an addition to a large sum loses more than one to a small one."""
    extents = (30, 40, 50, 3)
    axes = tuple(Axis(Index(name), ZERO, Poly.of(extent - 1)) for name, extent in zip("abcd", extents, strict=True))
    at = tuple(Poly.of(axis.index) for axis in axes)
    table = {"x": Tensor("x", TensorKind.INTERMEDIATE, tuple(map(Poly.of, extents)), (ZERO,) * 4),
             "z": Tensor("z", TensorKind.INTERMEDIATE, (), ())}  # fmt: skip
    x = Read("x", at, frozenset(axis.index for axis in axes), Kind.FLOAT, False)
    total = Contract((x,), tuple(axis.index for axis in axes), False)
    function = Function("forward", table, ("x",), Facts(), frozenset(), (Define("z", (), axes, total, Op.ASSIGN),))
    nests = open_nests(function, Program("long", (), tuple(table.values()), ()))
    added = [each.tensor for each in statements_in(nests.body) if isinstance(each, Store) and each.op is Op.ACCUMULATE]
    assert len(added) == len(set(added)) == 3  # over c and d, over b, over a
    data = np.random.default_rng(2).normal(size=extents)
    np.testing.assert_allclose(Interpreter(nests, {"x": data}).run()["z"], data.sum())

"""Sums of products read the products that are there: as many factors fewer, and every value as it was."""

from __future__ import annotations

import numpy as np
import pytest

from symbackprop.lower.check_values import check_values
from symbackprop.lower.evaluate_values import evaluate
from symbackprop.lower.shared_products import share_products
from symbackprop.lower.value_walks import steps_in
from symbackprop.lower.values import Contract, Define, Function, Kind, Map, MapOp, Read, Value
from symbackprop.terms.poly import ONE, ZERO, Dim, Index, Poly
from symbackprop.terms.program import Op, Tensor, TensorKind
from symbackprop.terms.prove import Facts
from symbackprop.terms.term import Axis

SIZES = {"T": 5, "N": 3, "M": 2}
T, N, M = (Poly.of(Dim(name)) for name in SIZES)
t, s, j, i = map(Index, "tsji")
AXES = {t: Axis(t, ZERO, T - 1), s: Axis(s, ZERO, T - 1), j: Axis(j, ZERO, N - 1), i: Axis(i, ZERO, M - 1)}
SHAPES = {"h": (T, N), "r": (T, N), "u": (T, M), "v": (N,), "a": (T, N), "d": (M, N)}
TENSORS = {
    name: Tensor(name, TensorKind.INTERMEDIATE if name in "ad" else TensorKind.INPUT, shape, (ZERO,) * len(shape))
    for name, shape in SHAPES.items()
}


def read(name: str, *axes: Index) -> Read:
    return Read(name, tuple(map(Poly.of, axes)), frozenset(axes), Kind.FLOAT, False)


def product(one: Value, other: Value) -> Map:
    return Map(MapOp.MULTIPLY, (one, other), Kind.FLOAT, False)


def define(name: str, left: tuple[Index, ...], value: Value, *bound: Index) -> Define:
    return Define(name, tuple(map(Poly.of, left)), tuple(AXES[axis] for axis in (*left, *bound)), value, Op.ASSIGN)


def factors_of(there: Value, *factors: Value) -> int:
    """How many there are left of a sum over s, beside the product in the step before."""
    steps = (define("a", (t, j), there), define("d", (i, j), Contract(factors, (s,), False), s))
    before = Function("f", TENSORS, ("h", "r", "u", "v"), Facts((T - ONE, N - 1, M - 1)), frozenset(TENSORS), steps)
    after = share_products(before)
    check_values(after)
    rng = np.random.default_rng(8)
    data = {name: rng.normal(size=[SIZES[str(size)] for size in SHAPES[name]]) for name in "hruv"}
    expected, found = evaluate(before, SIZES, data), evaluate(after, SIZES, data)
    np.testing.assert_allclose(found["d"], expected["d"], rtol=1e-12)
    (_, last) = [step for step in steps_in(after.body) if isinstance(step, Define)]
    assert isinstance(last.value, Contract)
    return len(last.value.factors)


H, R, U = read("h", s, j), read("r", s, j), read("u", s, i)


@pytest.mark.parametrize("factors", [(H, R, U), (R, U, H), (U, R, H)])
def test_a_product_that_is_there_is_one_factor(factors: tuple[Value, ...]) -> None:
    """In whatever order its factors stand, under whatever names of axes."""
    assert factors_of(product(read("h", t, j), read("r", t, j)), *factors) == 2
    assert factors_of(product(read("r", t, j), read("h", t, j)), *factors) == 2


def test_other_products_stay_apart() -> None:
    assert factors_of(product(read("h", t, j), read("h", t, j)), H, R, U) == 3
    assert factors_of(product(read("h", t, j), read("v", j)), H, read("v", j), U) == 3  # of other axes
    assert factors_of(product(read("h", t, j), read("r", t, j)), product(H, R), U) == 2

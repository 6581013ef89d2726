"""Sums of products as text against loops over all positions."""

from __future__ import annotations

import random
from itertools import product

import numpy as np
import pytest

from symbackprop.lower.values import Contract, Kind, MapOp, Scalar, Value
from symbackprop.terms.build import number
from symbackprop.terms.term import Axis
from tests.array_text.test_reads import evaluated, expressions
from tests.lower.made import AXES, d, e, map_, n, read
from tests.numpy.test_read_statements import SIZES, given

FACTORS: tuple[Value, ...] = (
    read("x", n, d), read("x", n, e), read("V", d, e), read("V", e, d), read("V", e, e), read("s", n),
    Scalar(number(3)), map_(MapOp.COPY, map_(MapOp.GREATER, read("x", n, e), read("s", n), kind=Kind.BOOL)),
    map_(MapOp.ADD, read("x", n, d), read("V", d, d)),
)  # fmt: skip


def number_at(value: Value, held: dict[str, np.ndarray], at: dict) -> float:
    x, V, s = held["x"], held["V"], held["s"]
    row, column, inner = at[n], at[d], at[e]
    return [x[row, column], x[row, inner], V[column, inner], V[inner, column], V[inner, inner], s[row], 3.0,
            float(x[row, inner] > s[row]), x[row, column] + V[column, column]][FACTORS.index(value)]  # fmt: skip


@pytest.mark.parametrize("seed", range(80))
def test_all_positions(seed: int) -> None:
    rng = random.Random(seed)
    factors = tuple(rng.choice(FACTORS) for _ in range(rng.choice((1, 2, 2, 2, 3, 4))))
    bound = tuple(axis for axis in (n, d, e) if rng.random() < 0.5)
    value = Contract(factors, bound, False)
    axes: tuple[Axis, ...] = tuple(rng.sample(AXES, 3))
    ev = expressions(axes, value)
    code = ev.code(value)
    assert set(code.axes) == value.axes
    for sizes in SIZES[:2]:
        held = given(sizes)
        lengths = {n: sizes["N"], d: sizes["D"], e: sizes["D"]}
        expected = np.zeros([lengths[axis] for axis in code.axes])
        over = [axis for axis in (n, d, e) if axis in bound or axis in value.axes]
        for place in product(*(range(lengths[axis]) for axis in over)):
            at = {n: 0, d: 0, e: 0, **dict(zip(over, place, strict=True))}
            term = np.prod([number_at(factor, held, at) for factor in factors])
            expected[tuple(at[axis] for axis in code.axes)] += term
        found = evaluated(code.text, sizes, {**held, "dtype": np.float64})
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12, err_msg=code.text)


@pytest.mark.parametrize(("factors", "bound", "text"), [
    ((read("x", n, e), read("V", d, e)), (e,), "x @ V.T"),
    ((read("V", e, d), read("x", n, e)), (e,), "x @ V"),
    ((read("x", n, d), read("s", n)), (n,), "x.T @ s"),
    ((read("x", n, d), read("x", n, d)), (n, d), "np.sum(x**2)"),
    ((read("x", n, d),), (n,), "x.sum(axis=0)"),
    ((read("s", n),), (n, e), "D * s.sum()"),
])  # fmt: skip
def test_as_a_person_writes_it(factors: tuple[Value, ...], bound: tuple, text: str) -> None:
    value = Contract(factors, bound, False)
    assert expressions(AXES, value).code(value).text == text

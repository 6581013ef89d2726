"""Helpers that others call come with them, and no other."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from symbackprop import Network, Sum, generate
from symbackprop.numpy.helpers import Helper, held, helpers_in
from symbackprop.resources import templates
from symbackprop.terms.build import UNIT, add, apply
from symbackprop.terms.term import Function


@pytest.mark.parametrize("helper", Helper)
def test_what_a_helper_calls_is_held(helper: Helper) -> None:
    called, new = set[Helper](), {helper}
    while new:
        called |= new
        new = {other for inner in new for other in names_in(inner)} - called
    assert set(held([helper])) == called


def names_in(helper: Helper) -> set[Helper]:
    """What the helper's text calls, and itself, by its definition."""
    text = (templates() / "numpy" / "helpers" / f"{helper.value}.py.j2").read_text(encoding="utf-8")
    return {other for other in Helper if re.search(rf"\b{other.value}\(", text)}


def test_each_once_in_their_order() -> None:
    assert held(reversed(Helper)) == list(Helper)
    assert held([]) == []


def test_numbers_known_from_sizes() -> None:
    assert helpers_in(add(apply(Function.ERF, UNIT), UNIT)) <= {Helper.ERF}
    assert helpers_in(UNIT) == set()


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble])
@pytest.mark.parametrize("size", [1, 8, 33, 20_000])
def test_nothing_behind_a_mask_is_seen(dtype: type, size: int) -> None:
    """Exactly 0 for what is left out, a NaN or an infinity too; the rest as it is, in place and at any stride."""
    known: dict[str, Any] = {"np": np}
    exec((templates() / "numpy" / "helpers" / "_masked.py.j2").read_text(encoding="utf-8"), known)
    x = np.resize(np.array([1.5, -0.0, np.nan, np.inf, -np.inf, -3.25, 0.0], dtype), 3 * size)
    mask = np.resize(np.array([True, False, False, True, False]), 3 * size)
    with np.errstate(all="raise"):
        for step in (slice(None), slice(0, None, 3), slice(None, None, -1)):
            out = np.full(3 * size, np.nan, dtype)
            known["_masked"](mask[step], x[step], out[step])
            expected = np.where(mask[step], x[step], np.array(0, dtype))
            np.testing.assert_array_equal(out[step], expected)
            assert not np.signbit(out[step][~mask[step]]).any()
            own = x.copy()
            known["_masked"](mask[step], own[step], own[step])
            np.testing.assert_array_equal(own[step], expected)
        out = np.full((2, size), np.nan, dtype)
        known["_masked"](mask[:size], np.array(np.inf, dtype), out)
        np.testing.assert_array_equal(out, [np.where(mask[:size], np.inf, 0)] * 2)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.longdouble])
@pytest.mark.parametrize("sizes", [(1, 3, 1), (8, 5, 128), (8, 5, 129), (32, 128, 128), (40, 60, 30), (64, 64, 300)])
def test_products_of_rows_with_rows(sizes: tuple[int, int, int], dtype: type[np.floating[Any]]) -> None:
    """On both sides of what is copied by columns; what is infinite or no number stays in its row and column."""
    scope: dict[str, Any] = {"np": np}
    exec((templates() / "numpy" / "helpers" / "_dot_rows.py.j2").read_text(encoding="utf-8"), scope)
    rows, inner, columns = sizes
    rng = np.random.default_rng(0)
    x, w = (rng.integers(-4, 5, (count, inner)).astype(dtype) for count in (rows, columns))
    for value in (0, np.inf, np.nan):
        x[0, 0] = value
        w[0, 0] = 1
        before, out = x.copy(), np.full((rows, columns), 7, dtype)
        with np.errstate(invalid="ignore"):  # inf * 0
            assert scope["_dot_rows"](x, w, out) is out
            expected = np.einsum("ni,ki->nk", x, w)  # of integers: exact
        assert np.array_equal(x, before, equal_nan=True)
        assert np.array_equal(out, expected, equal_nan=True)


def test_rows_with_rows_are_products_of_their_own() -> None:
    """Whichever side is written first, and of what is stored by columns alone as NumPy has it."""
    net = Network("rows")
    N, D, H = net.dims("N D H")
    n, i, j = net.indices(n=N, i=D, j=H)
    x, W, V, y = net.input("x", (N, D)), net.parameter("W", (H, D)), net.parameter("V", (D, H)), net.tensor("y")
    y[n, j] = Sum(W[j, i] * x[n, i], i) + Sum(V[i, j] * x[n, i], i)
    net.loss = Sum(y[n, j] ** 2, n, j)
    text = generate(net)
    assert re.findall(r"^ +_dot_rows\((.*)\)", text, re.MULTILINE)[0].startswith("x, W, ")
    assert re.search(r"x\.dot\(V, out=\w+\)", text)

"""A module against the interpreter: what is right passes, and whatever is put wrong in it is named."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest
from sympy import tanh

from symbackprop import Network, Sum, load
from symbackprop.stages import derived_of
from symbackprop.terms.program import Program
from symbackprop.verify.data import Data, draw
from symbackprop.verify.evaluators import Key, ModuleEvaluator, Of, Values
from symbackprop.verify.exact import DerivedPrograms
from symbackprop.verify.modules import compare, module_rows
from symbackprop.verify.verification import Row, Verdict

SIZES = {"N": 3, "D": 2}


@cache
def found() -> tuple[Program, DerivedPrograms, ModuleEvaluator, Data]:
    net = Network("fitted")
    N, D = net.dims("N D")
    n, d = net.indices(n=N, d=D)
    x, w, m = net.input("x", (N, D)), net.parameter("w", (D,)), net.buffer("m", (), "zeros")
    y = net.tensor("y")
    y[n] = tanh(Sum(w[d] * x[n, d], d)) - m[()]
    net.loss = Sum(y[n] ** 2, n)
    net.output(y)
    net.update(m[()], m[()] / 2 + Sum(y[n], n))
    program = net.to_program()
    derived = derived_of(program)
    return program, derived, ModuleEvaluator(load(net), program, SIZES), draw(program, SIZES, 3)


class Wrong(ModuleEvaluator):
    """What the module computes, changed."""

    def __init__(self, values: Values) -> None:
        self.found = values

    def values(self, data: Data) -> Values:
        return self.found


def rows(change: Callable[[Values], Values]) -> list[Row]:
    program, derived, evaluator, data = found()
    return module_rows(program, derived, Wrong(change(evaluator.values(data))), SIZES, data)


W = Key(Of.GRADIENT, "w")


def test_what_is_right() -> None:
    program, derived, evaluator, data = found()
    (row,) = module_rows(program, derived, evaluator, SIZES, data)
    assert (row.tensor, row.verdict, row.entries) == ("w", Verdict.PASS, 2)


@pytest.mark.parametrize("key", [
    W, Key(Of.RESULT, "loss"), Key(Of.PREDICTED, "y"), Key(Of.NEXT, "m"),
], ids=str)  # fmt: skip
def test_whatever_is_wrong_is_named(key: Key) -> None:
    slips: list[Callable[[Any], Any]] = [
        lambda a: a * (1 + 1e-7), lambda a: np.full_like(a, np.nan), lambda a: a[..., None],
    ]  # fmt: skip
    for slip in slips:
        failed = [row for row in rows(lambda v, slip=slip: {**v, key: slip(v[key])}) if row.verdict is Verdict.FAIL]
        assert [row.tensor for row in failed] == [str(key)]
    missing = rows(lambda v: {other: a for other, a in v.items() if other != key})
    assert [row.tensor for row in missing if row.verdict is Verdict.FAIL] == [str(key)]


def test_the_worst_entry() -> None:
    (row,) = rows(lambda v: {**v, W: v[W] + [1e-6, -1e-3]})
    assert row.index == (1,)
    assert row.error == pytest.approx(1e-3)
    assert row.entries == 2
    assert row.analytic is not None
    assert row.reference is not None
    assert row.reference - row.analytic == pytest.approx(1e-3)


INF, NAN = np.inf, np.nan


@pytest.mark.parametrize(("here", "truth", "lost", "verdict"), [
    ([1, 2], [1, 2], [0, 0], Verdict.PASS),
    ([1, 2.1], [1, 2], [0, 0], Verdict.FAIL),
    ([1, 2.1], [1, 2], [0, 2e-3], Verdict.PASS),  # the interpreter loses a hundredth of that itself
    ([1, 2.1], [1, 2], [2e-3, 0], Verdict.FAIL),
    ([1.1, 2], [1, 200], [0, 0], Verdict.FAIL),
    ([INF, 2], [INF, 2], [0, 0], Verdict.PASS),
    ([-INF, 2], [INF, 2], [0, 0], Verdict.FAIL),
    ([NAN, 2], [NAN, 2], [0, 0], Verdict.PASS),
    ([1, NAN], [1, 2], [0, 0], Verdict.FAIL),
    ([1, 2], [NAN, 2], [NAN, 0], Verdict.FAIL),
    ([NAN, NAN], [NAN, NAN], [0, 0], Verdict.UNCHECKED),
    ([1, 7], [1, 2], [0, INF], Verdict.PASS),
    ([], [], [], Verdict.PASS),
])  # fmt: skip
def test_compared(here: list[float], truth: list[float], lost: list[float], verdict: Verdict) -> None:
    arrays = [np.array(each, dtype=float) for each in (here, truth, lost)]
    assert compare("x", *arrays, relative=1e-9, absolute=1e-14).verdict is verdict
    assert compare("x", None, arrays[1], arrays[2], 1e-9, 1e-14).verdict is Verdict.FAIL

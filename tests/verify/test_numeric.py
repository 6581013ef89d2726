"""Central differences: right gradients pass, wrong ones fail, corners are told from mistakes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from symbackprop.derive.differentiate import Derived
from symbackprop.terms.program import Program
from symbackprop.verify.data import Data, finite_data
from symbackprop.verify.numeric import check_numeric
from symbackprop.verify.prime_sizes import choose_sizes
from symbackprop.verify.verification import Row, Verdict
from workshop.mutants.interpreted import InterpretedEvaluator

Array = np.ndarray[Any, Any]


class Formula:
    """A loss of one array `w`, with a gradient that may be wrong."""

    def __init__(self, loss: Callable[[Array], Any], gradient: Callable[[Array], Any]) -> None:
        self.of, self.slope = loss, gradient

    def loss(self, data: Data) -> float:
        return float(self.of(data["w"]))

    def gradients(self, data: Data) -> dict[str, Array]:
        return {"w": np.asarray(self.slope(data["w"]), dtype=float)}


def judge(loss: Callable[[Array], Any], gradient: Callable[[Array], Any], *w: float) -> Row:
    (row,) = check_numeric(Formula(loss, gradient), {"w": np.array(w, dtype=float)}, ["w"])
    return row


def test_derived_gradients_pass(pair: tuple[Program, Derived]) -> None:
    program, derived = pair
    sizes = choose_sizes(program)
    data = finite_data(program, sizes)
    assert data is not None
    names = [name for name, _ in derived.backward.wrt]
    for row in check_numeric(InterpretedEvaluator(program, derived, sizes), data, names):
        assert row.verdict is Verdict.PASS, row
        assert row.entries == data[row.tensor].size


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_smooth_functions_of_any_magnitude(scale: float) -> None:
    for w in (-3.0, -1e-3, 0.0, 0.7, 40.0):
        assert judge(lambda w: scale * np.sin(w).sum(), lambda w: scale * np.cos(w), w).verdict is Verdict.PASS
        assert judge(lambda w: scale * (w**3).sum(), lambda w: scale * 3 * w**2, w).verdict is Verdict.PASS


@pytest.mark.parametrize("factor", [-1.0, 0.0, 0.5, 0.999, 1.001, 2.0])
def test_wrong_gradients_fail(factor: float) -> None:
    row = judge(lambda w: np.exp(w).sum(), lambda w: factor * np.exp(w), 0.3, 1.2)
    assert row.verdict is Verdict.FAIL
    assert row.index is not None
    assert row.reference == pytest.approx(np.exp([0.3, 1.2])[row.index[0]], rel=1e-8)
    assert row.step is not None


def test_the_worst_entry_is_named() -> None:
    row = judge(lambda w: (w**2).sum(), lambda w: 2 * w + np.array([0, 0, 0.1, 0]), 1.0, 2.0, 3.0, 4.0)
    assert (row.verdict, row.index) == (Verdict.FAIL, (2,))
    assert row.error == pytest.approx(0.1)


def test_exact_zeros_pass_and_near_zeros_do_not_hide() -> None:
    assert judge(lambda w: 1e3 + 0 * w.sum(), lambda w: 0 * w, 0.5).verdict is Verdict.PASS
    assert judge(lambda w: 1 + 0 * w.sum(), lambda w: 0 * w + 1e-3, 0.5).verdict is Verdict.FAIL
    assert judge(lambda w: 1 + 1e-3 * w.sum(), lambda w: 0 * w, 0.5).verdict is Verdict.FAIL


@pytest.mark.parametrize("slope", [0.0, 0.5, 1.0])
def test_a_corner_accepts_what_lies_between_its_slopes(slope: float) -> None:
    row = judge(lambda w: np.maximum(w, 0).sum(), lambda w: np.full_like(w, slope), 0.0)
    assert row.verdict in ((Verdict.PASS, Verdict.KINK) if slope == 0.5 else (Verdict.KINK,))


@pytest.mark.parametrize("slope", [-1.0, -0.01, 1.01, 2.0])
def test_a_corner_excuses_nothing_else(slope: float) -> None:
    assert judge(lambda w: np.maximum(w, 0).sum(), lambda w: np.full_like(w, slope), 0.0).verdict is Verdict.FAIL


@pytest.mark.parametrize("distance", [1e-3, 1e-5, 3e-6, 1e-6, -1e-6, -1e-4])
def test_near_a_corner_the_side_counts(distance: float) -> None:
    right = float(distance > 0)
    corner = lambda w: np.abs(w).sum() + np.sin(w).sum()  # noqa: E731
    slope = (1 if right else -1) + np.cos(distance)
    assert judge(corner, lambda w: np.full_like(w, slope), distance).verdict in (Verdict.PASS, Verdict.KINK)
    outside = slope + 0.01 * (1 if right else -1)
    assert judge(corner, lambda w: np.full_like(w, outside), distance).verdict is Verdict.FAIL


def test_a_smooth_but_sharp_bend_is_no_corner() -> None:
    sharp = lambda w: np.logaddexp(0, 1e3 * w).sum() / 1e3  # noqa: E731
    assert judge(sharp, lambda w: 1 / (1 + np.exp(-1e3 * w)), 0.0).verdict is Verdict.PASS
    assert judge(sharp, lambda w: np.zeros_like(w), 0.0).verdict is Verdict.FAIL


def test_a_gradient_of_nan_fails() -> None:
    assert judge(lambda w: (w**2).sum(), lambda w: w * np.nan, 1.0).verdict is Verdict.FAIL


def test_rounding_is_called_noise_and_not_passed() -> None:
    noisy = lambda w: 1e12 + 1e-7 * w.sum()  # noqa: E731
    assert judge(noisy, lambda w: np.full_like(w, 1e-7), 1.0).verdict in (Verdict.NOISY, Verdict.PASS)


def test_large_tensors_are_sampled() -> None:
    w = np.linspace(-1, 1, 3000)
    (row,) = check_numeric(Formula(lambda w: np.sin(w).sum(), np.cos), {"w": w}, ["w"], most=100)
    assert row.verdict is Verdict.PASS
    assert 8 <= row.entries <= 120
    assert "sampled" in row.note


def test_a_gradient_of_another_shape_fails() -> None:
    row = judge(lambda w: w.sum(), lambda w: np.ones((1, 2)), 1.0, 2.0)
    assert row.verdict is Verdict.FAIL
    assert "shape" in row.note

"""Losses of elements against their formulas in NumPy."""

import numpy as np
import pytest

from symbackprop import losses

from ..layers.values import normal, run

p, y = normal(3, 4), normal(3, 4, seed=5)
LABELS, SIGNS, POSITIVE = (y > 0).astype(float), np.where(y > 0, 1.0, -1.0), np.abs(y) + 0.3
e = np.abs(p - y)


def log_sigmoid(z: np.ndarray) -> np.ndarray:
    return -np.log1p(np.exp(-z))


@pytest.mark.parametrize(
    ("loss", "target", "expected"),
    [
        (losses.mse, y, e**2), (losses.mae, y, e),
        (lambda p, y: losses.huber(p, y, delta=0.5), y, np.where(e <= 0.5, e**2 / 2, 0.5 * (e - 0.25))),
        (losses.binary_cross_entropy, LABELS, -LABELS * log_sigmoid(p) - (1 - LABELS) * log_sigmoid(-p)),
        (losses.kl_divergence, POSITIVE, POSITIVE * (np.log(POSITIVE) - p)),
        (lambda p, y: losses.kl_divergence(p, y, log_target=True), y, np.exp(y) * (y - p)),
        (losses.hinge, SIGNS, np.maximum(0, 1 - SIGNS * p)),
        (lambda p, y: losses.hinge(p, y, margin=2, squared=True), SIGNS, np.maximum(0, 2 - SIGNS * p) ** 2),
    ],
)  # fmt: skip
def test_formulas(loss, target, expected) -> None:  # type: ignore[no-untyped-def]
    assert run(loss, p=p, y=target).value == pytest.approx(expected.mean(), rel=1e-12)


def test_weights_of_the_last_axes() -> None:
    w, positive = np.array([0.5, 1, 2, 3]), np.array(2.0)
    expected = -w * (positive * LABELS * log_sigmoid(p) + (1 - LABELS) * log_sigmoid(-p))
    found = run(losses.binary_cross_entropy, p=p, y=LABELS, w=w, positive=positive)
    assert found.value == pytest.approx(expected.mean(), rel=1e-12)


@pytest.mark.parametrize("variance", [POSITIVE, POSITIVE[:, 0]])
def test_a_normal_distribution(variance: np.ndarray) -> None:
    v = variance if variance.ndim == 2 else variance[:, None]
    expected = (np.log(v) + (y - p) ** 2 / v) / 2 + np.log(2 * np.pi) / 2
    found = run(lambda p, y, v: losses.gaussian_nll(p, y, v, full=True), p=p, y=y, v=variance)
    assert found.value == pytest.approx(expected.mean(), rel=1e-12)


def test_by_the_size_of_the_batch() -> None:
    found = run(lambda p, y: losses.kl_divergence(p, y, reduction="batchmean"), p=p, y=POSITIVE)
    assert found.value == pytest.approx((POSITIVE * (np.log(POSITIVE) - p)).sum() / 3, rel=1e-12)

"""Losses of pairs of vectors against NumPy."""

import numpy as np
import pytest

from symbackprop import errors, losses

from ..layers.values import normal, run, softmax

x, y = normal(4, 3), normal(4, 3, seed=5)


def test_cosines() -> None:
    signs = np.array([1.0, -1, 1, -1])
    cosine = (x * y).sum(1) / np.linalg.norm(x, axis=1) / np.linalg.norm(y, axis=1)
    expected = np.where(signs > 0, 1 - cosine, np.maximum(0, cosine - 0.25))
    found = run(lambda x, y, t: losses.cosine_embedding(x, y, t, margin=0.25), x=x, y=y, t=signs)
    assert found.value == pytest.approx(expected.mean(), rel=1e-11)


def test_own_keys_among_the_others() -> None:
    expected = -np.log(np.diag(softmax(x @ y.T / 0.5))).mean()
    assert run(lambda x, y: losses.info_nce(x, y, 0.5), x=x, y=y).value == pytest.approx(expected, rel=1e-12)


def test_vectors_have_two_axes() -> None:
    with pytest.raises(errors.InvalidArgument, match="vectors"):
        run(losses.info_nce, x=normal(2), y=normal(2))

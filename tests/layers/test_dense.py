"""Affine maps, bilinear forms and look-ups against NumPy."""

import numpy as np
from sympy import tanh

from symbackprop import layers

from .values import normal, run


def test_dense() -> None:
    x = normal(2, 3, 5)
    found = run(lambda x: layers.dense(x, 4, activation=tanh), x=x)
    np.testing.assert_allclose(found.value, np.tanh(x @ found.given["W1"].T + found.given["b1"]), rtol=1e-12)


def test_bilinear() -> None:
    x, y = normal(2, 3), normal(2, 5, seed=4)
    found = run(lambda x, y: layers.bilinear(x, y, 4), x=x, y=y)
    expected = np.einsum("ni,kij,nj->nk", x, found.given["W1"], y) + found.given["b1"]
    np.testing.assert_allclose(found.value, expected, rtol=1e-12)


def test_embedding() -> None:
    tokens = np.array([[0, 2, 1], [2, 2, 0]])
    found = run(lambda t: layers.embedding(t, 3, 4, padding_idx=2), tokens=tokens)
    rows = found.given["E1"][tokens]
    rows[tokens == 2] = 0
    np.testing.assert_array_equal(found.value, rows)

"""The selective scan against a loop over time in NumPy."""

import numpy as np

from symbackprop import layers

from .values import normal, run


def test_scan() -> None:
    N, T, D, S = 2, 4, 3, 2
    x, delta, A = normal(N, T, D), np.abs(normal(N, T, D, seed=4)), -np.abs(normal(D, S, seed=5))
    B, C, skip = normal(N, T, S, seed=6), normal(N, T, S, seed=7), normal(D, seed=8)
    found = run(layers.selective_scan, x=x, delta=delta, A=A, B=B, C=C, D=skip).value
    h, expected = np.zeros((N, D, S)), np.zeros((N, T, D))
    for t in range(T):
        step = delta[:, t, :, None]
        h = np.exp(step * A) * h + step * B[:, t, None, :] * x[:, t, :, None]
        expected[:, t] = (C[:, t, None, :] * h).sum(-1) + skip * x[:, t]
    np.testing.assert_allclose(found, expected, rtol=1e-12)

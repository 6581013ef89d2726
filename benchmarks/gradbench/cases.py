"""Sizes of the evaluations, and seeded data: what is differentiated by, and what is not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.step import Arrays

Data = tuple[Arrays, dict[str, Any]]  # the second has sizes that are no array's too
Rng = np.random.Generator


def gmm(rng: Rng, D: int, K: int, N: int = 1000) -> Data:
    """`lower` (K, D, D): entries on and above the diagonal are not read."""
    params = {
        "alpha": rng.normal(size=K),
        "mu": rng.random((K, D)),
        "q": rng.normal(size=(K, D)),
        "lower": np.tril(rng.normal(size=(K, D, D)), -1),
    }
    return params, {"x": rng.normal(size=(N, D)), "gamma": np.array(1.0), "m": np.array(0.0)}


def kmeans(rng: Rng, K: int, N: int, D: int) -> Data:
    return {"centroid": rng.random((K, D))}, {"point": rng.random((N, D))}


def lstm(rng: Rng, L: int, T: int, H: int = 14) -> Data:
    """A sequence of T characters of H bits; T − 1 of them are predicted."""
    params = {"W": rng.random((L, 4, H)), "b": rng.random((L, 4, H)), "extra": rng.random((3, H))}
    return params, {"state": rng.random((L, 2, H)), "sequence": rng.integers(0, 2, (T, H)).astype(np.float64)}


def llsq(rng: Rng, N: int, M: int) -> Data:
    return {"x": rng.random(M)}, {"N": N}


def lse(rng: Rng, N: int) -> Data:
    return {"x": rng.uniform(-100, 100, N)}, {}


def ode(rng: Rng, N: int, S: int) -> Data:
    return {"x": rng.random(N)}, {"S": S}


def det(rng: Rng, L: int) -> Data:
    return {"A": rng.random((L, L))}, {}


def ba(rng: Rng, N: int, M: int, P: int) -> Data:
    """Cameras: a rotation vector, centre, focal length, principal point, two coefficients of distortion."""
    camera = np.concatenate([0.1 * rng.normal(size=(N, 3)), rng.normal(size=(N, 3)), rng.uniform(500, 900, (N, 1)),
                             rng.normal(size=(N, 2)), 0.01 * rng.normal(size=(N, 2))], 1)  # fmt: skip
    point = np.concatenate([rng.normal(size=(M, 2)), rng.uniform(8, 12, (M, 1))], 1)
    seen = {"camera_of": rng.integers(0, N, P), "point_of": rng.integers(0, M, P)}
    return {"camera": camera, "point": point, "weight": rng.random(P)}, {
        "feature": 100 * rng.normal(size=(P, 2)),
        **seen,
    }


def ht(rng: Rng, V: int, P: int) -> Data:
    """A hand of 22 bones: wrist and palm, then four for each finger, of which three bend, the first sideways too.

    theta: a global rotation vector, a translation, and four angles a finger. `slot[b]`: the places in theta of a bone's
    angles about x, z and y, where `bends` is 1. `parent[b]` < b, but for the root, which is its own.
    """
    B = 22
    parent = np.arange(B) - 1
    parent[0], parent[2::4] = 0, 1
    slot, bends = np.zeros((B, 3), np.int64), np.zeros((B, 3), np.int64)
    for finger in range(5):
        for joint, (axis, place) in zip((0, 0, 1, 2), ((0, 0), (1, 1), (0, 2), (0, 3)), strict=True):
            slot[2 + 4 * finger + joint, axis] = 6 + 4 * finger + place
            bends[2 + 4 * finger + joint, axis] = 1

    def rigid(count: int) -> np.ndarray:
        """Small random rotations and shifts, (count, 4, 4)."""
        out = np.tile(np.eye(4), (count, 1, 1))
        out[:, :3, :3] = np.linalg.qr(np.eye(3) + 0.2 * rng.normal(size=(count, 3, 3)))[0]
        out[:, :3, 3] = rng.normal(size=(count, 3))
        return out

    weights = rng.random((V, B)) ** 4
    position = np.concatenate([rng.normal(size=(V, 3)), np.ones((V, 1))], 1)
    data = {
        "slot": slot, "bends": bends, "parent": parent, "base": rigid(B), "inverse": rigid(B), "position": position,
        "skin": weights / weights.sum(1, keepdims=True), "corner": rng.integers(0, V, (P, 3)),
        "measured": rng.normal(size=(P, 3)),
    }  # fmt: skip
    return {"theta": 0.3 * rng.normal(size=26), "u": rng.random((P, 2)) / 2}, data


MAKERS: dict[str, Callable[..., Data]] = {
    maker.__name__: maker for maker in (gmm, kmeans, lstm, llsq, lse, ode, det, ba, ht)
}
SIZES: dict[str, tuple[tuple[int, ...], ...]] = {
    "gmm": ((2, 5), (10, 25), (32, 50)),
    "kmeans": ((10, 1000, 8), (100, 1000, 16), (100, 10000, 8)),
    "lstm": ((2, 1024), (4, 1024)),
    "llsq": ((128, 128), (1024, 128), (16392, 128)),
    "lse": ((1000,), (100_000,), (1_000_000,)),
    "ode": ((20, 100), (1000, 10), (10_000, 100)),
    "det": ((4,), (5,), (7,)),
    "ba": ((10, 100, 1000), (49, 7776, 31_843)),
    "ht": ((544, 100), (1000, 1000)),
}
CASES = tuple(f"{name}:{','.join(map(str, sizes))}" for name, every in SIZES.items() for sizes in every)


def parsed(case: str) -> tuple[str, tuple[int, ...]]:
    name, _, sizes = case.partition(":")
    return name, tuple(map(int, sizes.split(",")))


def make(case: str) -> Data:
    name, sizes = parsed(case)
    return MAKERS[name](np.random.default_rng(0), *sizes)

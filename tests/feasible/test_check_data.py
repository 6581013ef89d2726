"""Data meet assumptions, or the first that fails is named: what NumPy says of them decides."""

from __future__ import annotations

import numpy as np
from sympy import Eq, Ne

from symbackprop import Network, Sum
from symbackprop.feasible.check_data import first_unmet, meets
from symbackprop.feasible.system import System
from symbackprop.feasible.unmet import World

SIZES = {"N": 2, "K": 3}


def program():
    """Σ w = 2, x > -3, w ≠ 0."""
    net = Network("assumed")
    N, K = net.dims("N K")
    n, k = net.indices(n=N, k=K)
    x, w = net.input("x", (N, K)), net.parameter("w", (K,))
    for fact in (Eq(Sum(w[k], k), 2), x[n, k] > -3, Ne(w[k], 0)):
        net.assume(fact)
    net.loss = Sum(x[n, k] * w[k], n, k)
    return net.to_program()


def test_the_first_that_fails() -> None:
    rng, made = np.random.default_rng(0), program()
    system, seen = System.of(made, SIZES), set()
    for _ in range(60):
        x, w = rng.integers(-3, 3, size=(2, 3)) + 0.5 * rng.integers(0, 2), rng.integers(-1, 3, size=3) * 1.0
        data = {"x": x, "w": w}
        holds = [data["w"].sum() == 2, (data["x"] > -3).all(), (data["w"] != 0).all()]
        assert meets(made, SIZES, data) is all(map(bool, holds))
        first = first_unmet(system, data, World.REAL)
        assert first == (None if all(holds) else list(map(bool, holds)).index(False))
        seen.add(first)
    assert seen == {None, 0, 1, 2}


def test_equations_hold_up_to_rounding() -> None:
    made = program()
    rounded = {"x": np.ones((2, 3)), "w": np.array([1.0 + 1e-12, -1.0, 2.0])}
    assert meets(made, SIZES, rounded)
    assert first_unmet(System.of(made, SIZES), rounded, World.REAL) == 0

"""A claim holds on every region exactly where it is true of all real data, tried on a grid that meets every region."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from sympy import And, Max, Min, Piecewise

from symbackprop import Network, Sum, delta
from symbackprop.claims.by_region import walk_regions
from symbackprop.claims.ground import ground_of
from symbackprop.functions import relu
from symbackprop.language.claims import read_claim

SIZES = {"N": 2}
GRID = (-2.5, -1.5, -0.5, 0.25, 0.75, 1.5, 3.0)


def setting():
    """L = Σ relu(z)² + Σ max(z, 1): δz = 2·relu(z) + [z > 1]."""
    net = Network("kinks")
    N = net.dim("N")
    n = net.index("n", N)
    z, y = net.parameter("z", (N,)), net.input("y", (N,), dtype="int", high=3)
    net.loss = Sum(relu(z[n]) ** 2, n) + Sum(Max(z[n], 1) * y[n], n)
    return net, delta(z)[n], z[n], y[n]


def gradient(z: np.ndarray, y: np.ndarray) -> np.ndarray:
    return 2 * np.maximum(z, 0) + (z > 1) * y


CLAIMS = {
    "as derived": (lambda z, y: 2 * relu(z) + Piecewise((y, z > 1), (0, True)),
                   lambda z, y: 2 * np.maximum(z, 0) + (z > 1) * y),
    "by cases": (lambda z, y: Piecewise((2 * z + y, z > 1), (2 * z, And(z > 0, z <= 1)), (0, True)),
                 lambda z, y: np.where(z > 1, 2 * z + y, np.where(z > 0, 2 * z, 0))),
    "as an extremum": (lambda z, y: 2 * Max(z, 0) + Piecewise((y, z - 1 > 0), (0, True)),
                       lambda z, y: 2 * np.maximum(z, 0) + (z > 1) * y),
    "one case forgotten": (lambda z, y: 2 * z + Piecewise((y, z > 1), (0, True)),
                           lambda z, y: 2 * z + (z > 1) * y),
    "another number compared": (lambda z, y: 2 * relu(z) + Piecewise((y, z > 2), (0, True)),
                                lambda z, y: 2 * np.maximum(z, 0) + (z > 2) * y),
    "one label forgotten": (lambda z, y: 2 * relu(z) + Piecewise((Min(y, 1), z > 1), (0, True)),
                            lambda z, y: 2 * np.maximum(z, 0) + (z > 1) * np.minimum(y, 1)),
    "the label that is squared is the same below two": (
        lambda z, y: 2 * relu(z) + Piecewise((y**2, z > 1), (0, True)),
        lambda z, y: 2 * np.maximum(z, 0) + (z > 1) * y**2),
}  # fmt: skip


@pytest.mark.parametrize("name", CLAIMS)
def test_every_region(name: str) -> None:
    claimed, values = CLAIMS[name]
    net, element, z, y = setting()
    ground = ground_of(net.to_program(), [read_claim(net.book, element, claimed(z, y))])
    (equation,) = ground.equations
    at = np.array(list(product(GRID, range(3))))
    true = np.allclose(values(at[:, 0], at[:, 1]), gradient(at[:, 0], at[:, 1]))
    strict, tied = walk_regions(ground, equation, SIZES, 0)
    assert strict.complete
    assert strict.holds is true
    if not true:
        assert strict.against is not None
        assert strict.against.choices
        assert not strict.against.at_kink
        assert tied is None
    else:
        assert strict.compared > 1
        assert tied is not None


@pytest.mark.parametrize(("value", "holds"), [(0, True), (1, False)])
def test_where_values_tie_conventions_may_differ(value: int, holds: bool) -> None:
    """relu has the slope 0 at 0."""
    net = Network("tie")
    N = net.dim("N")
    n = net.index("n", N)
    z = net.parameter("z", (N,))
    net.loss = Sum(relu(z[n]), n)
    claim = Piecewise((1, z[n] > 0), (0, z[n] < 0), (value, True))
    ground = ground_of(net.to_program(), [read_claim(net.book, delta(z)[n], claim)])
    strict, tied = walk_regions(ground, ground.equations[0], SIZES, 0)
    assert strict.holds
    assert tied is not None
    assert tied.holds is holds
    assert holds or (tied.against is not None and tied.against.at_kink)

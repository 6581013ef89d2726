"""Every choice of signs and of integers is walked through once, and has the value that it stands for."""

from __future__ import annotations

from itertools import product

import numpy as np
from sympy import Eq, Piecewise

from symbackprop import Network, Sum
from symbackprop.functions import relu
from symbackprop.interpret import PRIME
from symbackprop.interpret.ordered_residues import Path, Regions
from symbackprop.interpret.walked import Walked

SIZES = {"N": 2}


def walked() -> tuple[Walked, Regions, np.ndarray]:
    """L = Σ (relu(z) where y is 1, else 2·z)."""
    net = Network("walked")
    N = net.dim("N")
    n = net.index("n", N)
    z, y = net.parameter("z", (N,)), net.input("y", (N,), dtype="int", high=3)
    net.loss = Sum(Piecewise((relu(z[n]), Eq(y[n], 1)), (2 * z[n], True)), n)
    data = {"z": np.array([1234567890123456789, 987654321987654321], dtype=object), "y": np.zeros(2, dtype=np.int64)}
    regions = Regions(3)
    return Walked(net.to_program(), SIZES, data, regions, chosen={"y": (0, 1, 2)}), regions, data["z"]


def test_every_region_has_its_value() -> None:
    values, regions, z = walked()
    found: dict[tuple[int, ...], int] = {}
    path: Path | None = Path()
    while path is not None:
        values.forget()
        regions.walk(path)
        loss = values.loss()
        chosen = tuple(choice.value for choice in path.taken)
        assert chosen not in found
        found[chosen] = loss
        path = path.following()
    expected = {}
    for labels in product((0, 1, 2), repeat=2):
        for signs in product(*((1, -1) if label == 1 else (0,) for label in labels)):
            order: list[int] = []
            total = 0
            for place in range(2):
                order += [labels[place]] if labels[place] != 1 else [1, signs[place]]
                total += 2 * z[place] if labels[place] != 1 else z[place] if signs[place] > 0 else 0
            expected[tuple(order)] = total % PRIME
    assert found == expected


def test_what_is_not_forgotten_stays() -> None:
    values, regions, _ = walked()
    regions.walk(Path((1, 0, 1, 0)))
    first = values.loss()
    regions.walk(Path())
    assert values.loss() == first
    values.forget()
    assert values.loss() != first

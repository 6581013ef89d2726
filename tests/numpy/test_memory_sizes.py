"""Sums of sizes: which is plainly no less than another is so at all sizes."""

from __future__ import annotations

import random
from itertools import product

import pytest
import sympy

from symbackprop.numpy.memory_sizes import Sizes
from symbackprop.terms.poly import Dim, Poly, floor_div

NAMES = "NMK"
N, M, K = (Poly.of(Dim(name)) for name in NAMES)


def number(made: Sizes, poly: Poly, values: dict[str, int]) -> int:
    expression = made.largest([poly])
    return int(expression.subs({symbol: values[str(symbol)] for symbol in expression.free_symbols}))


@pytest.mark.parametrize("seed", range(25))
def test_exceeds(seed: int) -> None:
    rng, made = random.Random(seed), Sizes()
    extents = (N, M, K, N + 1, N - M, floor_div(N, Poly.of(2)), 2 * M)

    def total() -> Poly:
        parts = [made.entries(rng.sample(extents, rng.randint(1, 2)), {}) for _ in range(rng.randint(1, 3))]
        return sum(parts, made.least(parts[0], parts[-1]) if rng.random() < 0.5 else Poly.of(0))

    one, other = total(), total()
    for large, small in ((one, other), (one + other, other)):
        if made.exceeds(large, small):
            for chosen in product((2, 3, 7), repeat=3):
                values = dict(zip(NAMES, chosen, strict=True))
                if values["N"] >= values["M"]:  # no extent is below 0
                    assert number(made, large, values) >= number(made, small, values)


def test_the_largest_of_several() -> None:
    made = Sizes()
    found = made.largest([made.entries([N, M], {}), made.entries([K], {})])
    assert found.func is sympy.Max
    assert made.exceeds(made.entries([N, M], {}) + 1, made.entries([N, M], {}))
    assert not made.exceeds(made.entries([N], {}), made.entries([M], {}))

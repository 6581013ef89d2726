"""Exact solutions: roots modulo the prime, systems with known points, contradictions."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from symbackprop.feasible.polynomial import evaluated, product, total, variable
from symbackprop.feasible.triangular import Modular, Rationals, inconsistent, modular_roots, solve
from symbackprop.interpret import PRIME


def test_modular_roots_are_those_of_the_factors() -> None:
    rng = np.random.default_rng(0)
    for count in (1, 2, 3, 5):
        roots = sorted({int(r) for r in rng.integers(0, 1 << 60, size=count)})
        poly = [1]
        for root in roots:
            poly = [((poly[k - 1] if k else 0) - root * (poly[k] if k < len(poly) else 0)) % PRIME
                    for k in range(len(poly) + 1)]  # fmt: skip
        assert modular_roots(poly) == tuple(roots)
    nonresidue = next(r for r in range(2, 50) if pow(r, (PRIME - 1) // 2, PRIME) != 1)
    assert modular_roots([-nonresidue, 0, 1]) == ()
    assert modular_roots([-4, 0, 1]) == (2, PRIME - 2)


def test_random_quadrics_through_a_known_point() -> None:
    """Two quadratic equations and a linear one in five variables that a random point meets."""
    for seed in range(12):
        rng = np.random.default_rng(seed)
        point = {n: Fraction(int(v)) for n, v in enumerate(rng.integers(-3, 4, size=5))}
        polys = []
        for degree in (2, 2, 1):
            monomials = [tuple(sorted(map(int, rng.integers(5, size=degree)))) for _ in range(4)]
            poly = total({m: Fraction(int(c))} for m, c in zip(monomials, rng.integers(1, 5, size=4), strict=True))
            polys.append(total([poly, {(): -evaluated(poly, point).get((), Fraction(0))}]))
        found = solve(polys, Modular(), lambda n, again, rng=rng: int(rng.integers(2, 1 << 60)), rng)
        assert found is not None
        for poly in polys:
            values = {n: found.get(n, 0) for n in range(5)}
            whole = {m: c.numerator * pow(c.denominator, -1, PRIME) for m, c in poly.items()}
            assert evaluated(whole, values).get((), 0) % PRIME == 0


def test_contradictions_of_linear_equations_are_seen() -> None:
    x, y, one = variable(0), variable(1), {(): Fraction(1)}
    minus = {(): Fraction(-1)}
    first, second = total([x, y, minus]), total([product({(): Fraction(2)}, x), product({(): Fraction(2)}, y), minus])
    assert inconsistent([first, second])
    assert not inconsistent([first, total([x, product(minus, y), one])])
    assert solve([first, second], Rationals(), lambda n, again: Fraction(0), np.random.default_rng(0)) is None

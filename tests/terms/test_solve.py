"""Equations solved for an index: the solution is the one integer, found by trying them all."""

from __future__ import annotations

import numpy as np

from symbackprop.terms.poly import Dim, Index, Poly, floor_div
from symbackprop.terms.solve import solved

I, J = Index("i"), Index("j")
N = Dim("N")


def test_the_solution_is_the_only_integer_that_fits() -> None:
    rng = np.random.default_rng(0)
    decided = 0
    for _ in range(200):
        a, b, c, d = map(int, rng.integers(-2, 3, size=4))
        poly = a * Poly.of(I) + b * Poly.of(J) + c * Poly.of(N) + d
        found = solved(poly, [I, J])
        first = next((index for index, slope in ((I, a), (J, b)) if abs(slope) == 1), None)
        assert (found is None) is (first is None)
        if found is None:
            continue
        decided += 1
        index, solution, sign = found
        assert index is first
        for values in rng.integers(-3, 4, size=(5, 2)):
            known = {I: int(values[0]), J: int(values[0]), N: int(values[1])}
            expected = [v for v in range(-60, 60) if poly.evaluate({**known, index: v}.__getitem__) == 0]
            assert expected == [solution.evaluate(known.__getitem__)]
            above = poly.evaluate({**known, index: expected[0] + 1}.__getitem__)
            assert above == sign
    assert decided > 100


def test_an_index_inside_a_floor_is_not_decided() -> None:
    assert solved(Poly.of(I) - floor_div(Poly.of(I) + Poly.of(N), Poly.of(2)), [I]) is None
    assert solved(Poly.of(I) * Poly.of(J) - 1, [I, J]) is None
    assert solved(Poly.of(N) * Poly.of(I) - 1, [I]) is None
    assert solved(Poly.of(J), [I]) is None

"""Signs read off coefficients, against values at many sizes; products of many sizes without multiplying out."""

from __future__ import annotations

from math import prod

import numpy as np

from symbackprop.terms.poly import Dim, Poly, floor_div
from symbackprop.terms.positive import plainly_nonnegative


def test_what_is_plain_holds_at_all_sizes() -> None:
    rng = np.random.default_rng(0)
    names = ("N", "D", "K")
    atoms = [Poly.of(Dim(name)) for name in names]
    plain = 0
    for _ in range(300):
        poly = Poly.of(int(rng.integers(-3, 4)))
        for _ in range(int(rng.integers(1, 4))):
            poly = poly + prod((a ** int(rng.integers(0, 3)) for a in atoms), start=Poly.of(int(rng.integers(-3, 4))))
        if plainly_nonnegative(poly):
            plain += 1
            for sizes in np.ndindex(4, 4, 4):
                values = {name: size + 1 for name, size in zip(names, sizes, strict=True)}
                assert poly.evaluate(lambda atom, values=values: values[atom.name]) >= 0, poly
    assert plain > 50


def test_quotients_are_between_nothing_and_what_is_divided() -> None:
    rng = np.random.default_rng(1)
    n, d = Poly.of(Dim("N")), Poly.of(Dim("D"))
    quotients = [floor_div(n, Poly.of(4)), floor_div(2 * n + d, Poly.of(3)), floor_div(n * d, d + 1), floor_div(n, d)]
    assert plainly_nonnegative(3 * quotients[0])
    assert plainly_nonnegative(3 * n - quotients[0])
    assert plainly_nonnegative(n * n - quotients[0] * quotients[0])
    assert plainly_nonnegative(d * quotients[3] - quotients[3])  # 0 where nothing is left of the quotient
    assert plainly_nonnegative(n * d * quotients[3] * quotients[0] - quotients[3] * quotients[0])
    assert not plainly_nonnegative(quotients[3] - d * quotients[3])
    assert not plainly_nonnegative(quotients[0] - 1)
    assert not plainly_nonnegative(floor_div(n - 2, Poly.of(2)))
    plain = 0
    for _ in range(400):
        poly = int(rng.integers(-2, 4)) * n + int(rng.integers(-2, 4)) * d + int(rng.integers(-1, 2))
        for _ in range(int(rng.integers(1, 3))):
            one, power = quotients[rng.integers(len(quotients))], int(rng.integers(1, 3))
            poly = poly + int(rng.integers(-2, 3)) * one**power * (n if rng.random() < 0.4 else d)
        if plainly_nonnegative(poly):
            plain += 1
            for first, second in np.ndindex(7, 7):
                values = {"N": first + 1, "D": second + 1}
                assert poly.evaluate(lambda atom, values=values: values[atom.name]) >= 0, poly
    assert plain > 20


def test_products_of_many_sizes() -> None:
    sizes = [Poly.of(Dim(f"D{k}")) for k in range(60)]
    whole, half = prod(sizes, start=Poly.of(1)), prod(sizes[:30], start=Poly.of(1))
    assert plainly_nonnegative(whole - half)
    assert plainly_nonnegative(2 * whole - half - sizes[59])
    assert not plainly_nonnegative(half - whole)
    assert not plainly_nonnegative(whole - half - half)

"""Signs read off coefficients, against values at many sizes; products of many sizes without multiplying out."""

from __future__ import annotations

from math import prod

import numpy as np

from symbackprop.terms.poly import Dim, Poly
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


def test_products_of_many_sizes() -> None:
    sizes = [Poly.of(Dim(f"D{k}")) for k in range(60)]
    whole, half = prod(sizes, start=Poly.of(1)), prod(sizes[:30], start=Poly.of(1))
    assert plainly_nonnegative(whole - half)
    assert plainly_nonnegative(2 * whole - half - sizes[59])
    assert not plainly_nonnegative(half - whole)
    assert not plainly_nonnegative(whole - half - half)

"""What is plainly positive: read off the coefficients, without a proof."""

from __future__ import annotations

from functools import lru_cache

from symbackprop.terms.poly import Dim, Poly


@lru_cache(maxsize=65536)
def plainly_nonnegative(poly: Poly) -> bool:
    """Whether the polynomial is >= 0 for all sizes >= 1, read off its coefficients (no index, no floor)."""
    dims = poly.dims()
    if any(not isinstance(atom, Dim) for atom in poly.atoms(deep=False)):
        return False
    shifted = poly.substitute({dim: Poly.of(dim) + 1 for dim in dims})
    return all(coefficient > 0 for _, coefficient in shifted.terms)

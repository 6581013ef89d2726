"""Equations between sizes and indices, solved for an index."""

from __future__ import annotations

from collections.abc import Iterable

from symbackprop.terms.poly import ONE, Index, Poly

__all__ = ["solved"]


def solved(poly: Poly, candidates: Iterable[Index]) -> tuple[Index, Poly, int] | None:
    """(index, what it is where the polynomial is 0, sign of its slope) for the first of the candidates that this
    decides: an index with the slope 1 or -1, which stands nowhere else in it, not inside a floor either.

    >>> i, n = Index("i"), Poly.of(Index("n"))
    >>> index, solution, sign = solved(n - 2 - Poly.of(i), [i])
    >>> str(index), str(solution), sign
    ('i', 'n - 2', -1)
    """
    for index in candidates:
        slope = poly.coefficient(index)
        if slope in (ONE, -ONE):
            rest = poly - slope * Poly.of(index)
            if index not in rest.indices():
                return (index, -rest, 1) if slope == ONE else (index, rest, -1)
    return None

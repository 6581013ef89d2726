"""Positions matched by renaming indices."""

from __future__ import annotations

from symbackprop.terms.build import access
from symbackprop.terms.match import renaming
from symbackprop.terms.poly import Dim, Index, Poly

g, r, i, j = (Poly.of(Index(name)) for name in "grij")
G, R = (Poly.of(Dim(name)) for name in "GR")


def names(found: dict[Index, Poly] | None) -> dict[str, str] | None:
    return None if found is None else {str(index): str(poly) for index, poly in found.items()}


def test_plain_and_mixed_subscripts() -> None:
    assert names(renaming([g, r], [i, j])) == {"g": "i", "r": "j"}
    assert names(renaming([R * g + r, g], [R * j + i, j])) == {"g": "j", "r": "i"}
    assert names(renaming([g + r, r], [j + i, j])) == {"g": "i", "r": "j"}


def test_what_renaming_cannot_do() -> None:
    assert renaming([R * g + r], [G * j + i]) is None  # another factor
    assert renaming([g, g], [i, j]) is None  # a diagonal
    assert renaming([g, r], [i, i]) is None  # two indices for one
    assert renaming([g], [i + 1]) is None
    assert renaming([g], [i, j]) is None
    assert renaming([g], [access("label", [i])]) is None

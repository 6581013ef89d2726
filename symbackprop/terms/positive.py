"""What is plainly positive: read off the coefficients, without a proof."""

from __future__ import annotations

from functools import lru_cache
from math import prod

from symbackprop.terms.poly import ZERO, Atom, Dim, Floor, Monomial, Poly

_TERMS = 4096  # of a polynomial that is multiplied out: a product of sizes has 2 to the power of their number


@lru_cache(maxsize=65536)
def plainly_nonnegative(poly: Poly) -> bool:
    """Whether the polynomial is >= 0 for all sizes >= 1, read off its coefficients (no index)."""
    floor = next((atom for atom in poly.atoms(deep=False) if isinstance(atom, Floor)), None)
    if floor is not None:
        if _whatever_floors_are(poly):
            return True
        bound = _below(poly, floor)
        return bound is not None and plainly_nonnegative(bound)
    dims = poly.dims()
    if any(not isinstance(atom, Dim) for atom in poly.atoms(deep=False)):
        return False
    if sum(prod(power + 1 for _, power in monomial) for monomial, _ in poly.terms) > _TERMS:
        return _covered(poly)
    shifted = poly.substitute({dim: Poly.of(dim) + 1 for dim in dims})
    return all(coefficient > 0 for _, coefficient in shifted.terms)


def _whatever_floors_are(poly: Poly) -> bool:
    """Whether the polynomial is >= 0 for all sizes >= 1 and floors >= 0, which they all are."""
    floors = [atom for atom in poly.atoms(deep=False) if isinstance(atom, Floor)]
    if not all(plainly_nonnegative(f.numerator) and plainly_nonnegative(f.denominator - 1) for f in floors):
        return False
    names: dict[Atom, Atom] = {floor: Dim(f"~{place}") for place, floor in enumerate(floors)}
    plain = ZERO
    for monomial, coefficient in poly.terms:
        term = Poly.of(coefficient)
        for atom, power in monomial:
            term = term * Poly.of(names.get(atom, atom)) ** power
        plain = plain + term
    if any(not isinstance(atom, Dim) for atom in plain.atoms(deep=False)):
        return False
    shifted = plain.substitute({dim: Poly.of(dim) + 1 for dim in plain.dims() if dim not in names.values()})
    return all(coefficient > 0 for _, coefficient in shifted.terms)


def _below(poly: Poly, floor: Floor) -> Poly | None:
    """No more than a positive multiple of the polynomial, without the floor, which is between 0 and its quotient."""
    above, below = floor.numerator, floor.denominator
    if not (plainly_nonnegative(above) and plainly_nonnegative(below - 1)):
        return None
    terms = [(dict(monomial).get(floor, 0), monomial, coefficient) for monomial, coefficient in poly.terms]
    most = max((power for power, _, coefficient in terms if coefficient < 0), default=0)
    total = ZERO
    for power, monomial, coefficient in terms:
        if not power or coefficient < 0:
            rest = Poly({tuple((atom, times) for atom, times in monomial if atom is not floor): coefficient})
            total = total + rest * above**power * below ** (most - power)
    return total


def _covered(poly: Poly) -> bool:
    """Whether each negative monomial divides positive ones that outweigh it: of sizes >= 1 the multiple is no less."""
    left = {monomial: coefficient for monomial, coefficient in poly.terms if coefficient > 0}
    for below, coefficient in poly.terms:
        needed = -coefficient
        for above in [monomial for monomial in left if needed > 0 and _divides(below, monomial)]:
            used = min(needed, left[above])
            left[above] -= used
            needed -= used
        if needed > 0:
            return False
    return True


def _divides(below: Monomial, above: Monomial) -> bool:
    powers = dict(above)
    return all(powers.get(atom, 0) >= power for atom, power in below)

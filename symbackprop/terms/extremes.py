"""How far a polynomial goes while its indices run over their ranges."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from symbackprop.terms.poly import Index, Poly
from symbackprop.terms.prove import Facts
from symbackprop.terms.term import Axis


def highest_value(
    poly: Poly,
    ranges: Mapping[Index, Axis],
    facts: Facts,
    either: Callable[[Poly, Poly], Poly] | None = None,
) -> Poly | None:
    """A polynomial in sizes that `poly` never exceeds: its value at an end of each range. None where it is not affine.

    `either`: what is no less than the values at both ends, where it is not known which is the higher; without it None.
    """
    while poly.indices():
        index = poly.indices()[-1]  # the bounds of inner loops and axes may hold outer variables
        if not poly.is_affine:
            return None
        axis, coefficient = ranges[index], poly.coefficient(index)
        rest = poly - coefficient * Poly.of(index)
        if facts.proves(coefficient):
            poly = rest + coefficient * axis.high
        elif facts.proves(-coefficient):
            poly = rest + coefficient * axis.low
        elif either is not None:
            poly = rest + either(coefficient * axis.low, coefficient * axis.high)
        else:
            return None
    return poly


__all__ = ["highest_value"]

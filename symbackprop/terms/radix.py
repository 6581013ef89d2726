"""Subscripts as numbers in a mixed radix, and which positions of axes they tell apart.

subscript ::= low + weight*digit + ... + weight*digit        a digit for each axis, counted from 0
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from symbackprop.terms.poly import ZERO, Poly
from symbackprop.terms.prove import Facts
from symbackprop.terms.term import Axis

Digit = tuple[Poly, Poly]  # (weight, how many values it has)


def undetermined(facts: Facts, subscripts: Sequence[Poly], axes: Sequence[Axis]) -> list[Axis]:
    """The axes that the subscripts do not determine: at two of their positions an element may be the same."""
    unknown = list(axes)
    progress = True
    while unknown and progress:
        progress = False
        for subscript in subscripts:
            mine = [axis for axis in unknown if axis.index in subscript.indices()]
            if mine and _are_digits(facts, subscript, mine):
                unknown = [axis for axis in unknown if axis not in mine]
                progress = True
    return unknown


def digits_of(subscript: Poly, axes: Sequence[Axis], facts: Facts) -> tuple[Poly, list[Digit]]:
    """(low, the digits of the axes); an axis along which the subscript falls is counted from its end."""
    low, digits = subscript.without_indices(), list[Digit]()
    for axis in axes:
        weight = subscript.coefficient(axis.index)
        falls = facts.proves(-weight - 1)
        low = low + weight * (axis.high if falls else axis.low)
        digits.append((-weight if falls else weight, axis.extent))
    return low, digits


def reach_of(digits: Sequence[Digit], fits: Callable[[Poly, Poly, Sequence[Digit]], bool]) -> Poly | None:
    """How far the digits go together, put one above the other as they fit: `fits(weight, reach of those below,
    those left)`; None where none does."""
    left, reach = list(digits), ZERO
    while left:
        found = next((digit for digit in left if fits(digit[0], reach, left)), None)
        if found is None:
            return None
        left.remove(found)
        reach = reach + found[0] * (found[1] - 1)
    return reach


def _are_digits(facts: Facts, subscript: Poly, axes: Sequence[Axis]) -> bool:
    """Whether c1*p1 + c2*p2 + ... differs wherever the positions do: each coefficient exceeds what those before it
    reach together, the lowest first."""
    _, digits = digits_of(subscript, axes, facts)
    if not all(facts.proves(weight - 1) for weight, _ in digits):
        return False

    def fits(weight: Poly, reach: Poly, left: Sequence[Digit]) -> bool:
        return facts.proves(weight - reach - 1) and all(facts.proves(other - weight) for other, _ in left)

    return reach_of(digits, fits) is not None


__all__ = ["Digit", "digits_of", "reach_of", "undetermined"]

"""Which positions of axes subscripts tell apart: of those that stand in them as the digits of a mixed radix do."""

from __future__ import annotations

from collections.abc import Sequence

from symbackprop.terms.poly import ZERO, Poly
from symbackprop.terms.prove import Facts
from symbackprop.terms.term import Axis


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


def _are_digits(facts: Facts, subscript: Poly, axes: Sequence[Axis]) -> bool:
    """Whether c1*p1 + c2*p2 + ... differs wherever the positions do: each coefficient exceeds what those before it
    reach together."""
    remaining = []
    for axis in axes:
        coefficient = subscript.coefficient(axis.index)
        if facts.proves(-coefficient - 1):
            coefficient = -coefficient
        elif not facts.proves(coefficient - 1):
            return False
        remaining.append((coefficient, axis))
    reach = ZERO
    while remaining:
        found = next((item for item in remaining if facts.proves(item[0] - reach - 1)
                      and all(facts.proves(other[0] - item[0]) for other in remaining)), None)  # fmt: skip
        if found is None:
            return False
        remaining.remove(found)
        reach = reach + found[0] * (found[1].extent - 1)
    return True


__all__ = ["undetermined"]

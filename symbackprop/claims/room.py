"""Sizes with room to tell: where no proof is for all sizes, equality is looked at where each index of a claim takes
several values, more than any number that a condition compares indices or sizes with, and indices of different ranges
different numbers of them. (A sum over one position hides which one; below 16 steps nothing reads 16 steps back.)"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from symbackprop.claims.ground import Ground
from symbackprop.feasible.size_conditions import conditions_of, first_failure
from symbackprop.terms.conditions import integer_condition
from symbackprop.terms.poly import Poly
from symbackprop.terms.program import Equation
from symbackprop.terms.term import Compare, Number, Reduce, Term, subterms
from symbackprop.verify.work import work

_LEAST = 2  # values of an index
_MOVES = 200  # of single sizes, before the search is given up
WORK = 1_500_000  # as `verify.work` counts it: some seconds


def extents_of(equation: Equation, derived: Term) -> tuple[Poly, ...]:
    """The numbers of values, in the sizes, that the indices of a claim and of what was derived take."""
    sums = (inner for term in (equation.rhs, derived) for inner in subterms(term) if isinstance(inner, Reduce))
    axes = (*equation.axes, *(axis for reduction in sums for axis in reduction.axes))
    return tuple(dict.fromkeys(axis.extent for axis in axes if axis.extent.constant is None))


def reach_of(ground: Ground, equation: Equation) -> int:
    """The largest number that the claim, the network or its δ compare indices or sizes with, at least 1."""
    numbers = [1]
    for each in (equation, *ground.program.equations, *ground.backward.equations):
        numbers += [abs(end.constant_part) for axis in each.axes for end in (axis.low, axis.high)]
        for term in subterms(each.rhs):
            integer = integer_condition(term) if isinstance(term, Compare) else None
            if integer is not None:
                numbers.append(abs(integer[1].constant_part))
            elif isinstance(term, Reduce):
                numbers += [abs(end.constant_part) for axis in term.axes for end in (axis.low, axis.high)]
    return max(numbers)


def have_room(extents: Sequence[Poly], sizes: Mapping[str, int], reach: int = 1) -> bool:
    """Whether every extent is more than `reach`, and each another number."""
    values = [_value(extent, sizes) for extent in extents]
    return min(values, default=reach + 1) > reach and len(set(values)) == len(values)


def roomy_sizes(
    ground: Ground, extents: Sequence[Poly], start: Mapping[str, int], reach: int = 1
) -> dict[str, int] | None:
    """Sizes with room, from `start` on; None where there are none that can be interpreted in a few seconds."""
    least = dict.fromkeys(extents, max(_LEAST, reach + 1))
    for high, number in bounds_compared(ground).items():
        least[high] = max(least.get(high, 0), number + 2)
    sizes = _roomy(ground, extents, start, least)
    if sizes is None or max(work(each, sizes) for each in (ground.program, ground.backward)) > WORK:
        return None
    return sizes


def bounds_compared(ground: Ground) -> dict[Poly, int]:
    """Bounds of integer inputs in the sizes, with the largest number that such an input is compared with: below it the
    case where they are equal never comes up."""
    highs = {tensor.name: tensor.high for tensor in ground.program.tensors if tensor.high is not None}
    found: dict[Poly, int] = {}
    for equation in (*ground.program.equations, *ground.equations):
        for term in subterms(equation.rhs):
            if not isinstance(term, Compare) or integer_condition(term) is not None:
                continue
            numbers = [abs(int(part.value)) for part in subterms(term) if isinstance(part, Number)]
            for high in (highs[name] for name in term.tensors & highs.keys()):
                if high.constant is None and numbers:
                    found[high] = max(found.get(high, 0), *numbers)
    return found


def _roomy(
    ground: Ground, extents: Sequence[Poly], start: Mapping[str, int], least: Mapping[Poly, int]
) -> dict[str, int] | None:
    """`least`: values of polynomials in the sizes, those of the extents among them."""
    conditions, sizes = conditions_of(ground.program, allow_empty=False), dict(start)
    for _ in range(_MOVES):
        values = [_value(extent, sizes) for extent in extents]
        tight = [poly for poly, most in least.items() if _value(poly, sizes) < most]
        tight += [e for place, e in enumerate(extents) if values[place] in values[:place]]
        failure = first_failure(conditions, sizes)
        if not tight and failure is None:
            return sizes
        poly = tight[0] if tight else failure.poly if failure is not None else None
        grown = None if poly is None else _grown(poly, sizes)
        if grown is None:
            return None
        sizes = grown
    return None


def _grown(poly: Poly, sizes: dict[str, int]) -> dict[str, int] | None:
    """With the smallest size raised that makes the polynomial larger."""
    for step in (1, 2, 3):
        for name in sorted({dim.name for dim in poly.dims()}, key=lambda name: (sizes[name], name)):
            larger = {**sizes, name: sizes[name] + step}
            if _value(poly, larger) > _value(poly, sizes):
                return larger
    return None


def _value(poly: Poly, sizes: Mapping[str, int]) -> int:
    return poly.evaluate(lambda atom: sizes[atom.name])

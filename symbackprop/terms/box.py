"""Boxes of positions with symbolic ends: those of an equation's left side, and how several join to one.

Grammar::

    box         ::= a progression for each axis of the tensor
    progression ::= base + stride*m for m in 0..count-1
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import permutations, product
from math import prod

from symbackprop.terms.poly import ONE, ZERO, Floor, Index, Poly, floor_div
from symbackprop.terms.program import Equation
from symbackprop.terms.prove import Facts
from symbackprop.terms.radix import Digit, digits_of
from symbackprop.terms.rewrite import ranges_of
from symbackprop.terms.term import Axis


@dataclass(frozen=True, slots=True)
class Progression:
    base: Poly
    stride: Poly
    count: Poly

    @property
    def after(self) -> Poly:
        """The position that would come next."""
        return self.base + self.stride * self.count

    def __str__(self) -> str:
        step = "" if self.stride == ONE else f" in steps of {self.stride}"
        return f"{self.base}..{self.after - self.stride}{step}"


Box = tuple[Progression, ...]


def box_text(box: Box) -> str:
    return "[" + ", ".join(map(str, box)) + "]"


# --- boxes of one left side ----------------------------------------------------------------------------
def boxes_of(equation: Equation, facts: Facts) -> list[Box] | None:
    """The boxes that a left side covers, each position once; None where it has no such form."""
    ranges = ranges_of(equation.axes)
    used: set[Index] = set()
    dimensions: list[list[Progression]] = []
    for subscript in equation.subscripts:
        if not isinstance(subscript, Poly) or not subscript.is_affine:
            return None
        indices = subscript.indices()
        if used.intersection(indices) or not ranges.keys() >= set(indices):
            return None
        used.update(indices)
        progressions = _progressions(subscript, [ranges[index] for index in indices], facts)
        if progressions is None:
            return None
        dimensions.append(progressions)
    if any(axis.index not in used and axis.extent != ONE for axis in equation.axes):
        return None
    return [tuple(box) for box in product(*dimensions)]


def _progressions(subscript: Poly, axes: Sequence[Axis], facts: Facts) -> list[Progression] | None:
    base, every = digits_of(subscript, axes, facts)  # of weights at least 0, or no part below is tight
    digits = [digit for digit in every if digit[1] != ONE]
    tight = _tight(base, digits, facts)
    if tight is not None:
        return [tight]
    # An index with a small plain range may be unrolled: 3*r + p for p = 0, 1 is 3*r and 3*r + 1.
    for place, (weight, count) in enumerate(digits):
        plain = count.constant
        if plain is not None and plain <= 16:
            rest = digits[:place] + digits[place + 1 :]
            parts = [_tight(base + weight * value, rest, facts) for value in range(plain)]
            found = [part for part in parts if part is not None]
            return found if len(found) == plain else None
    return None


def _tight(base: Poly, digits: Sequence[Digit], facts: Facts) -> Progression | None:
    """A mixed radix without gaps: each digit's weight is the weight times the count of the digit below it.

    The lowest weight is at least 1. One above may be 0: then a count below is 0, and no position is covered at all.
    """
    if not digits:
        return Progression(base, ONE, ONE)
    for order in permutations(digits) if len(digits) <= 4 else (tuple(digits),):
        below, total = order[0]
        if not facts.proves(below - 1):
            continue
        count = total
        for weight, extent in order[1:]:
            if not facts.proves_zero(weight - below * count):
                break
            count = count * extent
        else:
            return Progression(base, below, count)
    return None


# --- joining boxes -------------------------------------------------------------------------------------
def joined(boxes: Sequence[Box], facts: Facts) -> Box | None:
    """One box with strides 1, or None."""
    left = list(boxes)
    while len(left) > 1:
        joined = _join_once(left, facts)
        if joined is None:
            return None
        left = joined
    if left and all(progression.stride == ONE or progression.count == ONE for progression in left[0]):
        return tuple(replace(progression, stride=ONE) for progression in left[0])
    return None


def _join_once(boxes: list[Box], facts: Facts) -> list[Box] | None:
    for place, box in enumerate(boxes):
        for axis in range(len(box)):
            alike = [
                other for other in range(len(boxes)) if other != place and _same_but(box, boxes[other], axis, facts)
            ]
            for members, joined in _joins(box[axis], [(other, boxes[other][axis]) for other in alike], facts):
                gone = {place, *members}
                whole = (*box[:axis], joined, *box[axis + 1 :])
                return [other for number, other in enumerate(boxes) if number not in gone] + [whole]
    return None


def _same_but(box: Box, other: Box, axis: int, facts: Facts) -> bool:
    return all(
        place == axis
        or (
            facts.proves_zero(a.base - b.base)
            and facts.proves_zero(a.count - b.count)
            and (a.stride == b.stride or a.count == ONE)
        )
        for place, (a, b) in enumerate(zip(box, other, strict=True))
    )


def _joins(
    first: Progression, others: Sequence[tuple[int, Progression]], facts: Facts
) -> Iterator[tuple[list[int], Progression]]:
    """Progressions that start with `first` and go on with one or several of the others."""
    for number, other in others:  # end to end
        stride = other.stride if first.count == ONE else first.stride
        fits = other.stride == stride or other.count == ONE
        if first.count == ONE and other.count == ONE:
            stride = other.base - first.base
            if not facts.proves(stride - 1):
                continue
        if fits and facts.proves_zero(other.base - first.base - stride * first.count):
            yield [number], Progression(first.base, stride, first.count + other.count)
    for _, second in others:  # interleaved: base, base + step, base + 2*step, ... below base + stride
        step = second.base - first.base
        if not facts.proves(step - 1) or second.stride != first.stride:
            continue
        if step.constant is not None and step.constant < 1:  # of what there is nothing, all is proved
            continue
        ways = floor_div(first.stride, step).constant
        if ways is None or ways < 2 or ways > 64 or step * ways != first.stride:
            continue
        members: list[int] = []
        count, last = first.count, first.count
        for way in range(1, ways):
            found = next(
                (
                    (number, other)
                    for number, other in others
                    if other.stride == first.stride
                    and facts.proves_zero(other.base - first.base - step * way)
                    and facts.proves(last - other.count)
                    and facts.proves(other.count + 1 - first.count)
                ),
                None,
            )
            if found is None:
                break
            members.append(found[0])
            last = found[1].count
            count = count + last
        else:
            yield members, Progression(first.base, step, count)


def hull_of(boxes: Sequence[Box], facts: Facts) -> Box | None:
    """Pairwise disjoint boxes whose volumes add up to that of their hull cover it exactly."""
    hull: list[Progression] = []
    for progressions in zip(*boxes, strict=True):
        low = _extreme([p.base for p in progressions], lambda a, b: facts.proves(b - a))
        high = _extreme([p.after - p.stride for p in progressions], lambda a, b: facts.proves(a - b))
        if low is None or high is None:
            return None
        hull.append(Progression(low, ONE, high - low + 1))
    whole, *parts = (prod((progression.count for progression in box), start=ONE) for box in (hull, *boxes))
    if not facts.proves_zero(whole - sum(parts, ZERO)):
        return None
    for place, box in enumerate(boxes):
        for other in boxes[:place]:
            if not any(
                facts.proves(a.base - b.after + b.stride - 1) or facts.proves(b.base - a.after + a.stride - 1)
                for a, b in zip(box, other, strict=True)
            ):
                return None
    return tuple(hull)


def _extreme(polys: Sequence[Poly], beats: Callable[[Poly, Poly], bool]) -> Poly | None:
    return next((poly for poly in polys if all(beats(poly, other) for other in polys)), None)


def simpler_sum(count: Poly, facts: Facts) -> Poly:
    """The count without floors where they add up: (N + 1)//2 + N//2 is N (Hermite's identity)."""
    plain = ZERO
    denominator = 1
    for monomial, coefficient in count.terms:
        match monomial:
            case ((Floor(numerator, below), 1),) if below.constant is not None:
                plain = plain * below.constant + numerator * (coefficient * denominator)
                denominator *= below.constant
            case _:
                plain = plain + Poly({monomial: coefficient * denominator})
    if denominator == 1:
        return count
    about = floor_div(plain - plain.constant_part, Poly.of(denominator))
    if any(isinstance(atom, Floor) for atom in about.atoms()):
        return count
    candidates = (about + offset + plain.constant_part // denominator for offset in (0, -1, 1))
    return next((candidate for candidate in candidates if facts.proves_zero(count - candidate)), count)


__all__ = ["Box", "Progression", "box_text", "boxes_of", "hull_of", "joined", "simpler_sum"]

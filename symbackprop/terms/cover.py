"""Which positions the left sides of a tensor's `=` equations define, and the proof that each is defined once.

An equation's left side covers one box (see `box`; or a few, where an index with a small plain range is unrolled):
`c - i` runs backwards, `(c*H + h)*W + w` is a mixed radix, its digits tight. Boxes are then joined, two that lie end to
end or several that interleave (`2*r` beside `2*r + 1`), until one is left, with strides 1. Where no two can be joined
(as in a pinwheel), pairwise disjoint boxes inside a hull of the same volume cover it exactly. What fails is explained
by an example at small sizes, found by plain enumeration.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from symbackprop.terms.box import Box, box_text, boxes_of, hull_of, joined, simpler_sum
from symbackprop.terms.poly import Dim, Index, Poly
from symbackprop.terms.program import Equation
from symbackprop.terms.prove import Facts
from symbackprop.terms.show import show


@dataclass(frozen=True, slots=True)
class Cover:
    """The tensor's positions along axis d are origin[d] .. origin[d] + shape[d] - 1, each defined exactly once for
    all sizes at which the polynomials of `needs` are >= 0 (what could not be proved: ranges of negative extent)."""

    origin: tuple[Poly, ...]
    shape: tuple[Poly, ...]
    needs: tuple[Poly, ...] = ()


@dataclass(frozen=True, slots=True)
class Overlap:
    """Two equations (or one twice) define a position, as at these sizes."""

    first: Equation
    second: Equation
    position: tuple[int, ...]
    sizes: dict[str, int]


@dataclass(frozen=True, slots=True)
class Gap:
    """No equation defines a position between the lowest and the highest, as at these sizes."""

    position: tuple[int, ...]
    sizes: dict[str, int]


@dataclass(frozen=True, slots=True)
class Unproved:
    """No proof and no counterexample; `reason` says in words what stood in the way."""

    reason: str


def cover(equations: Sequence[Equation], facts: Facts | None = None) -> Cover | Overlap | Gap | Unproved:
    """The box that the equations' left sides cover exactly once together, or why there is none.

    `facts`: what is known of the sizes. Left subscripts must be polynomials; those of a gather are `Unproved`.
    """
    facts = facts or Facts()
    needs: list[Poly] = []
    boxes: list[Box] = []
    for equation in equations:
        for axis in equation.axes:
            if not facts.proves(axis.extent):
                needs.append(axis.extent)
    known = facts.nonnegative_too(needs)
    for equation in equations:
        found = boxes_of(equation, known)
        if found is None:
            return _counterexample(equations, known) or Unproved(
                f"the left side {show(equation.lhs)} is not a box, whose subscripts each run over a range in even steps"
            )
        boxes += found
    single = joined(boxes, known) or hull_of(boxes, known)
    if single is None:
        return _counterexample(equations, known) or Unproved(
            "its parts " + ", ".join(box_text(box) for box in boxes) + " could not be joined to one whole"
        )
    shape = tuple(simpler_sum(progression.count, known) for progression in single)
    return Cover(tuple(progression.base for progression in single), shape, tuple(dict.fromkeys(needs)))


# --- examples of what is wrong -------------------------------------------------------------------------
_SIZES = (1, 2, 3, 4, 6)
_BUDGET = 30_000


def _counterexample(equations: Sequence[Equation], facts: Facts) -> Overlap | Gap | None:
    polys = [p for e in equations for a in e.axes for p in (a.low, a.high)]
    polys += [s for e in equations for s in e.subscripts if isinstance(s, Poly)]
    dims = dict.fromkeys(dim for poly in (*polys, *facts.nonnegative) for dim in poly.dims())
    if any(not isinstance(subscript, Poly) for e in equations for subscript in e.subscripts):
        return None
    budget = _BUDGET
    choices = sorted(product(_SIZES, repeat=min(len(dims), 5)), key=lambda choice: (sum(choice), choice))
    for choice in choices:
        padded = (*choice, *(2 for _ in range(len(dims) - len(choice))))
        sizes: dict[Dim | Index, int] = dict(zip(dims, padded, strict=True))
        if not all(_evaluate(fact, sizes) >= 0 for fact in facts.nonnegative):
            continue
        writers: dict[tuple[int, ...], Equation] = {}
        for equation in equations:
            for position in _positions(equation, sizes):
                budget -= 1
                if budget < 0:
                    return None
                if position in writers:
                    return Overlap(writers[position], equation, position, _named(sizes))
                writers[position] = equation
        spans = [range(min(places), max(places) + 1) for places in zip(*writers, strict=True)]
        for position in product(*spans) if writers else ():
            if position not in writers:
                return Gap(position, _named(sizes))
    return None


def _named(sizes: dict[Dim | Index, int]) -> dict[str, int]:
    return {atom.name: value for atom, value in sizes.items()}


def _evaluate(poly: Poly, values: dict[Dim | Index, int]) -> int:
    return poly.evaluate(values.__getitem__)


def _positions(equation: Equation, sizes: dict[Dim | Index, int]) -> Iterator[tuple[int, ...]]:
    ranges = [range(_evaluate(axis.low, sizes), _evaluate(axis.high, sizes) + 1) for axis in equation.axes]
    for values in product(*ranges):
        known = dict(sizes)
        known.update(zip((axis.index for axis in equation.axes), values, strict=True))
        yield tuple(_evaluate(subscript, known) for subscript in equation.subscripts if isinstance(subscript, Poly))


__all__ = ["Cover", "Gap", "Overlap", "Unproved", "cover"]

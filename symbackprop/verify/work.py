"""What a program costs to interpret."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from symbackprop.terms.poly import Poly
from symbackprop.terms.program import Program
from symbackprop.terms.term import Axis, Reduce, Term, children_of
from symbackprop.terms.walks import shared


class Work:
    """About how many terms one interpretation of a program visits, as a function of the sizes.

    A term that stands in several places of an equation is visited once for each position of its own indices: its last
    value is kept.
    """

    def __init__(self, program: Program) -> None:
        self._totals: dict[tuple[Poly, ...], int] = {}  # terms visited once for each position of the extents
        for equation in program.equations:
            outer = tuple(axis.extent for axis in equation.axes)
            for axes in _visits(equation.rhs):
                extents = (*outer, *(axis.extent for axis in axes))
                self._totals[extents] = self._totals.get(extents, 0) + 1

    def __call__(self, sizes: Mapping[str, int]) -> int:
        extents: dict[Poly, int] = {}
        total = 0
        for polys, count in self._totals.items():
            for poly in polys:
                if poly not in extents:
                    extents[poly] = max(0, poly.evaluate(lambda size: sizes[size.name]))
                count *= extents[poly]
            total += count
        return total


def _visits(root: Term) -> Iterator[tuple[Axis, ...]]:
    """For each visit of a term, the axes of the reductions at whose positions it takes place."""
    several = shared(root)
    seen: set[tuple[Term, tuple[Axis, ...]]] = set()
    stack: list[tuple[Term, tuple[Axis, ...]]] = [(root, ())]
    while stack:
        term, axes = stack.pop()
        if term in several:
            axes = tuple(axis for axis in axes if axis.index in term.free)
            if (term, axes) in seen:
                continue
            seen.add((term, axes))
        if isinstance(term, Reduce):
            axes = (*axes, *term.axes)
        yield axes
        stack.extend((child, axes) for child in children_of(term))


def work(program: Program, sizes: Mapping[str, int]) -> int:
    """About how many terms one interpretation visits."""
    return Work(program)(sizes)

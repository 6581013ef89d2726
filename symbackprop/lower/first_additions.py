"""What is added to elements that are still 0 is what they are.

    y = 0                              becomes   y = 0
    y[2*h] += f(h)                               y[2*h] = f(h)
    y[2*h + 1] += g(h)                           y[2*h + 1] = g(h)
    y[2*h + 2] += k(h)                           y[2*h + 2] += k(h)

where no two positions of the step meet, and where it meets none that an earlier step wrote. The zeros stay, for the
elements that no step reaches.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from math import gcd
from typing import TypeAlias

from symbackprop.lower.value_walks import steps_in
from symbackprop.lower.values import Clear, Define, Function, If, Loop, Step, Value
from symbackprop.terms.poly import Poly
from symbackprop.terms.program import Op
from symbackprop.terms.prove import Facts
from symbackprop.terms.radix import undetermined

Subscripts: TypeAlias = tuple[Poly | Value, ...]


def assign_first_additions(function: Function) -> Function:
    """The function with an assignment for each addition to zeros alone."""
    return replace(function, body=tuple(_Zeros().steps(function.body, function.facts)))


class _Zeros:
    """`written`: of each tensor that was cleared, the subscripts that have been written since."""

    def __init__(self) -> None:
        self.written: dict[str, list[Subscripts]] = {}

    def steps(self, body: Iterable[Step], facts: Facts) -> Iterator[Step]:
        for step in body:
            match step:
                case Clear(tensor):
                    self.written[tensor] = []
                    yield step
                case Define(tensor, subscripts) if tensor in self.written:
                    first = self._is_first(step, facts)
                    self.written[tensor].append(subscripts)
                    yield replace(step, op=Op.ASSIGN) if first else step
                case If(condition, inner):
                    yield replace(step, body=tuple(self.steps(inner, facts.assume(condition))))
                case Loop():
                    for each in steps_in(step.body):  # of which another turn may write the same elements
                        if isinstance(each, Define | Clear):
                            self.written.pop(each.tensor, None)
                    yield step
                case _:
                    yield step

    def _is_first(self, step: Define, facts: Facts) -> bool:
        if step.op is not Op.ACCUMULATE or step.padded:
            return False
        subscripts = [subscript for subscript in step.subscripts if isinstance(subscript, Poly)]
        left = [axis for axis in step.axes if axis.index in step.left]
        return (
            len(subscripts) == len(step.subscripts)
            and all(_apart(subscripts, other) for other in self.written[step.tensor])
            and not undetermined(facts, subscripts, left)
        )


def _apart(one: Sequence[Poly], other: Subscripts) -> bool:
    """Whether elements of the one are never elements of the other: along some dimension they differ whatever the
    positions of their axes, as 2*h and 2*h + 1 do."""
    return any(isinstance(there, Poly) and _differ(here, there) for here, there in zip(one, other, strict=True))


def _differ(one: Poly, other: Poly) -> bool:
    """Whether the polynomials, each at any position of its own axes, are never equal: their numbers differ by what is
    no multiple of all their steps."""
    step = 0
    for poly in (one, other):
        for index in poly.indices():
            coefficient = poly.coefficient(index).constant
            if coefficient is None:
                return False
            step = gcd(step, coefficient)
    distance = (one.without_indices() - other.without_indices()).constant
    return distance is not None and (distance % step != 0 if step else distance != 0)


__all__ = ["assign_first_additions"]

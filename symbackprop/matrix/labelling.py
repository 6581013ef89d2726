"""Which classes of axes are to be labels, for what the equations of a program demand.

Sets of classes are integers, bit by bit: many thousands of choices are looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from math import sqrt

Labels = int  # a set of classes
Axes = tuple[Labels, ...]  # the class of each axis, a set of one, in ascending order
_LEAVES = 200  # choices that meet the demands, of which
_STARTS = 8  # the best are improved
_CANDIDATES = 4  # and the best of these returned
_GAIN = 1e-9  # of a move that is worth its while


@dataclass(frozen=True, slots=True)
class Demand:
    """An equation in classes: the axes of each tensor that it reads or writes, those that it sums or reduces over, and
    the classes that must be labels."""

    elements: tuple[Axes, ...]
    reduced: Axes
    labels: Labels

    def value(self, labels: Labels) -> float:
        """0 without a matrix form; 1 where every tensor is a matrix, or the vector or number that it is anyway, and
        every sum a product of matrices."""
        if self.labels & ~labels:
            return 0.0
        total = 0.0
        for element in self.elements:
            free = _free(element, labels)
            if free > 2:
                return 0.0
            total += free / min(2, len(element))
        if not self.elements:
            return 1.0
        inside = _free(self.reduced, labels) / len(self.reduced) if self.reduced else 1.0
        return sqrt(total / len(self.elements)) * (1 + 3 * inside) / 4


def _free(axes: Axes, labels: Labels) -> int:
    """How many of the axes are no labels."""
    return sum([not axis & labels for axis in axes])


def choices(demands: Mapping[Demand, int]) -> list[Labels]:
    """Classes to be labels, the likeliest first: choices that meet the demands, and those reached from them by
    improving a class at a time. `demands`: each with how often it is made."""

    @cache
    def score(labels: Labels) -> float:
        return sum([times * demand.value(labels) for demand, times in demands.items()])

    forced = 0
    for demand in demands:
        forced |= demand.labels
    starts = [labels for start in (forced, 0) for labels in _within_two(start, demands)]
    found: dict[Labels, None] = {}
    near = _neighbours(demands)
    for start in sorted(starts, key=score, reverse=True)[:_STARTS]:
        found.update({start: None, _improved(start, near, score): None})
    return sorted(found, key=score, reverse=True)[:_CANDIDATES]


def _improved(labels: Labels, near: Mapping[Labels, Labels], score: Callable[[Labels], float]) -> Labels:
    """What is reached by the best move at a time."""
    while True:
        better = max(_moves(labels, near), key=score, default=labels)
        if score(better) <= score(labels) + _GAIN:
            return labels
        labels = better


def _within_two(start: Labels, demands: Mapping[Demand, int]) -> Iterator[Labels]:
    """Choices that contain `start` and leave every tensor at most two axes: depth first, each once."""
    elements = list(dict.fromkeys(element for demand in demands for element in demand.elements if len(element) > 2))
    seen = {start}
    stack = [start]
    leaves = 0
    while stack and leaves < _LEAVES:
        labels = stack.pop()
        wide = next((element for element in elements if _free(element, labels) > 2), None)
        if wide is None:
            leaves += 1
            yield labels
            continue
        for axis in wide:
            if labels | axis not in seen:
                seen.add(labels | axis)
                stack.append(labels | axis)


def _neighbours(demands: Mapping[Demand, int]) -> dict[Labels, Labels]:
    """For each class those that stand beside it in some tensor."""
    near: dict[Labels, Labels] = {}
    for demand in demands:
        for element in demand.elements:
            for axis in element:
                near[axis] = near.get(axis, 0) | sum({*element} - {axis})
    return near


def _moves(labels: Labels, near: Mapping[Labels, Labels]) -> Iterator[Labels]:
    """One class changed, or a label exchanged with a class beside it."""
    for bit, others in near.items():
        yield labels ^ bit
        if labels & bit:
            for other in _bits(others & ~labels):
                yield labels & ~bit | other


def _bits(labels: Labels) -> Iterator[Labels]:
    while labels:
        bit = labels & -labels
        yield bit
        labels &= labels - 1

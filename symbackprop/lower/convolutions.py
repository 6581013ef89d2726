"""Convolutions among the sums of products: data that a window moves along, by what only parameters decide.

z[n, f, h] = Σ_{c,i} K[f, c, i]*x[n, c, h + i]           the sum runs over the offset i
x[n, c, h + i] += Σ_f K[f, c, i]*z[n, f, h]              the transpose: its left side is what is moved along
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import TypeAlias

from symbackprop.lower.value_subscripts import Subscripts, indices_of
from symbackprop.lower.value_walks import always_computed, computed_in, steps_in
from symbackprop.lower.values import Bind, Contract, Define, Function, Read, Step, Value, inside
from symbackprop.terms.poly import Index, Poly
from symbackprop.terms.program import TensorKind

Dimension: TypeAlias = tuple[str, int]  # of a tensor


class Role(IntEnum):
    """Of a dimension, in the order in which they lie in memory."""

    ROW = 0  # the first of several along which windows move
    CHANNEL = 1
    UNKNOWN = 2
    SPACE = 3
    BATCH = 4


@dataclass(frozen=True, slots=True)
class Convolution:
    """Σ of moving*kernel. `moved`: the axes of windows; `sides`: the subscripts of what moves and of the left side."""

    step: Define
    moving: Value
    kernel: Value
    moved: frozenset[Index]
    sides: tuple[tuple[str, Subscripts], ...]

    def role(self, axes: frozenset[Index]) -> Role:
        """Of a dimension along which these run."""
        if axes & self.moved:
            return Role.SPACE
        return Role.BATCH if axes <= self.moving.axes and not axes & self.kernel.axes else Role.CHANNEL

    @property
    def by_channels(self) -> bool:
        """Whether it is one for each channel: both factors have an axis that is not summed over."""
        return bool(self.kernel.axes & self.moving.axes & self.step.left)


class Convolutions:
    """Those of a module. `data`: the tensors that not parameters alone decide."""

    def __init__(self, functions: Iterable[Function]) -> None:
        self.functions = tuple(functions)
        self.data = self._data()

    def of(self, step: Step) -> Iterator[Convolution]:
        """The sums of products in which a window moves, of data by what is none."""
        if not isinstance(step, Define):
            return
        for part in inside(step.value, always_computed):
            if not isinstance(part, Contract) or len(part.factors) != 2:
                continue
            if not _may_move(step, part):
                continue
            moving, kernel = part.factors
            if self.is_data(kernel):
                moving, kernel = kernel, moving
            if not self.is_data(moving) or self.is_data(kernel):
                continue
            sides = [(read.tensor, read.subscripts) for read in inside(moving) if isinstance(read, Read)]
            sides.append((step.tensor, step.subscripts))
            moved = _moved(part, moving, kernel, [subscripts for _, subscripts in sides])
            if moved:
                yield Convolution(step, moving, kernel, frozenset(moved), tuple(sides))

    def _data(self) -> set[str]:
        """The tensors that not parameters alone decide."""
        steps = [step for function in self.functions for step in steps_in(function.body)]
        found = {
            tensor.name for function in self.functions for tensor in function.tensors.values()
            if tensor.kind in (TensorKind.INPUT, TensorKind.RANDOM, TensorKind.COTANGENT)
        }  # fmt: skip
        for step in steps:
            if isinstance(step, Define | Bind) and any(read.tensor in found for read in reads_of(step)):
                found.add(name_of(step))
        return found

    def is_data(self, value: Value) -> bool:
        """Whether data decide the value."""
        return any(isinstance(part, Read) and part.tensor in self.data for part in inside(value))


def name_of(step: Step) -> str:
    """What the step gives a value to."""
    return step.tensor if isinstance(step, Define) else step.name if isinstance(step, Bind) else ""


def left_of(step: Define | Bind) -> Subscripts:
    """Where it stands there."""
    return step.subscripts if isinstance(step, Define) else [Poly.of(index) for index in step.outer]


def reads_of(step: Step) -> list[Read]:
    """What the step reads."""
    return [part for value in computed_in(step) for part in inside(value) if isinstance(part, Read)]


def _may_move(step: Define, part: Contract) -> bool:
    """Whether several axes run along one dimension."""
    reads = (inner.subscripts for inner in inside(part) if isinstance(inner, Read))
    return any(len(indices_of(s)) > 1 for subscripts in (step.subscripts, *reads) for s in subscripts)


def _moved(part: Contract, moving: Value, kernel: Value, sides: Iterable[Subscripts]) -> set[Index]:
    """The axes of windows: a place, which the kernel lacks, and an offset, which is the kernel's, along one dimension.
    The sum runs over the offset, or in the transpose the left side is what is moved along."""
    offsets = kernel.axes.difference(part.axes) | kernel.axes.difference(moving.axes)
    places = part.axes & moving.axes.difference(kernel.axes)
    along = [indices_of(subscript) for subscripts in sides for subscript in subscripts]
    return {i for axes in along if axes & places and axes & offsets for i in axes & (places | offsets)}

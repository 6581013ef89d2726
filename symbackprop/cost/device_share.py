"""What one of several devices computes and holds, as polynomials in the sizes and the shares of a device.

The share of a device along a mesh axis is one over the number of devices there: it stands in a polynomial as a size
does. Shares are averages over the devices where a halo meets the end of its tensor.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import sympy

from symbackprop.cost.bytes_moved import FLOAT_BYTES, INT_BYTES
from symbackprop.cost.operations import Count, Extents, count_equation, whole
from symbackprop.language.sizes import poly_expression, size_symbol
from symbackprop.schedule import Scheduled, equations_of
from symbackprop.shard import Sharded
from symbackprop.shard.check_sharded import setting_of
from symbackprop.shard.ownership import Owner, Setting
from symbackprop.shard.table import width
from symbackprop.terms.poly import ZERO, Dim, Index, Poly
from symbackprop.terms.program import DType, Equation, Tensor, TensorKind
from symbackprop.terms.term import Reduce, Reduction

__all__ = ["Device", "share"]


def share(axis: str) -> Poly:
    """One over the number of devices along a mesh axis."""
    return Poly.of(Dim(f"1/{axis}"))


@dataclass(frozen=True)
class Device:
    """One device of a mesh."""

    sharded: Sharded

    def expression(self, poly: Poly) -> sympy.Expr:
        """As SymPy has it, in the sizes and the numbers of devices."""
        numbers = {size_symbol(str(share(axis))): 1 / size_symbol(axis) for axis in self.sharded.mesh}
        return poly_expression(poly).xreplace(numbers)

    # --- operations ----------------------------------------------------------------------------------------
    def operations(self, scheduled: Scheduled) -> Count:
        """Those of one way; what collectives add up is not among them."""
        integers = {tensor.name for tensor in self.sharded.table.values() if tensor.dtype is DType.INT}
        equations = dict.fromkeys(scheduled.equations)
        return sum((count_equation(equation, integers, self.extents) for equation in equations), Count())

    @cached_property
    def _setting(self) -> Setting:
        return setting_of(self.sharded)

    def extents(self, found: Equation | Reduce) -> Extents:
        """Of what it computes. What is written or read where data say counts in full: every device looks."""
        if isinstance(found, Equation):
            owners = self._setting.of_equation(found)
        else:
            is_split = found.reduction is not Reduction.PRODUCT
            owners = self._setting.of_sum(found.axes, (found.body,)) if is_split else {}
        extents = dict(whole(found))
        for axis, owner in owners.items():
            index = _decides(owner, extents)
            if index is not None:
                extents[index] *= share(axis)
        return extents

    # --- memory --------------------------------------------------------------------------------------------
    def size(self, name: str) -> Poly:
        """The bytes of what it has of a tensor."""
        tensor, placement = self.sharded.table[name], self.sharded.placements[name]
        total = Poly.of(INT_BYTES if tensor.dtype is DType.INT else FLOAT_BYTES)
        for dimension, (extent, axis) in enumerate(zip(tensor.shape, placement.axes, strict=True)):
            if axis is not None:
                extent *= share(axis)
                halo = placement.halo(dimension)
                extent += ZERO if halo is None else width(halo.before, halo.after) * (1 - share(axis))
            total *= extent
        return total

    def sizes(self, names: Iterable[str]) -> Poly:
        """Those of several tensors together."""
        return sum(map(self.size, names), ZERO)

    @property
    def parameters(self) -> list[str]:
        return [tensor.name for tensor in self._given if tensor.kind is TensorKind.PARAMETER]

    @property
    def inputs(self) -> list[str]:
        """What else is given: data, noise, state, cotangents."""
        return [tensor.name for tensor in self._given if tensor.kind is not TensorKind.PARAMETER]

    @property
    def gradients(self) -> list[str]:
        return [adjoint for _, adjoint in self.sharded.backward.program.wrt if adjoint in self.sharded.table]

    @property
    def kept(self) -> list[str]:
        """What forward computes and backward reads."""
        forward, backward = (dict.fromkeys(way.equations) for way in (self.sharded.forward, self.sharded.backward))
        made = dict.fromkeys(equation.target for equation in forward)
        read = {name for equation in backward for name in equation.reads()}
        return [name for name in made if name in read]

    @cached_property
    def moments(self) -> tuple[frozenset[str], ...]:
        """The computed tensors that are held at one time, each from where it is computed to its last reader, and to
        the end what is returned: the sets that are in no other. A loop is one moment."""
        steps = [*self.sharded.forward.steps, *self.sharded.backward.steps]
        found = [tuple(equations_of([step])) for step in steps]
        forward = self.sharded.forward.program
        returned = {*forward.results, *(new for _, new in forward.updates), *self.gradients}
        first: dict[str, int] = {}
        last = dict.fromkeys(returned, len(found))
        for place, equations in enumerate(found):
            for equation in equations:
                first.setdefault(equation.target, place)
                for name in (equation.target, *equation.reads()):
                    last[name] = max(last.get(name, 0), place)
        held = [frozenset(name for name, start in first.items() if start <= place <= last[name])
                for place in range(len(found))]  # fmt: skip
        return tuple(one for one in dict.fromkeys(held) if not any(one < other for other in held))

    @property
    def peaks(self) -> list[Poly]:
        """The bytes of these, but for those that another moment exceeds at all sizes."""
        kept: list[Poly] = []
        for size in dict.fromkeys(map(self.sizes, self.moments)):
            if not any(_exceeds(other, size) for other in kept):
                kept = [other for other in kept if not _exceeds(size, other)] + [size]
        return kept

    @property
    def _given(self) -> list[Tensor]:
        made = {equation.target for program in self.sharded.programs for equation in program.equations}
        read = {name for program in self.sharded.programs for e in program.equations for name in e.reads()}
        tensors = self.sharded.table.values()
        return [t for t in tensors if t.name not in made and (t.name in read or t.kind is TensorKind.PARAMETER)]


def _decides(owner: Owner, extents: Extents) -> Index | None:
    """The index that decides most of the position that has to be in the block."""
    if not isinstance(owner.position, Poly):
        return None
    found = [index for index in owner.position.indices() if index in extents]

    def weight(index: Index) -> tuple[int, bool]:
        slope = owner.position.coefficient(index).constant if isinstance(owner.position, Poly) else None
        return abs(slope or 0), not set(extents[index].dims()).isdisjoint(owner.extent.dims())

    return max(found, key=weight, default=None)


def _exceeds(large: Poly, small: Poly) -> bool:
    """Whether no coefficient of the difference is negative; sizes and shares are not."""
    return all(coefficient >= 0 for _, coefficient in (large - small).terms)

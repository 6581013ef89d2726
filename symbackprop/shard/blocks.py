"""Sizes as a device knows them: N positions that lie in blocks over the p devices of a mesh axis are p·B.

B is a size of its own, so that N/p is a polynomial. Where an extent is a number, or several of them are products of one
factor, that factor is what lies in blocks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from math import gcd

from symbackprop.terms.poly import ONE, Atom, Dim, Poly
from symbackprop.terms.program import fresh_name

__all__ = ["Blocks"]


@dataclass
class Blocks:
    """`devices`: the size that counts the devices along each mesh axis; `taken`: names that nothing new may have."""

    devices: Mapping[str, Dim]
    taken: set[str]
    factors: dict[Dim, list[str]] = field(default_factory=dict)  # the mesh axes that a size lies in blocks over
    numbers: dict[str, int] = field(default_factory=dict)
    blocks: dict[Dim | str, Dim] = field(default_factory=dict)  # of a size, or of the number of a mesh axis
    whole: dict[tuple[Poly, str], Dim] = field(default_factory=dict)  # of what no factor divides

    @staticmethod
    def of(extents: Iterable[tuple[Poly, str]], mesh: Iterable[str], taken: set[str]) -> Blocks:
        """Of extents, each with the mesh axis that it is split over: the simplest first decide what lies in blocks."""
        found = Blocks({axis: Dim(fresh_name(f"{axis}_devices", taken)) for axis in mesh}, taken)
        for extent, axis in sorted(dict.fromkeys(extents), key=lambda item: len(item[0].atoms())):
            found._choose(extent, axis)
        for number in found.numbers:
            found.blocks[number] = Dim(fresh_name(f"{number}_block", taken))
        for dim in found.factors:
            found.blocks[dim] = Dim(fresh_name(f"{dim.name}_block", taken))
        return found

    def _choose(self, extent: Poly, axis: str) -> None:
        shared = [dim for dim in extent.dims() if not (extent // Poly.of(dim) * Poly.of(dim) - extent).terms]
        if any(axis in self.factors.get(dim, ()) for dim in shared):
            return
        content = gcd(*(count for _, count in extent.terms))
        if axis in self.numbers and gcd(self.numbers[axis], content) > 1:
            self.numbers[axis] = gcd(self.numbers[axis], content)
        elif shared:
            self.factors.setdefault(shared[0], []).append(axis)
        elif content > 1 and axis not in self.numbers:
            self.numbers[axis] = content

    @cached_property
    def sizes(self) -> dict[Atom, Poly]:
        """What the sizes that lie in blocks are."""
        found: dict[Atom, Poly] = {}
        for dim, axes in self.factors.items():
            found[dim] = Poly.of(self.blocks[dim])
            for axis in axes:
                found[dim] *= Poly.of(self.devices[axis])
        return found

    def sized(self, poly: Poly) -> Poly:
        return poly.substitute(self.sizes)

    def block(self, extent: Poly, axis: str) -> Poly:
        """The positions that each device along the mesh axis has of so many."""
        devices, number = Poly.of(self.devices[axis]), self.numbers.get(axis)
        sized = self.sized(extent)
        part = sized // devices
        if not (part * devices - sized).terms:
            return part
        if number is not None and not any(count % number for _, count in sized.terms):
            return sized // number * Poly.of(self.blocks[axis])
        if (extent, axis) not in self.whole:
            self.whole[extent, axis] = Dim(fresh_name(f"{axis}_part", self.taken))
        return Poly.of(self.whole[extent, axis])

    def definitions(self) -> dict[str, tuple[Poly, tuple[str, ...]]]:
        """The new sizes: what of, and over which mesh axes."""
        found: dict[str, tuple[Poly, tuple[str, ...]]] = {}
        for key, dim in self.blocks.items():
            if isinstance(key, Dim):
                found[dim.name] = Poly.of(key), tuple(self.factors[key])
            else:
                found[dim.name] = ONE * self.numbers[key], (key,)
        for (extent, axis), dim in self.whole.items():
            found[dim.name] = extent, (axis,)
        return found

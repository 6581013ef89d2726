"""Which device computes which position: the rule that planning, checking, simulation and targets share.

A dimension of S positions that is split over a mesh axis of p devices lies in p blocks of S/p. A device computes

    of T[.., f(I), ..], that dimension split     the positions I for which f(I) is in its block
    of Σ_k .. U[.., k + c, ..] ..                the positions k for which k + c is in its block
    of T[..] += .. U[.., i + c, ..] ..           the positions i likewise, where T is not split itself

The last two give parts, which add up to the value. A read is local if it stays in the block that the device computes
for, whatever the sizes: a*read = b*owner + e for positions counted from the start of both, extents in that ratio, e of
few values; what these reach beyond the block is a halo.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from symbackprop.shard.form import Placement
from symbackprop.terms.build import split_coefficient
from symbackprop.terms.equalities import slope_of
from symbackprop.terms.poly import ZERO, Index, Poly
from symbackprop.terms.program import Equation, Op, Program, Tensor
from symbackprop.terms.prove import Facts
from symbackprop.terms.rewrite import Ranges, ranges_of
from symbackprop.terms.term import Access, Add, Apply, Axis, Function, Subscript, Term, accesses

__all__ = ["Owner", "Owners", "Place", "Setting", "bracket_of", "ends_of", "looked_up"]

_STRIDES = (1, 2, 3, 4, 5, 6, 7, 8)


@dataclass(frozen=True, slots=True)
class Owner:
    """Whoever has `position` of a dimension of `extent`, counted from 0, computes. The position is a polynomial, or
    that which an integer tensor holds, counted from `origin`."""

    position: Poly | Access
    extent: Poly
    origin: Poly = ZERO

    @property
    def indices(self) -> frozenset[Index]:
        if isinstance(self.position, Poly):
            return frozenset(self.position.indices())
        return self.position.free


Owners = Mapping[str, Owner]  # by mesh axis


@dataclass(frozen=True, slots=True)
class Place:
    """Dimension `dimension` of a read, split over the mesh axis `axis`."""

    read: Access
    dimension: int
    axis: str

    @property
    def subscript(self) -> Subscript:
        return self.read.subscripts[self.dimension]


@dataclass(frozen=True)
class Setting:
    """What is known of the tensors and sizes of a program."""

    table: Mapping[str, Tensor]
    placements: Mapping[str, Placement]
    facts: Facts

    @staticmethod
    def facts_of(program: Program) -> Facts:
        """What is assumed of sizes."""
        return Facts.of((), (fact.condition for fact in program.assumptions if not fact.axes))

    # --- who computes ------------------------------------------------------------------------------------
    def of_equation(self, equation: Equation) -> dict[str, Owner]:
        """The owners of the positions of an equation, by mesh axis."""
        owners = {}
        target = self.table[equation.target]
        for dimension, axis in self.placements[equation.target].split():
            owners[axis] = self._owner(equation.subscripts[dimension], target, dimension)
        if equation.op is Op.ACCUMULATE:
            for axis, owner in self.of_sum(equation.axes, (equation.lhs, equation.rhs)).items():
                owners.setdefault(axis, owner)
        return owners

    def of_sum(self, axes: Sequence[Axis], bodies: Iterable[Term]) -> dict[str, Owner]:
        """The owners of the positions of indices that are summed over, by mesh axis: as the first tensor that is read
        in blocks by one of them, if every position is that of an element."""
        owners: dict[str, Owner] = {}
        ranges = ranges_of(axes)
        for body in bodies:
            if body.free.isdisjoint(ranges):
                continue
            for place in self.places(body):
                if place.axis not in owners and self.placements[place.read.tensor].halo(place.dimension) is None:
                    owner = self._owner(place.subscript, self.table[place.read.tensor], place.dimension)
                    if self._covers(owner, ranges):
                        owners[place.axis] = owner
        return owners

    def places(self, term: Term) -> Iterator[Place]:
        """Where the term reads along a dimension that is split."""
        for read in accesses(term):
            for dimension, axis in self.placements[read.tensor].split():
                yield Place(read, dimension, axis)

    def _owner(self, subscript: Subscript, tensor: Tensor, dimension: int) -> Owner:
        origin, extent = tensor.origin[dimension], tensor.shape[dimension]
        if isinstance(subscript, Poly):
            return Owner(subscript - origin, extent)
        return Owner(subscript, extent, origin)

    def _covers(self, owner: Owner, ranges: Ranges) -> bool:
        """Whether one of the indices alone decides the position, which is one of the dimension for each of its own."""
        position = owner.position
        if not isinstance(position, Poly) or len(position.indices()) != 1:
            return False
        (index,) = position.indices()
        if index not in ranges or slope_of(position, index) != 1:
            return False
        first, last = (position.substitute({index: end}) for end in (ranges[index].low, ranges[index].high))
        return self.facts.proves(first) and self.facts.proves(owner.extent - 1 - last)

    # --- what is local -----------------------------------------------------------------------------------
    def reach(self, place: Place, owner: Owner, ranges: Ranges) -> tuple[Poly, Poly] | None:
        """How far (before, after) the read goes beyond the block that the owner computes for, not above 0 where it
        stays inside; None if that is not known. `ranges`: of all indices around."""
        tensor, subscript = self.table[place.read.tensor], place.subscript
        extent, origin = tensor.shape[place.dimension], tensor.origin[place.dimension]
        if not isinstance(subscript, Poly) or not isinstance(owner.position, Poly):
            same = subscript is owner.position and (extent, origin) == (owner.extent, owner.origin)
            return (ZERO, ZERO) if same else None
        for a, b in ((1, 1), *((1, k) for k in _STRIDES[1:]), *((k, 1) for k in _STRIDES[1:])):
            if self.facts.proves_zero(extent * a - owner.extent * b):
                ends = ends_of((subscript - origin) * a - owner.position * b, ranges)
                if ends is not None:
                    before, after = (-ends[0]) // a, (ends[1] - b) // a + 1
                    if not {*before.dims(), *after.dims()} & {*extent.dims()}:  # else as good as the whole dimension
                        return before, after
                return None
        return None

    # --- what is added where it is looked up ---------------------------------------------------------------
    def joined_over(self, bracket: Sequence[Term], found: Sequence[frozenset[str]]) -> frozenset[str]:
        """The mesh axes over which a sum is in parts, of whose addends one alone is, a read that is looked up, so that
        the device that has it may add the others to it; none of others. `found`: those of each addend."""
        places = [place for place, parts in enumerate(found) if parts]
        read = looked_up(bracket[places[0]]) if len(places) == 1 else None
        return found[places[0]] if read is not None and not self.placements[read.tensor].in_parts else frozenset()


def bracket_of(term: Term) -> tuple[Term, ...]:
    """What is added or subtracted in a sum or difference; nothing of another term."""
    match term:
        case Apply(Function.DIFFERENCE, args):
            return args
        case _:
            return term.args if isinstance(term, Add) else ()


def looked_up(addend: Term) -> Access | None:
    """The read that an addend is, a number in front or not."""
    read = split_coefficient(addend)[1]
    return read if isinstance(read, Access) else None


def ends_of(poly: Poly, ranges: Ranges) -> tuple[Poly, Poly] | None:
    """Its least and largest value."""
    low = high = poly
    for index in poly.indices():
        slope, axis = poly.coefficient(index).constant, ranges.get(index)
        if not slope or axis is None or index in (poly - slope * Poly.of(index)).indices():
            return None
        first, last = (axis.low, axis.high) if slope > 0 else (axis.high, axis.low)
        low, high = low.substitute({index: first}), high.substitute({index: last})
    return low, high

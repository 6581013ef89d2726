"""What a sharded program is made of; the package has its grammar."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from symbackprop.schedule import Scheduled
from symbackprop.terms.interning import ByIdentity
from symbackprop.terms.poly import ZERO, Poly
from symbackprop.terms.program import Equation, Program, Tensor
from symbackprop.terms.term import Reduction

__all__ = ["Exchange", "ExchangeKind", "Halo", "Placement", "Sharded"]


@dataclass(frozen=True, slots=True)
class Halo:
    """Along `dimension` a device has so many elements `before` its own block and `after` it (none where negative), as
    far as the tensor goes."""

    dimension: int
    before: Poly
    after: Poly


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a tensor lives. `axes`: the mesh axis that each dimension is split over in blocks of equal size, or None
    where every device has all of it (what JAX calls a PartitionSpec). `in_parts`: the mesh axes whose devices have each
    a part of every value, and what combines the parts. `halos`: what a device has of its neighbours' blocks."""

    axes: tuple[str | None, ...]
    in_parts: tuple[tuple[str, Reduction], ...] = ()
    halos: tuple[Halo, ...] = ()

    def split(self) -> Iterator[tuple[int, str]]:
        """(dimension, mesh axis) of each dimension that is split."""
        return ((place, axis) for place, axis in enumerate(self.axes) if axis is not None)

    def halo(self, dimension: int) -> Halo | None:
        return next((halo for halo in self.halos if halo.dimension == dimension), None)

    @property
    def summed_over(self) -> frozenset[str]:
        """The mesh axes over which it is in parts that add up."""
        return frozenset(axis for axis, reduction in self.in_parts if reduction is Reduction.SUM)


class ExchangeKind(ByIdentity):
    PSUM = "psum"
    PMAX = "pmax"
    PMIN = "pmin"
    PLOGSUMEXP = "plogsumexp"  # a maximum and a sum: max m of the parts, log Σ exp(part - m) + m
    REDUCE_SCATTER = "reduce_scatter"
    ALL_GATHER = "all_gather"
    HALO = "ppermute"


COMBINING = {
    Reduction.SUM: ExchangeKind.PSUM,
    Reduction.MAX: ExchangeKind.PMAX,
    Reduction.MIN: ExchangeKind.PMIN,
    Reduction.LOGSUMEXP: ExchangeKind.PLOGSUMEXP,
}


@dataclass(frozen=True, slots=True)
class Exchange:
    """target[i, ...] = source[i, ...], for which the devices along the mesh `axes` exchange values. `dimension`: the
    one that is scattered, gathered or shifted."""

    kind: ExchangeKind
    axes: tuple[str, ...]
    source: str
    target: str
    dimension: int | None = None
    before: Poly = ZERO
    after: Poly = ZERO


@dataclass(frozen=True)
class Sharded:
    """A module's functions on a mesh. `indices`: the mesh axis of each index that is split, in the order in which they
    were given; `placements`: of every tensor; `exchanges`: by the tensor that each defines. `backward` reads what
    `forward` left, exchanged or not, where it is."""

    indices: Mapping[str, str]
    forward: Scheduled
    backward: Scheduled
    placements: Mapping[str, Placement]
    exchanges: Mapping[str, Exchange] = field(default_factory=dict)

    @property
    def mesh(self) -> tuple[str, ...]:
        """The mesh axes."""
        return tuple(dict.fromkeys(self.indices.values()))

    @property
    def programs(self) -> tuple[Program, Program]:
        return self.forward.program, self.backward.program

    @property
    def table(self) -> dict[str, Tensor]:
        return self.forward.program.table | self.backward.program.table

    def exchange_of(self, equation: Equation) -> Exchange | None:
        """What the equation is, if an exchange."""
        return self.exchanges.get(equation.target)

    def exchanged(self, scheduled: Scheduled) -> list[Exchange]:
        """The exchanges of one way, in their order."""
        found = (self.exchange_of(equation) for equation in dict.fromkeys(scheduled.equations))
        return [exchange for exchange in found if exchange is not None]

"""A sharded program in the making: tensors, placements and equations that planning adds to, and can take back."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from symbackprop.shard.form import COMBINING, Exchange, ExchangeKind, Halo, Placement
from symbackprop.terms.binders import fresh_index
from symbackprop.terms.poly import ZERO, Index, Poly
from symbackprop.terms.program import Equation, EquationNumber, Tensor, TensorKind, fresh_name
from symbackprop.terms.prove import Facts
from symbackprop.terms.term import Access, Axis, Reduction

__all__ = ["State"]


@dataclass
class State:
    """`current`: the tensor whose equation is planned, and its number: what is added for it is called after it."""

    tensors: dict[str, Tensor]
    placements: dict[str, Placement]
    taken: set[str]
    facts: Facts
    equations: list[Equation] = field(default_factory=list)
    exchanges: dict[str, Exchange] = field(default_factory=dict)
    known: dict[Any, str] = field(default_factory=dict)
    current: str = ""
    number: EquationNumber | None = None

    def copy(self) -> State:
        return replace(
            self, tensors=dict(self.tensors), placements=dict(self.placements), taken=set(self.taken),
            equations=list(self.equations), exchanges=dict(self.exchanges), known=dict(self.known),
        )  # fmt: skip

    def restore(self, before: State) -> None:
        for name in ("tensors", "placements", "taken", "equations", "exchanges", "known"):
            setattr(self, name, getattr(before, name))

    # --- tensors and equations that are added --------------------------------------------------------------
    def tensor(self, like: Tensor, suffix: str, placement: Placement, whole: str | None = None) -> Tensor:
        """A tensor of a stage's own. `whole`: whose part it is."""
        name = fresh_name(f"{like.name}_{suffix}", self.taken)
        new = Tensor(name, TensorKind.INTERMEDIATE, like.shape, like.origin, like.dtype, like.axes, like.high,
                     part_of=whole or like.name)  # fmt: skip
        self.tensors[name] = new
        self.placements[name] = placement
        return new

    def gathered(self, name: str, dimension: int) -> str:
        """The tensor with that dimension whole on every device."""
        key = ExchangeKind.ALL_GATHER, name, dimension
        if key not in self.known:
            placement = self.placements[name]
            axis = placement.axes[dimension]
            assert axis is not None
            whole = replace(
                placement, axes=_with(placement.axes, dimension, None),
                halos=tuple(halo for halo in placement.halos if halo.dimension != dimension),
            )  # fmt: skip
            target = self.tensor(self.tensors[name], "all", whole)
            self.exchange(Exchange(ExchangeKind.ALL_GATHER, (axis,), name, target.name, dimension))
            self.known[key] = target.name
        return self.known[key]

    def with_halo(self, name: str, dimension: int, before: Poly, after: Poly) -> str:
        """The tensor with so much of the neighbours' blocks along the dimension: as much as any reader asks for."""
        known = self.known.get((ExchangeKind.HALO, name, dimension))
        if known is not None:
            old = self.exchanges[known]
            ends = self._larger(old.before, before), self._larger(old.after, after)
            if None not in ends:
                before, after = (end or ZERO for end in ends)
                self._set_halo(known, replace(old, before=before, after=after))
                return known
        placement = self.placements[name]
        axis = placement.axes[dimension]
        assert axis is not None
        target = self.tensor(self.tensors[name], "halo", placement).name
        self._set_halo(target, Exchange(ExchangeKind.HALO, (axis,), name, target, dimension, before, after))
        self.copied(name, target)
        self.known[ExchangeKind.HALO, name, dimension] = target
        return target

    def _set_halo(self, target: str, exchange: Exchange) -> None:
        assert exchange.dimension is not None
        placement = self.placements[target]
        others = tuple(halo for halo in placement.halos if halo.dimension != exchange.dimension)
        new = Halo(exchange.dimension, exchange.before, exchange.after)
        self.placements[target] = replace(placement, halos=(*others, new))
        self.exchanges[target] = exchange
        self._inherited(target)

    def _inherited(self, source: str) -> None:
        """What is made of a tensor has its halos too, as they are now, but along the dimension of its own exchange."""
        for exchange in list(self.exchanges.values()):
            if exchange.source == source and exchange.dimension is not None:
                placement = self.placements[exchange.target]
                own = tuple(halo for halo in placement.halos if halo.dimension == exchange.dimension)
                others = tuple(h for h in self.placements[source].halos if h.dimension != exchange.dimension)
                self.placements[exchange.target] = replace(placement, halos=(*others, *own))
                self._inherited(exchange.target)

    def _larger(self, one: Poly, other: Poly) -> Poly | None:
        if self.facts.proves(one - other):
            return one
        return other if self.facts.proves(other - one) else None

    def combined(self, name: str, target: str | None = None, scatter: tuple[str, int] | None = None) -> str:
        """The tensor that is in parts, these combined: into `target`, or a new one. `scatter`: the mesh axis over which
        each device keeps its block alone, of that dimension."""
        key = "combined", name, scatter
        if target is None and key in self.known:
            return self.known[key]
        placement, like = self.placements[name], self.tensors[name]
        source, axes, parts = name, placement.axes, dict(placement.in_parts)
        if scatter is not None:
            axis, dimension = scatter
            axes = _with(axes, dimension, axis)
            parts.pop(axis)
            rest = Placement(axes, tuple(parts.items()))
            done = target if target is not None and not parts else self.tensor(like, "block", rest, like.part_of).name
            self.exchange(Exchange(ExchangeKind.REDUCE_SCATTER, (axis,), source, done, dimension), name)
            source = done
        if parts:
            (reduction,) = set(parts.values())
            if target is None:
                suffix = {Reduction.SUM: "sum", Reduction.LOGSUMEXP: "sum"}.get(reduction, reduction.value)
                done = self.tensor(like, suffix, Placement(axes), like.part_of).name
            else:
                done = target
            self.exchange(Exchange(COMBINING[reduction], tuple(parts), source, done), name)
            source = done
        return self.known.setdefault(key, source) if target is None else source

    def exchange(self, exchange: Exchange, like: str | None = None) -> None:
        self.exchanges[exchange.target] = exchange
        self.copied(exchange.source, exchange.target, like)

    def copied(self, source: str, target: str, like: str | None = None) -> None:
        """target[i, ...] = source[i, ...], where the source (or `like`, of which that is a copy) is defined."""
        axes = self._written(like or source)
        subscripts = tuple(Poly.of(axis.index) for axis in axes)
        self.equations.append(Equation(target, subscripts, axes, Access(source, subscripts), number=self.number))

    def _written(self, name: str) -> tuple[Axis, ...]:
        """Of a part, the positions at which it is computed, else all of the tensor's."""
        own = [equation for equation in self.equations if equation.target == name]
        if len(own) == 1 and ("part", name) in self.known:
            return own[0].axes
        tensor = self.tensors[name]
        return tuple(tensor.axis(place, index) for place, index in enumerate(_indices(tensor.axes, tensor.rank)))


def _indices(names: tuple[str, ...], rank: int) -> list[Index]:
    """An index for each dimension, called as it is where it has a name of its own."""
    found: list[Index] = []
    for place in range(rank):
        name = names[place] if place < len(names) else ""
        found.append(Index(name) if name and Index(name) not in found else fresh_index(f"~{place}"))
    return found


def _with(axes: tuple[str | None, ...], dimension: int, axis: str | None) -> tuple[str | None, ...]:
    return (*axes[:dimension], axis, *axes[dimension + 1 :])

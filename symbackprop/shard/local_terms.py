"""Terms of an equation in the positions of one device."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace

from symbackprop.errors import UnsplittableIndex
from symbackprop.shard.blocks import Blocks
from symbackprop.shard.ownership import Owner, Setting, bracket_of, ends_of, looked_up
from symbackprop.terms.build import (
    NIL,
    add,
    apply,
    at_least_zero,
    logic_and,
    map_children,
    open_reduce,
    poly_value,
    reduce,
    substitute,
    where,
)
from symbackprop.terms.leaves import INFINITY, NEGATIVE_INFINITY
from symbackprop.terms.poly import ONE, ZERO, Atom, Index, Poly
from symbackprop.terms.program import DType, Equation, Tensor, TensorKind, fresh_name
from symbackprop.terms.show import show
from symbackprop.terms.term import (
    Access,
    Axis,
    Compare,
    Function,
    PolyValue,
    Reduce,
    Reduction,
    Relation,
    Subscript,
    Term,
)

__all__ = ["Around", "LocalTerms"]


@dataclass(frozen=True)
class Around:
    """`positions`: of the indices around, each with its position in the whole; `ranges`: of those, as they were and as
    they are here; `guards`: where a device has the position; `guarded`: the mesh axes along which only these say so."""

    positions: Mapping[Index, Poly]
    ranges: Mapping[Index, Axis]
    own: Mapping[Index, Axis] = field(default_factory=dict)
    guards: tuple[Term, ...] = ()
    guarded: frozenset[str] = frozenset()

    def axes(self, axes: Iterable[Axis]) -> list[Axis]:
        """Their ranges on a device."""
        return [self.own[axis.index] for axis in axes]


_NEUTRAL = {
    Reduction.SUM: NIL, Reduction.MAX: NEGATIVE_INFINITY,
    Reduction.LOGSUMEXP: NEGATIVE_INFINITY, Reduction.MIN: INFINITY,
}  # fmt: skip


@dataclass
class LocalTerms:
    """Of one equation. `joined`: brackets that the device which has what is looked up in them computes alone."""

    setting: Setting
    blocks: Blocks
    places: Mapping[str, Axis]
    tensors: dict[str, Tensor]
    equation: Equation
    joined: Set[Term]
    taken: set[str]
    first: list[Equation]  # places that are looked up in what is given, computed before all else

    def __post_init__(self) -> None:
        self.places_looked_up: list[Equation] = []

    # --- positions -----------------------------------------------------------------------------------------
    def opened(self, axes: Sequence[Axis], owners: Mapping[str, Owner], around: Around) -> Around:
        """With these axes, those of their positions that the device computes for."""
        for axis in axes:
            sized = Axis(axis.index, self.blocks.sized(axis.low), self.blocks.sized(axis.high))
            around = replace(
                around, ranges={**around.ranges, axis.index: axis}, own={**around.own, axis.index: sized},
                positions={**around.positions, axis.index: Poly.of(axis.index)},
            )  # fmt: skip
        free = {axis.index for axis in axes}
        # what is looked up comes last: it is read where the others are
        for mesh_axis, owner in sorted(owners.items(), key=lambda item: not isinstance(item[1].position, Poly)):
            around, used = self._owned(mesh_axis, owner, around, free)
            free -= used
        return around

    def _owned(self, mesh_axis: str, owner: Owner, around: Around, free: Set[Index]) -> tuple[Around, set[Index]]:
        """With the positions of an owner: as a block of one index, or guarded. `free`: indices that no other owner has
        taken, which it may."""
        if not isinstance(owner.position, Poly):
            return self._guarded(mesh_axis, owner, around), set()
        for index, slope in self._leading(owner, around, free):
            found = self._in_blocks(mesh_axis, owner, index, slope, around)
            if found is not None:
                return found, {index}
        for index, slope in self._leading(owner, around, free):
            if slope in (ONE, -ONE):
                return self._exchanged(mesh_axis, owner, index, slope, around), {index}
        return self._guarded(mesh_axis, owner, around), set()

    @staticmethod
    def _leading(owner: Owner, around: Around, free: Set[Index]) -> list[tuple[Index, Poly]]:
        """The indices in the position of an owner with their slopes, those along its dimension first: the others are
        steps beside it."""
        assert isinstance(owner.position, Poly)
        position, dims = owner.position, {*owner.extent.dims()}

        def key(item: tuple[Index, Poly]) -> tuple[bool, int, int]:
            extent = around.ranges[item[0]].extent
            return dims.isdisjoint(extent.dims()), -len(extent.terms), -(extent.constant or 0)

        found = [(index, position.coefficient(index)) for index in position.indices() if index in free]
        return sorted(found, key=key)

    def _in_blocks(
        self, mesh_axis: str, owner: Owner, index: Index, slope: Poly, around: Around
    ) -> Around | None:  # fmt: skip
        """position = slope·(i - low) + rest, rest from 0 below the slope: i lies in blocks itself."""
        assert isinstance(owner.position, Poly)
        axis, proves = around.ranges[index], self.setting.facts.proves
        rest = owner.position - slope * Poly.of(index) + slope * axis.low
        ends = ends_of(rest, around.ranges)
        if index in rest.indices() or ends is None or not (proves(ends[0]) and proves(slope - 1 - ends[1])):
            return None
        if (slope * axis.extent - owner.extent).terms:  # a part of the dimension alone
            return None
        block = self.blocks.block(owner.extent, mesh_axis)
        part = block // self.blocks.sized(slope)
        if (part * self.blocks.sized(slope) - block).terms:
            return None
        low = self.blocks.sized(axis.low)
        return self._placed(
            around, index, Poly.of(index) + self._start(mesh_axis, part), Axis(index, low, low + part - 1)
        )

    def _exchanged(self, mesh_axis: str, owner: Owner, index: Index, slope: Poly, around: Around) -> Around:
        """The device's own position u in the place of the index: i = ±(u - rest), where that is in its range."""
        assert isinstance(owner.position, Poly)
        block, sized, axis = self.blocks.block(owner.extent, mesh_axis), self.blocks.sized, around.ranges[index]
        rest = self._at(owner.position - slope * Poly.of(index), around)
        position = slope * (Poly.of(index) + self._start(mesh_axis, block) - rest)
        new = self._placed(around, index, position, Axis(index, ZERO, block - 1))
        facts = self.setting.facts
        inside = [position - sized(axis.low), sized(axis.high) - position]
        # the position of the owner is in the dimension, so that it needs no guard where the index has all of it
        first, last = (owner.position.substitute({index: end}) for end in (axis.low, axis.high))
        if not (first.indices() or last.indices()):
            low, high = (first, last) if slope == ONE else (last, first)
            spare = facts.proves(-low), facts.proves(high - owner.extent + 1)
            order = inside if slope == ONE else inside[::-1]
            inside = [poly for poly, is_spare in zip(order, spare, strict=True) if not is_spare]
        return replace(new, guards=(*new.guards, *map(at_least_zero, inside)))

    def _guarded(self, mesh_axis: str, owner: Owner, around: Around) -> Around:
        own = self._here(mesh_axis, owner.position, owner.extent, owner.origin, around)
        return replace(around, guards=(*around.guards, own), guarded=around.guarded | {mesh_axis})

    def _placed(self, around: Around, index: Index, position: Poly, axis: Axis) -> Around:
        """With an index's position; where the positions and guards so far name it, they mean that."""
        mapping = {index: position}
        positions = {other: at if other == index else at.substitute({index: position})
                     for other, at in around.positions.items()}  # fmt: skip
        return replace(
            around, positions={**positions, **mapping}, own={**around.own, index: axis},
            guards=tuple(substitute(guard, mapping) for guard in around.guards),
        )  # fmt: skip

    def _start(self, mesh_axis: str, block: Poly) -> Poly:
        return Poly.of(self.places[mesh_axis].index) * block

    def _at(self, poly: Poly, around: Around) -> Poly:
        """The polynomial in the device's positions and sizes."""
        return poly.substitute(dict[Atom, Poly]((*self.blocks.sizes.items(), *around.positions.items())))

    def _here(self, mesh_axis: str, position: Subscript, extent: Poly, origin: Poly, around: Around) -> Term:
        """Whether the device has a position: a polynomial counted from 0, or what is looked up, from `origin`."""
        block = self.blocks.block(extent, mesh_axis)
        if isinstance(position, Poly):
            first = self._at(position, around) - self._start(mesh_axis, block)
            return logic_and(at_least_zero(first), at_least_zero(block - 1 - first))
        place = add(self.term(position, around), poly_value(-self.blocks.sized(origin) - self._start(mesh_axis, block)))
        return logic_and(
            Compare(Relation.GE, place, NIL), Compare(Relation.GE, poly_value(block - 1), place)
        )  # fmt: skip

    # --- terms ---------------------------------------------------------------------------------------------
    def term(self, term: Term, around: Around) -> Term:
        done: dict[Term, Term] = {}

        def visit(inner: Term) -> Term:
            if inner not in done:
                done[inner] = self._masked(inner, made(inner), around)
            return done[inner]

        def made(inner: Term) -> Term:
            match inner:
                case PolyValue(poly):
                    return poly_value(self._at(poly, around))
                case Access(name, subscripts):
                    places = enumerate(subscripts)
                    return Access(name, tuple(self.subscript(name, place, each, around) for place, each in places))
                case Reduce():
                    return self._reduction(inner, around)
                case _:
                    return map_children(inner, visit)

        return visit(term)

    def _reduction(self, term: Reduce, around: Around) -> Term:
        axes, body = open_reduce(term, taken={*around.ranges, *(axis.index for axis in self.places.values())})
        owners = self.setting.of_sum(axes, (body,)) if term.reduction is not Reduction.PRODUCT else {}
        inner = self.opened(axes, owners, replace(around, guards=()))
        new = self.term(body, inner)
        if inner.guards:
            new = where(logic_and(*inner.guards), new, _NEUTRAL[term.reduction])
        return reduce(term.reduction, inner.axes(axes), new)

    def subscript(self, name: str, dimension: int, subscript: Subscript, around: Around) -> Subscript:
        """The subscript among what the device has of the tensor."""
        axis, tensor = self.setting.placements[name].axes[dimension], self.setting.table[name]
        if isinstance(subscript, Poly):
            found = self._at(subscript, around)
            if axis is None:
                return found
            found -= self._start(axis, self.blocks.block(tensor.shape[dimension], axis))
            elsewhere = subscript.indices() and self.places[axis].index in found.indices()
            if elsewhere and name != self.equation.target and axis not in around.guarded:
                raise UnsplittableIndex(
                    show(self.equation), expected=f"a read of {name} at the device's own positions",
                    found=f"index {subscript} on {axis}", remedy="split another index",
                )  # fmt: skip
            return found
        inner = self.term(subscript, around)
        assert isinstance(inner, Access)
        return inner if axis is None else self._looked_up(name, dimension, axis, inner)

    def _looked_up(self, name: str, dimension: int, axis: str, inner: Access) -> Access:
        """What is looked up, as a place in the device's block: some place where it has none."""
        tensor, source = self.setting.table[name], self.tensors[inner.tensor]
        block = self.blocks.block(tensor.shape[dimension], axis)
        origin = self.blocks.sized(tensor.origin[dimension])
        axes = [source.axis(place, Index(f"~{place}", 0, True)) for place in range(source.rank)]
        subscripts = tuple(Poly.of(each.index) for each in axes)
        place = add(Access(inner.tensor, subscripts), poly_value(-self._start(axis, block)))
        least = apply(Function.MAX, place, poly_value(origin))
        rhs = apply(Function.MIN, least, poly_value(origin + block - 1))
        given = source.kind is not TensorKind.INTERMEDIATE
        computed = self.first if given else self.places_looked_up
        known = next((other.target for other in computed if other.rhs is rhs), None)
        if known is None:
            known = fresh_name(f"{inner.tensor}_in_block", self.taken)
            self.tensors[known] = Tensor(
                known, TensorKind.INTERMEDIATE, source.shape, source.origin, DType.INT, source.axes,
                part_of=inner.tensor,
            )  # fmt: skip
            number = None if given else self.equation.number
            computed.append(Equation(known, subscripts, tuple(axes), rhs, number=number))
        return Access(known, inner.subscripts)

    # --- what one device has alone ---------------------------------------------------------------------------
    def _masked(self, term: Term, new: Term, around: Around) -> Term:
        """0 where the device does not have what is read at a position that is looked up, or fixed."""
        reads: Iterable[Access] = ()
        if isinstance(term, Access):
            reads = (term,)
        elif term in self.joined:
            reads = (read for read in map(looked_up, bracket_of(term)) if read is not None)
        guards = [guard for read in reads for guard in self._guards(read, around)]
        return where(logic_and(*guards), new, NIL) if guards else new

    def _guards(self, read: Access, around: Around) -> Iterable[Term]:
        tensor = self.setting.table[read.tensor]
        for dimension, axis in self.setting.placements[read.tensor].split():
            subscript, origin = read.subscripts[dimension], tensor.origin[dimension]
            if isinstance(subscript, Poly) and subscript.indices():
                continue
            position = subscript - origin if isinstance(subscript, Poly) else subscript
            yield self._here(axis, position, tensor.shape[dimension], origin, around)

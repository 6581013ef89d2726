"""Equations for devices: each read that is not local reads what is exchanged, each value in parts is combined.

A term's value is whole, or in parts over some mesh axes: then what the devices along these have adds up to it. A sum
over a split index is in parts, and so is a read at a position that is looked up, or fixed, in a split dimension: the
device that has it reads it, the others have 0. Parts stay parts as far as the term around them is linear in them, so
that one collective combines as much as possible; a value that is whole stays outside of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from symbackprop.errors import UnsplittableIndex
from symbackprop.shard.form import ExchangeKind, Placement
from symbackprop.shard.ownership import Owner, Place, Setting, bracket_of
from symbackprop.shard.state import State
from symbackprop.terms.binders import fresh_index
from symbackprop.terms.build import (
    NIL,
    add,
    apply,
    conjuncts,
    logic_and,
    logic_not,
    map_children,
    mul,
    number,
    open_reduce,
    reduce,
    split_coefficient,
    substitute,
    where,
)
from symbackprop.terms.poly import Index, Poly
from symbackprop.terms.program import DType, Equation, Tensor, TensorKind, fresh_name
from symbackprop.terms.rewrite import Ranges, ranges_of
from symbackprop.terms.show import show
from symbackprop.terms.term import Access, Add, Axis, Function, Mul, Reduce, Reduction, Subscript, Term, Where

__all__ = ["Planner"]

Parts = frozenset[str]  # the mesh axes over which a value is in parts
WHOLE: Parts = frozenset()
_GATHERS = (ExchangeKind.ALL_GATHER, ExchangeKind.HALO)


@dataclass(frozen=True)
class Around:
    """What surrounds a term: the ranges of the indices, who computes at which of their positions, the conditions."""

    ranges: Ranges
    owners: Mapping[str, Owner]
    guards: tuple[Term, ...] = ()

    def under(self, condition: Term) -> Around:
        return replace(self, guards=(*self.guards, *conjuncts(condition)))

    def meets(self, axis: str, term: Term) -> bool:
        """Whether each device along the mesh axis computes the term at positions of its own."""
        owner = self.owners.get(axis)
        return owner is not None and not owner.indices.isdisjoint(term.free)


class Planner:
    """Plans equations one by one; what they need besides is added to the state."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.making = set[object]()  # parts that are being planned

    @property
    def setting(self) -> Setting:
        return Setting(self.state.tensors, self.state.placements, self.state.facts)

    # --- equations -----------------------------------------------------------------------------------------
    def equation(self, equation: Equation, stays: bool) -> tuple[Equation, Parts]:
        """The equation, every read of it local, and the mesh axes over which its value is in parts. `stays`: whether it
        may be, or else is combined."""
        owners = self.setting.of_equation(equation)
        split = {axis for _, axis in self.state.placements[equation.target].split()}
        around = Around(ranges_of(equation.axes), owners)
        added = frozenset(owners.keys() - split)  # by the devices, each at its own positions
        subscripts = tuple(self._subscript(subscript, around) for subscript in equation.subscripts)
        rhs, parts = self._top(equation.rhs, around) if stays else self.visit(equation.rhs, around)
        if parts and (not stays or parts & owners.keys()):
            rhs, parts = self.combined(equation.rhs, around), WHOLE
        return replace(equation, subscripts=subscripts, rhs=rhs), parts | added

    def _top(self, term: Term, around: Around) -> tuple[Term, Parts]:
        """A whole right-hand side that may be in parts: of its addends those that are less so count on one device."""
        match term:
            case Add(args):
                found = [self._addend(arg, around) for arg in args]
                return add(*(new for new, _ in found)), WHOLE.union(*(parts for _, parts in found))
            case Reduce(reduction, _, _) if reduction is not Reduction.SUM:
                return self._reduce(term, around)
            case Where(condition, Reduce(reduction, _, _) as inner, otherwise) if reduction is not Reduction.SUM:
                new, parts = self._reduce(inner, around.under(condition))
                if otherwise is NIL:
                    return where(self.whole(condition, around), new, NIL), parts
        return self.visit(term, around)

    def _addend(self, term: Term, around: Around) -> tuple[Term, Parts]:
        """An addend that may be in parts. A bracket with a look-up in it counts on the device that has what is looked
        up, so that differences are taken there and nothing is lost to rounding."""
        coefficient, bracket = split_coefficient(term)
        found = [self.visit(arg, around) for arg in bracket_of(bracket)]
        axes = self.setting.joined_over(bracket_of(bracket), [parts for _, parts in found])
        if axes and not any(around.meets(axis, bracket) for axis in axes):
            new = [new for new, _ in found]
            joined = add(*new) if isinstance(bracket, Add) else apply(Function.DIFFERENCE, *new)
            return mul(number(coefficient), joined), axes
        return self.visit(term, around)

    def _subscript(self, subscript: Subscript, around: Around) -> Subscript:
        if isinstance(subscript, Poly):
            return subscript
        found = self.whole(subscript, around)
        assert isinstance(found, Access)
        return found

    # --- terms ---------------------------------------------------------------------------------------------
    def whole(self, term: Term, around: Around) -> Term:
        """The term with its value whole."""
        new, parts = self.visit(term, around)
        return self.combined(term, around) if parts else new

    def visit(self, term: Term, around: Around) -> tuple[Term, Parts]:
        """(the term with its reads local, the mesh axes over which its value is in parts)."""
        match term:
            case Access():
                return self._read(term, around)
            case Add(args):
                return self._add(args, around)
            case Mul(args):
                return self._mul(args, around)
            case Where(condition, then, otherwise):
                return self._where(condition, then, otherwise, around)
            case Reduce(reduction, _, _):
                new, parts = self._reduce(term, around)
                return (
                    (self.combined(term, around), WHOLE) if parts and reduction is not Reduction.SUM else (new, parts)
                )
            case _:
                return map_children(term, lambda inner: self.whole(inner, around)), WHOLE

    def _add(self, args: Sequence[Term], around: Around) -> tuple[Term, Parts]:
        for axis in around.owners:
            met = [arg for arg in args if isinstance(arg, Reduce) and axis in self._met(arg, around)]
            scattered = self._scattered(add(*met), around, axis) if len(met) > 1 else None
            if scattered is not None:  # one exchange for all
                rest = [arg for arg in args if arg not in met]
                new = self.whole(add(*rest), around)
                return add(scattered, new), WHOLE
        found = [self.visit(arg, around) for arg in args]
        if len({parts for _, parts in found}) == 1:
            return add(*(new for new, _ in found)), found[0][1]
        return self._combined_sum(args, [parts for _, parts in found], around), WHOLE

    def _combined_sum(self, args: Sequence[Term], found: Sequence[Parts], around: Around) -> Term:
        """What is whole beside what is in parts alike, each of these combined once."""
        groups: dict[Parts, list[Term]] = {}
        for arg, parts in zip(args, found, strict=True):
            groups.setdefault(parts, []).append(arg)
        whole = [self.whole(arg, around) for arg in groups.pop(WHOLE, [])]
        return add(*whole, *(self.combined(add(*group), around) for group in groups.values()))

    def _mul(self, args: Sequence[Term], around: Around) -> tuple[Term, Parts]:
        found = [self.visit(arg, around) for arg in args]
        places = [place for place, (_, parts) in enumerate(found) if parts]
        if not places:
            return mul(*(new for new, _ in found)), WHOLE
        parts = found[places[0]][1]
        others = [arg for place, arg in enumerate(args) if place != places[0]]
        if len(places) == 1 and not any(around.meets(axis, arg) for axis in parts for arg in others):
            return mul(*(new for new, _ in found)), parts
        return mul(*(self.combined(arg, around) if parts else new
                     for arg, (new, parts) in zip(args, found, strict=True))), WHOLE  # fmt: skip

    def _where(self, condition: Term, then: Term, otherwise: Term, around: Around) -> tuple[Term, Parts]:
        new_condition = self.whole(condition, around)
        branches = (then, around.under(condition)), (otherwise, around.under(logic_not(condition)))
        (yes, parts), (no, others) = (self.visit(*branch) for branch in branches)
        alike = parts == others or (parts and otherwise is NIL) or (others and then is NIL)
        met = any(around.meets(axis, condition) for axis in parts | others)
        if alike and not met:
            return where(new_condition, yes, no), parts | others
        yes, no = (self.combined(*branch) if found else new
                   for branch, new, found in zip(branches, (yes, no), (parts, others), strict=True))  # fmt: skip
        return where(new_condition, yes, no), WHOLE

    def _met(self, term: Reduce, around: Around) -> list[str]:
        """The mesh axes over which a sum is split as an index around it."""
        if term.reduction is not Reduction.SUM:
            return []
        axes, body = open_reduce(term, taken=around.ranges)
        return [axis for axis in self.setting.of_sum(axes, (body,)) if around.meets(axis, term)]

    def _reduce(self, term: Reduce, around: Around) -> tuple[Term, Parts]:
        """Of what is no sum the parts are such as its own reduction combines."""
        axes, body = open_reduce(term, taken=around.ranges)
        own = self.setting.of_sum(axes, (body,)) if term.reduction is not Reduction.PRODUCT else {}
        met = [axis for axis in own if around.meets(axis, term)]
        for axis in met:
            scattered = self._scattered(term, around, axis) if term.reduction is Reduction.SUM else None
            if scattered is not None:
                return scattered, WHOLE
            del own[axis]
        inner = replace(around, ranges={**around.ranges, **ranges_of(axes)}, owners={**around.owners, **own})
        new, parts = self.visit(body, inner)
        if parts and (term.reduction is not Reduction.SUM or not own.keys().isdisjoint(parts)):
            new, parts = self.combined(body, inner), WHOLE
        return reduce(term.reduction, axes, new), parts | frozenset(own)

    # --- reads ---------------------------------------------------------------------------------------------
    def _read(self, read: Access, around: Around) -> tuple[Term, Parts]:
        read = Access(read.tensor, tuple(self._subscript(subscript, around) for subscript in read.subscripts))
        parts = set(self.state.placements[read.tensor].summed_over)
        name, halos = read.tensor, list[tuple[int, Poly, Poly]]()
        for dimension, axis in self.state.placements[read.tensor].split():
            place = Place(read, dimension, axis)
            if around.meets(axis, read):
                reach = self.setting.reach(place, around.owners[axis], around.ranges)
                if reach is None:
                    name = self.state.gathered(name, dimension)
                elif not all(map(self.state.facts.proves, (-reach[0], -reach[1]))):
                    halos.append((dimension, *reach))
            elif not isinstance(place.subscript, Poly) or not place.subscript.indices():
                parts.add(axis)  # whoever has it reads it
            else:
                name = self.state.gathered(name, dimension)
        for dimension, before, after in halos:
            name = self.state.with_halo(name, dimension, before, after)
        return Access(name, read.subscripts), frozenset(parts)

    # --- values that are combined --------------------------------------------------------------------------
    def combined(self, term: Term, around: Around) -> Term:
        """The value of a term that is in parts, combined where that takes the fewest values, and once."""
        match term:
            case Mul(args):
                found = [(arg, self.visit(arg, around)) for arg in args]
                split = [arg for arg, (_, parts) in found if parts]
                if len(split) == 1 and split[0].free < term.free:
                    return mul(*(self.combined(arg, around) if parts else new for arg, (new, parts) in found))
            case Add(args):
                found = [(arg, self.visit(arg, around)) for arg in args]
                if len({parts for _, (_, parts) in found}) > 1:
                    return self._combined_sum(args, [parts for _, (_, parts) in found], around)
            case Access(name, subscripts) if self.state.placements[name].in_parts:
                return self._read(Access(self.state.combined(name), subscripts), around)[0]
        return self._part(term, around)

    def _part(self, term: Term, around: Around, scatter: tuple[str, Index] | None = None) -> Term:
        """The term as a tensor of its own, over the indices in it, and combined. `scatter`: the mesh axis whose devices
        keep each the block of that index."""
        guards = [guard for guard in around.guards if guard.free and guard.free <= term.free]
        value = where(logic_and(*guards), term, NIL) if guards else term
        axes = [axis for axis in around.ranges.values() if axis.index in value.free]
        places = [self._dimension(axis, around) for axis in axes]
        names = {axis.index: fresh_index(f"~{place}") for place, axis in enumerate(axes)}
        alike = substitute(value, {old: Poly.of(new) for old, new in names.items()})
        key = (
            "part",
            alike,
            tuple((a.low, a.high, p) for a, p in zip(axes, places, strict=True)),
            scatter and scatter[0],
        )
        subscripts = tuple(Poly.of(axis.index) for axis in axes)
        if key in self.making:
            raise UnsplittableIndex(
                show(value), expected="a value whose parts the devices add up",
                found="a condition that differs between the devices that have them", remedy="split another index",
            )  # fmt: skip
        if key not in self.state.known:
            self.making.add(key)
            self.state.known[key] = self._new_part(value, axes, places, scatter)
            self.making.discard(key)
        return Access(self.state.known[key], subscripts)

    def _new_part(
        self, value: Term, axes: Sequence[Axis], places: Sequence[tuple[Poly, Poly, str | None]],
        scatter: tuple[str, Index] | None,
    ) -> str:  # fmt: skip
        state, whole = self.state, self.state.current
        names = [axis.index.name if not axis.index.fresh else "" for axis in axes]
        integer = isinstance(value, Access) and state.tensors[value.tensor].dtype is DType.INT
        name = fresh_name(f"{whole}_part", state.taken)
        state.tensors[name] = Tensor(
            name, TensorKind.INTERMEDIATE, tuple(extent for _, extent, _ in places),
            tuple(origin for origin, _, _ in places), DType.INT if integer else DType.FLOAT,
            tuple(name if names.count(name) == 1 else "" for name in names),
            state.tensors[value.tensor].high if isinstance(value, Access) else None, part_of=whole,
        )  # fmt: skip
        scattered = [axis.index for axis in axes].index(scatter[1]) if scatter is not None else None
        split = tuple(None if place == scattered else axis for place, (_, _, axis) in enumerate(places))
        state.placements[name] = Placement(split)
        subscripts = tuple(Poly.of(axis.index) for axis in axes)
        equation, parts = self.equation(Equation(name, subscripts, tuple(axes), value, number=state.number), True)
        state.equations.append(equation)
        state.known["part", name] = name
        if not parts:
            return name
        inner = value.then if isinstance(value, Where) else value
        reduction = inner.reduction if isinstance(inner, Reduce) else Reduction.SUM
        state.placements[name] = Placement(split, tuple((axis, reduction) for axis in sorted(parts)))
        if scatter is not None and scattered is not None and scatter[0] in parts:
            return state.combined(name, scatter=(scatter[0], scattered))
        return state.combined(name)

    def _dimension(self, axis: Axis, around: Around) -> tuple[Poly, Poly, str | None]:
        """(origin, extent, mesh axis) of a dimension whose positions are those of the index: that of its owner, if it
        stays inside."""
        index, proves = Poly.of(axis.index), self.state.facts.proves
        for mesh_axis, owner in around.owners.items():
            if isinstance(owner.position, Poly) and not (index - owner.position).indices():
                origin = index - owner.position
                if proves(axis.low - origin) and proves(origin + owner.extent - 1 - axis.high):
                    return origin, owner.extent, mesh_axis
        return axis.low, axis.extent, None

    def _scattered(self, term: Term, around: Around, axis: str) -> Term | None:
        """A sum over an index that is split as one outside of it, or several such: every device adds up what it has for
        all positions of that one, and keeps its block of the result. None where it has not all that this takes."""
        owner = around.owners[axis].position
        alone = [index for index in term.free if isinstance(owner, Poly) and not (Poly.of(index) - owner).indices()]
        if not alone or sum(alone[0] in other.indices for other in around.owners.values()) > 1:
            return None
        if self._dimension(around.ranges[alone[0]], around)[2] != axis:
            return None
        before = self.state.copy()
        found = self._part(term, around, (axis, alone[0]))
        new = [made for name, made in self.state.exchanges.items() if name not in before.exchanges]
        scatters = any(exchange.kind is ExchangeKind.REDUCE_SCATTER for exchange in new) or len(new) == 0
        if not scatters or any(exchange.kind in _GATHERS for exchange in new):
            self.state.restore(before)
            return None
        return found

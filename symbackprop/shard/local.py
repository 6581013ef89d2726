"""What one device runs: tensors are its own blocks, indices count from where these begin.

Every device runs the same equations; which it is, is a variable of theirs: its place along each mesh axis. Of a
dimension of p·B positions the device at place q has those from q·B on, so that its own position u is q·B + u of the
whole. A read is local where q falls out of its subscript. What a device computes for positions that are looked up, or
that it has only some of, is guarded; such a tensor is added to what was 0.

Grammar::

    local    ::= module, places, devices, sizes     the functions, in the order of those that they were made of
    places   ::= mesh axis -> axis                  the index that stands for the device's place, from 0
    sizes    ::= name -> (poly, mesh axes)          that of a block: the poly over the devices along these
    exchange ::= of the equation target[i, ...] = source[i, ...], whose `dimension` has another extent on each side
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from symbackprop.errors import UnsplittableIndex
from symbackprop.schedule import Compute, Loop, Scheduled, ScheduledModule, Step, cached_tensors
from symbackprop.shard.blocks import Blocks
from symbackprop.shard.check_sharded import setting_of
from symbackprop.shard.form import Exchange, Sharded
from symbackprop.shard.local_terms import Around, LocalTerms
from symbackprop.shard.parts_of import PartsOf
from symbackprop.terms.binders import fresh_index
from symbackprop.terms.build import NIL, add, at_least_zero, logic_and, where
from symbackprop.terms.fixed_sizes import Sizes
from symbackprop.terms.poly import ZERO, Dim, Poly
from symbackprop.terms.program import Equation, Op, Tensor, fresh_name
from symbackprop.terms.term import Axis, Term

__all__ = ["Local", "local"]


@dataclass(frozen=True)
class Local:
    """See the grammar above; `sharded`: what it was made of."""

    sharded: Sharded
    module: ScheduledModule
    places: Mapping[str, Axis]
    devices: Mapping[str, Dim]
    sizes: Mapping[str, tuple[Poly, tuple[str, ...]]]

    def widths(self, exchange: Exchange) -> tuple[Poly, Poly]:
        """How much of its neighbours' blocks a halo holds, before a device's own and behind it."""
        source, target = (self.tensors[name] for name in (exchange.source, exchange.target))
        assert exchange.dimension is not None
        before = source.origin[exchange.dimension] - target.origin[exchange.dimension]
        more = target.shape[exchange.dimension] - source.shape[exchange.dimension]
        return before, more - before

    @property
    def tensors(self) -> Mapping[str, Tensor]:
        return self.module.backward.program.table | self.module.forward.program.table

    @property
    def exchanges(self) -> Mapping[str, Exchange]:
        return self.sharded.exchanges


def local(sharded: Sharded) -> Local:
    """The functions that every device runs. Raises UnsplittableIndex where a read would not be local there."""
    return _Localising(sharded).result()


@dataclass
class _Localising:
    sharded: Sharded
    first: list[Equation] = field(default_factory=list)  # places that are looked up in what is given

    def __post_init__(self) -> None:
        sharded = self.sharded
        self.setting = setting_of(sharded)
        taken = {*sharded.table, *sharded.forward.program.dims, *sharded.mesh}
        blocks = Blocks.of(self._extents(), sharded.mesh, taken)
        self.places = {
            axis: Axis(fresh_index(fresh_name(f"{axis}_place", taken)), ZERO, Poly.of(blocks.devices[axis]) - 1)
            for axis in sharded.mesh
        }
        self.blocks, self.sizes = blocks, Sizes(blocks.sizes)
        self.tensors = {name: self._tensor(tensor) for name, tensor in sharded.table.items()}
        self.taken = taken

    def _extents(self) -> Iterable[tuple[Poly, str]]:
        """Those that are split, and what counts their blocks where positions are made of two indices."""
        table = self.sharded.table
        for name, placement in self.sharded.placements.items():
            yield from ((table[name].shape[dimension], axis) for dimension, axis in placement.split())
        for scheduled in (self.sharded.forward, self.sharded.backward):
            for equation in dict.fromkeys(scheduled.equations):
                for mesh_axis, owner in self.setting.of_equation(equation).items():
                    if isinstance(owner.position, Poly) and len(owner.position.indices()) > 1:
                        slopes = {axis: owner.position.coefficient(axis.index) for axis in equation.axes}
                        yield from ((axis.extent, mesh_axis) for axis, slope in slopes.items()
                                    if not (axis.extent * slope - owner.extent).terms)  # fmt: skip

    # --- tensors -----------------------------------------------------------------------------------------
    def _tensor(self, tensor: Tensor) -> Tensor:
        placement, sized = self.sharded.placements[tensor.name], self.blocks.sized
        shape, origin = [*map(sized, tensor.shape)], [*map(sized, tensor.origin)]
        for dimension, axis in placement.split():
            shape[dimension] = self.blocks.block(tensor.shape[dimension], axis)
            halo = placement.halo(dimension)
            if halo is not None:
                before, after = self._width(tensor, halo.before), self._width(tensor, halo.after)
                shape[dimension] += before + after
                origin[dimension] -= before
        return replace(self.sizes.tensor(tensor), shape=tuple(shape), origin=tuple(origin))

    def _width(self, tensor: Tensor, poly: Poly) -> Poly:
        if self.setting.facts.proves(-poly):
            return ZERO
        if self.setting.facts.proves(poly):
            return self.blocks.sized(poly)
        raise UnsplittableIndex(
            tensor.name, expected="how many elements beyond its own block a device needs", found=str(poly),
            remedy="assume how its sizes compare, or split another index",
        )  # fmt: skip

    # --- functions ---------------------------------------------------------------------------------------
    def result(self) -> Local:
        sharded = self.sharded
        ways = (sharded.forward, sharded.backward)
        grouped: dict[str, list[Equation]] = {}
        for way in ways:
            for equation in dict.fromkeys(way.equations):
                grouped.setdefault(equation.target, []).append(equation)
        made: dict[Equation, tuple[Equation, ...]] = {}
        for group in grouped.values():
            made.update(zip(group, self._group(group), strict=True))
        forward, backward = self._way(ways[0], made, self.first), self._way(ways[1], made, ())
        wrt = sharded.backward.program.wrt
        cached = cached_tensors(forward.program, backward.equations, {adjoint for _, adjoint in wrt})
        back = backward.program.with_(wrt=wrt, equations=tuple(dict.fromkeys(backward.equations)))
        module = ScheduledModule(forward, backward, None, None, back, cached)
        return Local(sharded, module, self.places, self.blocks.devices, self.blocks.definitions())

    def _way(
        self, way: Scheduled, made: Mapping[Equation, tuple[Equation, ...]], first: Iterable[Equation]
    ) -> Scheduled:
        program = way.program
        steps = (*map(Compute, first), *(new for step in way.steps for new in self._steps(step, made)))
        scheduled = Scheduled(program, steps)
        used = {name for e in scheduled.equations for name in (e.target, *e.reads())} | program.table.keys()
        tensors = tuple(tensor for tensor in self.tensors.values() if tensor.name in used)
        dims = (*(axis.name for axis in self.blocks.devices.values()), *self.blocks.definitions())
        facts = tuple(self.sizes.assumption(fact) for fact in program.assumptions if not fact.axes)
        new = program.with_(
            dims=(*dims, *(dim for dim in program.dims if Dim(dim) not in self.blocks.sizes)),
            tensors=tensors, equations=tuple(dict.fromkeys(scheduled.equations)), assumptions=facts,
            indices=(), notation=(),
        )  # fmt: skip
        return Scheduled(new, steps)

    def _steps(self, step: Step, made: Mapping[Equation, tuple[Equation, ...]]) -> Iterable[Step]:
        if isinstance(step, Loop):
            body = tuple(new for inner in step.body for new in self._steps(inner, made))
            yield replace(step, low=self.blocks.sized(step.low), high=self.blocks.sized(step.high), body=body)
            return
        pins = tuple((index, self.blocks.sized(poly)) for index, poly in step.pins)
        for equation in made[step.equation]:
            standing = {axis.index for axis in equation.axes}
            kept = tuple((index, poly) for index, poly in pins if index in standing)
            yield Compute(equation, kept, self.sizes.term(step.only_when, {}))

    # --- equations ---------------------------------------------------------------------------------------
    def _group(self, group: Sequence[Equation]) -> list[tuple[Equation, ...]]:
        """The equations of one tensor, each with those of the places that it looks up before it."""
        found = [self._equation(equation) for equation in group]
        if any(guards for _, guards, _ in found):  # whoever defines it elsewhere adds nothing here
            return [(*places, self._added(equation, guards)) for equation, guards, places in found]
        return [(*places, equation) for equation, _, places in found]

    def _added(self, equation: Equation, guards: Sequence[Term]) -> Equation:
        rhs = where(logic_and(*guards), equation.rhs, NIL)
        return replace(equation, op=Op.ACCUMULATE, rhs=rhs)

    def _equation(self, equation: Equation) -> tuple[Equation, tuple[Term, ...], tuple[Equation, ...]]:
        """(the equation, the guards of its positions, equations of places that it looks up)."""
        exchange = self.sharded.exchange_of(equation)
        if exchange is not None:
            return self._exchange(equation, exchange), (), ()
        parts = PartsOf(self.setting, equation)
        addends = parts.addends()
        terms = LocalTerms(
            self.setting, self.blocks, self.places, self.tensors, equation, parts.joined, self.taken, self.first
        )  # fmt: skip
        around = terms.opened(equation.axes, self.setting.of_equation(equation), Around({}, {}))
        subscripts = tuple(
            terms.subscript(equation.target, place, subscript, around)
            for place, subscript in enumerate(equation.subscripts)
        )
        all_parts = {axis for axis, _ in self.sharded.placements[equation.target].in_parts}
        rhs = add(*(self._once(terms.term(term, around), all_parts - own) for term, own in addends))
        new = replace(equation, axes=tuple(around.axes(equation.axes)), subscripts=subscripts, rhs=rhs)
        return new, around.guards, tuple(terms.places_looked_up)

    def _once(self, term: Term, axes: Iterable[str]) -> Term:
        """An addend that is no part counts on the first device along these mesh axes."""
        firsts = [at_least_zero(-Poly.of(self.places[axis].index)) for axis in sorted(axes)]
        return where(logic_and(*firsts), term, NIL) if firsts else term

    def _exchange(self, equation: Equation, exchange: Exchange) -> Equation:
        """Over all that the device has of the target; of what is not split, as much as the equation says."""
        target, axes = self.tensors[equation.target], list(equation.axes)
        placement = self.sharded.placements[equation.target]
        for dimension, subscript in enumerate(equation.subscripts):
            place = next(place for place, axis in enumerate(axes) if subscript == Poly.of(axis.index))
            index = axes[place].index
            if placement.axes[dimension] is not None or dimension == exchange.dimension:
                axes[place] = target.axis(dimension, index)
            else:
                axes[place] = self.sizes.axis(axes[place])
        return replace(equation, axes=tuple(axes))

"""From the functions of a module and the indices that are split to programs for devices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from symbackprop.errors import CyclicEquations, UnsplittableIndex
from symbackprop.schedule import Loop, Scheduled, ScheduledModule, Step, unshared
from symbackprop.shard.check_sharded import setting_of
from symbackprop.shard.form import Exchange, ExchangeKind, Sharded
from symbackprop.shard.ownership import Setting, bracket_of
from symbackprop.shard.placements import dimension_names, placements_of, shard_indices
from symbackprop.shard.plan_tensors import TensorPlanner
from symbackprop.shard.state import State
from symbackprop.terms.build import split_coefficient
from symbackprop.terms.graph import reached
from symbackprop.terms.poly import Index
from symbackprop.terms.products import addends, factors
from symbackprop.terms.program import Equation, by_target
from symbackprop.terms.show import show
from symbackprop.terms.term import Access

__all__ = ["index_names", "shard"]


def shard(module: ScheduledModule, indices: Mapping[str, str]) -> Sharded:
    """The forward and backward functions of a module with these indices split over mesh axes.

    Raises UnknownIndex for a name that no dimension has, UnsplittableIndex for an index along which a loop runs,
    InvalidArgument for a mesh axis that is called as a size.
    """
    module = unshared(module)
    asked = shard_indices(indices, index_names(module), module.forward.program.dims)
    best = _planned(module, asked, frozenset())
    for names in best.combined_at_once(module):  # later, where that is fewer collectives: those of their readers
        other = _planned(module, asked, best.in_parts | names)
        if len(other.exchanges) < len(best.exchanges) and other.times_combined <= best.times_combined:
            best = other
    sharded = best.in_order(module, asked)
    refuse_split_loops(sharded)
    return sharded


def index_names(module: ScheduledModule) -> list[str]:
    """The names of all dimensions, which indices may be split by."""
    definitions = by_target([*module.forward.equations, *module.backward.equations])
    found: dict[str, None] = {}
    for tensor in (module.forward.program.table | module.backward.program.table).values():
        definition = definitions.get(tensor.name)
        found.update(dict.fromkeys(dimension_names(tensor, None if definition is None else definition[0])))
    return [name for name in found if name]


@dataclass(frozen=True)
class _Plan:
    """Equations of both ways, without what nothing needs; `in_parts`: the tensors that may stay so."""

    state: State
    ways: tuple[tuple[Equation, ...], ...]
    exchanges: Mapping[str, Exchange]
    in_parts: frozenset[str]

    @property
    def times_combined(self) -> int:
        """How often values are combined or sent along a mesh axis: along two of them at once is twice."""
        return sum(len(exchange.axes) for exchange in self.exchanges.values())

    def combined_at_once(self, module: ScheduledModule) -> list[frozenset[str]]:
        """The tensors inside that are sums over devices, combined where they are computed: each, and those that one
        equation reads."""
        forward, backward = module.forward.program, module.backward_program
        asked = {*forward.results, *forward.outputs, *(new for _, new in forward.updates)}
        asked |= {adjoint for _, adjoint in backward.wrt}
        sums = {exchange.target for exchange in self.exchanges.values() if exchange.kind is ExchangeKind.PSUM}
        found: dict[str, None] = {}
        for equation in (equation for way in self.ways for equation in way):
            brackets = [split_coefficient(addend)[1] for addend in addends(equation.rhs)]
            summands = [summand for bracket in brackets for summand in bracket_of(bracket) or (bracket,)]
            reads = {term.tensor for summand in summands for term in factors(summand) if isinstance(term, Access)}
            if equation.target in sums or not sums.isdisjoint(reads):
                found[equation.target] = None
        original = module.forward.program.table | module.backward.program.table
        equations = (*module.forward.equations, *module.backward.equations)
        order = {name: place for place, name in enumerate(dict.fromkeys(equation.target for equation in equations))}
        recurring = {name for e in equations for name in e.reads() if order.get(name, -1) >= order[e.target]}
        inner = frozenset(name for name in found if name in original and name not in asked | recurring)
        together = [inner & e.reads() for e in equations]
        return [frozenset((n,)) for n in found if n in inner] + [names for names in together if len(names) > 1]

    def in_order(self, module: ScheduledModule, indices: Mapping[str, str]) -> Sharded:
        scheduled = []
        backward = module.backward.program.with_(wrt=module.backward_program.wrt)
        for program, equations in zip((module.forward.program, backward), self.ways, strict=True):
            known = {equation.target for equation in equations} | {name for e in equations for name in e.reads()}
            known |= program.table.keys()
            tensors = tuple(tensor for tensor in self.state.tensors.values() if tensor.name in known)
            try:
                scheduled.append(Scheduled.of(program.with_(tensors=tensors, equations=equations), equations))
            except CyclicEquations as error:  # what is exchanged at once would have to be computed by and by
                raise UnsplittableIndex(
                    error.subject, expected="an order in which each exchange has all that it takes", found="a cycle",
                    remedy="split another index",
                ) from None  # fmt: skip
        there = {tensor.name for one in scheduled for tensor in one.program.tensors}
        placements = {name: placement for name, placement in self.state.placements.items() if name in there}
        return Sharded(indices, scheduled[0], scheduled[1], placements, self.exchanges)


def _planned(module: ScheduledModule, indices: Mapping[str, str], in_parts: frozenset[str]) -> _Plan:
    forward, backward = module.forward.program, module.backward.program
    tensors = forward.table | backward.table
    equations = (*module.forward.equations, *module.backward.equations)
    placements = placements_of(tensors.values(), equations, indices)
    state = State(dict(tensors), placements, {*tensors, *forward.dims}, Setting.facts_of(forward))
    ways = []
    for scheduled in (module.forward, module.backward):
        state.equations = []
        for name, group in by_target(dict.fromkeys(scheduled.equations)).items():
            TensorPlanner(state).tensor(name, group, name in in_parts)
        ways.append(state.equations)
    definitions = by_target([equation for way in ways for equation in way])
    wanted = dict.fromkeys(equation.target for equation in equations)
    live = set(reached(wanted, lambda name: sorted({r for e in definitions.get(name, ()) for r in e.reads()})))
    kept = tuple(tuple(equation for equation in way if equation.target in live) for way in ways)
    exchanges = {name: exchange for name, exchange in state.exchanges.items() if name in live}
    return _Plan(state, kept, exchanges, in_parts)


def refuse_split_loops(sharded: Sharded) -> None:
    """UnsplittableIndex where a loop runs along an index that is split: its steps would wait for one another."""
    setting = setting_of(sharded)
    for scheduled in (sharded.forward, sharded.backward):
        for step in scheduled.steps:
            _refuse(step, setting, sharded.indices)


def _refuse(step: Step, setting: Setting, indices: Mapping[str, str]) -> None:
    if isinstance(step, Loop):
        for inner in step.body:
            _refuse(inner, setting, indices)
        return
    pinned: set[Index] = {index for index, _ in step.pins}
    for axis, owner in setting.of_equation(step.equation).items():
        along = pinned & owner.indices
        if along:
            names = [name for name, other in indices.items() if other == axis]
            raise UnsplittableIndex(
                show(step.equation), expected="an index whose positions can be computed at the same time",
                found=f"{', '.join(names)} on {axis}, along which a loop runs step by step",
                remedy="split another index",
            )  # fmt: skip

"""From the functions of a module and the indices that are split to programs for devices."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from symbackprop.errors import UnsplittableIndex
from symbackprop.schedule import Compute, Loop, Scheduled, ScheduledModule, Step, unshared
from symbackprop.shard.form import Sharded
from symbackprop.shard.ownership import Setting
from symbackprop.shard.placements import dimension_names, placements_of, shard_indices
from symbackprop.shard.plan import Planner
from symbackprop.shard.state import State
from symbackprop.terms.graph import reached
from symbackprop.terms.poly import Index
from symbackprop.terms.program import Equation, Program, by_target
from symbackprop.terms.show import show

__all__ = ["shard"]


def shard(module: ScheduledModule, indices: Mapping[str, str]) -> Sharded:
    """The forward and backward functions of a module with these indices split over mesh axes.

    Raises UnknownIndex for a name that no dimension has, UnsplittableIndex for an index along which a loop runs.
    """
    module = unshared(module)
    forward, backward = module.forward.program, module.backward.program
    tensors = {tensor.name: tensor for tensor in (*forward.tensors, *backward.tensors)}
    equations = (*module.forward.equations, *module.backward.equations)
    asked = shard_indices(indices, _names(tensors.values(), equations))
    placements = placements_of(tensors.values(), equations, asked)
    facts = Setting.facts_of(forward)
    state = State(dict(tensors), placements, {*tensors, *forward.dims}, facts)
    ways = []
    for scheduled in (module.forward, module.backward):
        state.equations = []
        planner = Planner(state)
        for name, group in by_target(dict.fromkeys(scheduled.equations)).items():
            planner.tensor(name, group)
        ways.append(tuple(state.equations))
    wanted = {*(e.target for e in equations)}
    return _scheduled(module, asked, state, ways, wanted)


def _names(tensors: Iterable, equations: Sequence[Equation]) -> list[str]:
    definitions = by_target(equations)
    found: dict[str, None] = {}
    for tensor in tensors:
        found.update(dict.fromkeys(dimension_names(tensor, definitions.get(tensor.name, (None,))[0])))
    return [name for name in found if name and not name.startswith("~")]


def _scheduled(
    module: ScheduledModule, indices: Mapping[str, str], state: State, ways: Sequence[Sequence[Equation]],
    wanted: set[str],
) -> Sharded:  # fmt: skip
    """In order, without what nothing needs."""
    definitions = by_target([equation for way in ways for equation in way])
    live = set(reached(sorted(wanted), lambda name: sorted({r for e in definitions.get(name, ()) for r in e.reads()})))
    scheduled = []
    for program, way in zip((module.forward.program, module.backward.program), ways, strict=True):
        equations = tuple(equation for equation in way if equation.target in live)
        targets = {equation.target for equation in equations}
        there = {tensor.name for tensor in program.tensors}
        read = {name for equation in equations for name in equation.reads()}
        tensors = tuple(t for t in state.tensors.values() if t.name in there or t.name in targets | read)
        scheduled.append(Scheduled.of(program.with_(tensors=tensors, equations=equations), equations))
    tensors = {tensor.name for one in scheduled for tensor in one.program.tensors}
    placements = {name: placement for name, placement in state.placements.items() if name in tensors}
    exchanges = {name: exchange for name, exchange in state.exchanges.items() if name in live and name in placements}
    sharded = Sharded(indices, scheduled[0], scheduled[1], placements, exchanges)
    refuse_split_loops(sharded, state)
    return sharded


def refuse_split_loops(sharded: Sharded, state: State) -> None:
    """UnsplittableIndex where a loop runs along an index that is split: its steps would wait for one another."""
    setting = Setting(sharded.table, sharded.placements, state.facts)
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

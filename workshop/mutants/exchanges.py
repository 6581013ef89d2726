"""Sharded programs with one collective dropped, doubled, misplaced or too narrow, each of which is to be noticed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from symbackprop.interpret import Residues
from symbackprop.interpret.failures import Degenerate, InterpretationError
from symbackprop.schedule import Scheduled
from symbackprop.shard import Exchange, ExchangeKind, Sharded, Simulation, check_sharded
from symbackprop.shard.form import COMBINING, Halo
from symbackprop.shard.parts_of import Misplaced
from symbackprop.terms.program import Equation
from symbackprop.terms.term import Access

Arrays = Mapping[str, Any]


class Mistake(Enum):
    DROPPED = "dropped"
    DOUBLED = "doubled"
    ELSEWHERE = "over another mesh axis"
    EXCHANGED = "at another equation"
    NARROW = "a halo too narrow by one"


@dataclass(frozen=True, slots=True)
class ShardedMutant:
    """`exchange`: the one that is mistaken."""

    mistake: Mistake
    exchange: Exchange
    sharded: Sharded


def sharded_mutants(sharded: Sharded) -> Iterator[ShardedMutant]:
    """Every mutant, in the order of the exchanges."""
    sums = [exchange for exchange in sharded.exchanges.values() if exchange.kind is ExchangeKind.PSUM]
    for exchange in sharded.exchanges.values():
        yield ShardedMutant(Mistake.DROPPED, exchange, dropped(sharded, exchange))
        if exchange.kind is ExchangeKind.PSUM:
            yield ShardedMutant(Mistake.DOUBLED, exchange, doubled(sharded, exchange))
            other = next((one for one in sums if one.target != exchange.target), None)
            if other is not None:
                moved = doubled(dropped(sharded, exchange), other)
                yield ShardedMutant(Mistake.EXCHANGED, exchange, moved)
        if exchange.kind in COMBINING.values():
            for axis in sharded.mesh:
                if axis not in exchange.axes:
                    wrong = replace(exchange, axes=(*exchange.axes[1:], axis))
                    yield ShardedMutant(Mistake.ELSEWHERE, exchange, _with(sharded, wrong))
        if exchange.kind is ExchangeKind.HALO and exchange.dimension is not None:
            for before, after in ((1, 0), (0, 1)):
                wrong = replace(exchange, before=exchange.before - before, after=exchange.after - after)
                placement = sharded.placements[exchange.target]
                halos = [halo for halo in placement.halos if halo.dimension != exchange.dimension]
                halo = Halo(exchange.dimension, wrong.before, wrong.after)
                placement = replace(placement, halos=(*halos, halo))
                changed = replace(sharded, placements={**sharded.placements, exchange.target: placement})
                if _width(exchange, before):
                    yield ShardedMutant(Mistake.NARROW, exchange, _with(changed, wrong))


def _width(exchange: Exchange, before: int) -> bool:
    """Whether there is anything to make narrower."""
    width = (exchange.before if before else exchange.after).constant
    return width is None or width > 0


def dropped(sharded: Sharded, exchange: Exchange) -> Sharded:
    """The target is what the device itself has."""
    return replace(sharded, exchanges={k: e for k, e in sharded.exchanges.items() if e is not exchange})


def doubled(sharded: Sharded, exchange: Exchange) -> Sharded:
    """What is combined is combined once more."""
    again = f"{exchange.target}_again"
    tensor = replace(sharded.table[exchange.target], name=again)

    def changed(scheduled: Scheduled) -> Scheduled:
        program, found = scheduled.program, list[Equation]()
        for equation in program.equations:
            if equation.target == exchange.target:
                found.append(replace(equation, target=again))
                equation = equation.with_rhs(Access(again, equation.subscripts))
            found.append(equation)
        if len(found) == len(program.equations):
            return scheduled
        new = program.with_(tensors=(*program.tensors, tensor), equations=tuple(found))
        return Scheduled.of(new, new.equations)

    exchanges = dict(sharded.exchanges)
    exchanges[again] = replace(exchange, target=again)
    exchanges[exchange.target] = replace(exchange, source=again)
    placements = {**sharded.placements, again: sharded.placements[exchange.target]}
    return replace(sharded, forward=changed(sharded.forward), backward=changed(sharded.backward),
                   placements=placements, exchanges=exchanges)  # fmt: skip


def _with(sharded: Sharded, exchange: Exchange) -> Sharded:
    return replace(sharded, exchanges={**sharded.exchanges, exchange.target: exchange})


def is_refused(sharded: Sharded) -> bool:
    """Whether the check notices, without a run."""
    try:
        check_sharded(sharded)
    except Misplaced:
        return True
    return False


def is_noticed(
    sharded: Sharded, sizes: Mapping[str, int], data: Arrays, mesh: Mapping[str, int], truth: Arrays,
    residues: Residues,
) -> bool:  # fmt: skip
    """Whether a run notices: an element that is not there, or one of another value."""
    simulation = Simulation(sharded, sizes, data, mesh, residues)
    try:
        simulation.run()
        return any(simulation.differences(name, truth[name]) for name in truth)
    except (InterpretationError, Degenerate):
        return True

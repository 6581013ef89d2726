"""Sharded networks beside what they must compute: the same functions of the module, on one device."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Set
from typing import Any

import numpy as np

from symbackprop import Network, pipeline, zoo
from symbackprop.interpret import Interpreter, Residues
from symbackprop.interpret.failures import Degenerate
from symbackprop.schedule import Scheduled, unshared
from symbackprop.shard import Sharded, Simulation, check_sharded
from symbackprop.stages import derived_of, functions_of, in_order
from symbackprop.terms.program import Program
from symbackprop.verify.data import Style, draw

Sizes = Mapping[str, int]
Arrays = dict[str, np.ndarray[Any, Any]]


def network(name: str) -> Program:
    return zoo.load(name).to_program()


def sharded(net: str | Network | Program, indices: Mapping[str, str]) -> Sharded:
    """Planned and checked."""
    return check_sharded(pipeline.sharded(network(net) if isinstance(net, str) else net, indices))


def truth(program: Program, sizes: Sizes, data: Arrays, residues: Residues, names: Set[str]) -> Arrays:
    """The tensors of the module's functions on one device, those that are named."""
    functions = unshared(functions_of(program, in_order(derived_of(program))))
    ways = [way.program.with_(equations=tuple(dict.fromkeys(way.equations)))
            for way in (functions.forward, functions.backward)]  # fmt: skip
    forward = Interpreter(ways[0], sizes, data, residues)
    backward = Interpreter(ways[1], sizes, data, residues, outer=forward)
    return {name: way.array(name) for way in (forward, backward) for name in way.program.definitions if name in names}


def compared(program: Program, one: Sharded, sizes: Sizes, mesh: Mapping[str, int], seed: int = 0) -> int:
    """How many tensors were compared, every element on every device; the loss and all gradients are among them."""
    for attempt in range(4):
        residues = Residues(seed + attempt)
        data = draw(program, sizes, seed + attempt, Style.SIGNED, exact=True)
        simulation = Simulation(one, sizes, data, mesh, residues)
        whole = {name for name, placement in one.placements.items() if not placement.in_parts}
        try:
            values = truth(program, sizes, data, residues, whole)
        except Degenerate:
            continue
        simulation.run()
        backward = one.backward.program
        wanted = {adjoint for _, adjoint in backward.wrt} | set(one.forward.program.results)
        assert wanted <= values.keys()
        wrong = {name: found for name in values if (found := simulation.differences(name, values[name]))}
        assert not wrong, wrong
        return len(values)
    raise AssertionError("no data at which the network has a value")


def kinds(one: Sharded, scheduled: Scheduled, over: str) -> Counter[str]:
    """The collectives of one way over one mesh axis, by kind."""
    return Counter(exchange.kind.value for exchange in one.exchanged(scheduled) if over in exchange.axes)

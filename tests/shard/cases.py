"""Sharded networks beside what they must compute: the same functions of the module, on one device."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np

from symbackprop import Network, pipeline, zoo
from symbackprop.interpret import Residues
from symbackprop.interpret.failures import Degenerate
from symbackprop.schedule import Scheduled
from symbackprop.shard import Sharded, Simulation, check_sharded
from symbackprop.terms.program import Program
from symbackprop.verify.data import Style, draw
from workshop.devices import on_one

Sizes = Mapping[str, int]
Arrays = dict[str, np.ndarray[Any, Any]]

# networks whose batch is another index than n: a graph, whose nodes it is
BATCH = {"gcn": ("v", "V")}
# sizes at which these have gradients: of one class there are none
TELLING = {"unet": {"C": 2}, "resnet": {"C": 2, "H": 2, "W": 2}}
MLP = {"N": 4, "D": 3, "H": 6, "C": 4}
BLOCK = {"N": 2, "T": 4, "D": 3, "A": 4, "E": 2, "F": 4}
GPT2 = {"N": 2, "T": 2, "M": 3, "V": 4, "D": 4, "A": 4}
# network, indices on mesh axes, sizes, how many devices along data and model
ON_MESHES: list[tuple[str, str, dict[str, int], list[tuple[int, int]]]] = [
    ("mlp", "n=data,j=model", MLP, [(1, 1), (2, 1), (1, 2), (2, 2), (4, 3), (2, 6)]),
    ("mlp", "n=data,k=model", MLP, [(2, 2), (4, 4)]),
    ("mlp", "n=data,j=data", MLP, [(2, 1)]),
    ("mlp", "i=model,n=data", MLP | {"D": 4}, [(2, 2), (1, 4)]),
    ("transformer_block", "n=data,a=model,f=model", BLOCK, [(1, 1), (2, 2), (1, 4), (2, 4)]),
    ("transformer_block", "n=data,a=model,f=model,t=model", BLOCK, [(2, 2), (1, 4)]),
    ("transformer_block", "n=data,d=model", BLOCK | {"D": 4}, [(2, 2), (1, 4)]),
    ("transformer_block", "t=data,f=model", BLOCK, [(2, 2), (4, 2)]),
    ("gpt2", "n=data,a=model,j=model", GPT2, [(1, 1), (2, 2), (1, 4), (2, 4)]),
    ("gpt2", "n=data,a=model,j=model,v=model", GPT2, [(2, 2), (1, 4)]),
    ("gpt2", "n=data,v=data,j=data", GPT2, [(2, 1)]),
    ("embedding", "n=data,i=data", {"N": 4, "T": 3, "V": 4, "D": 2, "C": 2}, [(2, 1), (4, 1)]),
    ("wavenet", "t=data", {"N": 2, "T": 6, "V": 3, "D": 2, "P": 2, "K": 2}, [(2, 1), (3, 1)]),
    ("resnet", "h=data,n=model", {"N": 2, "B": 1, "H": 4, "W": 3, "F": 1, "C": 2}, [(2, 2), (4, 1)]),
]  # fmt: skip


def network(name: str) -> Program:
    return zoo.load(name).to_program()


def sharded(net: str | Network | Program, indices: Mapping[str, str]) -> Sharded:
    """Planned and checked."""
    return check_sharded(pipeline.sharded(network(net) if isinstance(net, str) else net, indices))


def compared(program: Program, one: Sharded, sizes: Sizes, mesh: Mapping[str, int], seed: int = 0) -> float:
    """Every element of every tensor on every device; which share of the loss and the gradients is not 0."""
    for attempt in range(4):
        residues = Residues(seed + attempt)
        data = draw(program, sizes, seed + attempt, Style.SIGNED, exact=True)
        simulation = Simulation(one, sizes, data, mesh, residues)
        whole = {name for name, placement in one.placements.items() if not placement.in_parts}
        try:
            values = on_one(program, sizes, data, residues, whole)
        except Degenerate:
            continue
        simulation.run()
        backward = one.backward.program
        wanted = {adjoint for _, adjoint in backward.wrt} | set(one.forward.program.results)
        assert wanted <= values.keys()
        wrong = {name: found for name in values if (found := simulation.differences(name, values[name]))}
        assert not wrong, wrong
        return sum(bool(np.any(values[name] != 0)) for name in wanted) / len(wanted)
    raise AssertionError("no data at which the network has a value")


def kinds(one: Sharded, scheduled: Scheduled, over: str) -> Counter[str]:
    """The collectives of one way over one mesh axis, by kind."""
    return Counter(exchange.kind.value for exchange in one.exchanged(scheduled) if over in exchange.axes)

"""On one, two, three and four devices per axis every element is what it is on one, modulo a prime."""

from __future__ import annotations

import pytest

from symbackprop import zoo
from symbackprop.errors import InvalidSize
from symbackprop.shard import NotResident, Simulation
from symbackprop.verify.data import Style, draw
from symbackprop.verify.feasible_sizes import feasible_sizes
from tests.shard.cases import compared, network, sharded
from workshop.mutants.exchanges import dropped

# networks whose batch is another index than n: a graph, whose nodes it is
BATCH = {"gcn": ("v", "V")}


@pytest.mark.parametrize("devices", [1, 2, 3, 4])
@pytest.mark.parametrize("name", zoo.names())
def test_the_zoo_on_its_batch(name, devices):
    program = network(name)
    index, size = BATCH.get(name, ("n", "N"))
    sizes = feasible_sizes(program, 0, budget=8000, given={size: devices if devices > 2 else 2 * devices})
    assert compared(program, sharded(program, {index: "data"}), sizes, {"data": devices}) > 2


MLP = {"N": 4, "D": 3, "H": 6, "C": 4}
BLOCK = {"N": 2, "T": 4, "D": 3, "A": 4, "E": 2, "F": 4}
GPT2 = {"N": 2, "T": 2, "M": 3, "V": 4, "D": 4, "A": 4}


@pytest.mark.parametrize(("name", "indices", "sizes", "meshes"), [
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
])  # fmt: skip
def test_data_and_model(name, indices, sizes, meshes):
    program = network(name)
    one = sharded(program, dict(pair.split("=") for pair in indices.split(",")))
    for mesh in meshes:
        compared(program, one, sizes, dict(zip(("data", "model"), mesh, strict=True)))


def test_blocks_are_equal():
    program = network("mlp")
    with pytest.raises(InvalidSize, match="index n: expected a multiple of 3, the devices along data, found N = 4"):
        Simulation(sharded(program, {"n": "data"}), MLP, draw(program, MLP, exact=True), {"data": 3})


def test_a_read_of_what_another_device_has_fails():
    program = network("mlp")
    one = sharded(program, {"n": "data", "j": "data"})
    gather = next(exchange for exchange in one.exchanges.values() if exchange.source == "W1")
    data = draw(program, MLP, 0, Style.SIGNED, exact=True)
    with pytest.raises(NotResident, match="has no W1"):
        Simulation(dropped(one, gather), MLP, data, {"data": 2}).run()

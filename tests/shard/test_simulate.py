"""On one, two, three and four devices per axis every element is what it is on one, modulo a prime."""

from __future__ import annotations

import pytest

from symbackprop import zoo
from symbackprop.errors import InvalidSize
from symbackprop.shard import NotResident, Simulation
from symbackprop.verify.data import Style, draw
from symbackprop.verify.feasible_sizes import feasible_sizes
from tests.shard.cases import BATCH, MLP, ON_MESHES, TELLING, compared, network, sharded
from workshop.mutants.exchanges import dropped


@pytest.mark.parametrize("devices", [1, 2, 3, 4])
@pytest.mark.parametrize("name", zoo.names())
def test_the_zoo_on_its_batch(name, devices):
    program = network(name)
    index, size = BATCH.get(name, ("n", "N"))
    given = {size: devices if devices > 2 else 2 * devices} | TELLING.get(name, {})
    one = sharded(program, {index: "data"})
    for seed in range(6):  # an alignment that there is none of tells nothing
        sizes = feasible_sizes(program, seed, budget=8000, given=given)
        if compared(program, one, sizes, {"data": devices}, seed) > 0.7:
            return
    raise AssertionError("nothing but zeros was compared")


@pytest.mark.parametrize(("name", "indices", "sizes", "meshes"), ON_MESHES)
def test_data_and_model(name, indices, sizes, meshes):
    program = network(name)
    one = sharded(program, dict(pair.split("=") for pair in indices.split(",")))
    for mesh in meshes:
        compared(program, one, sizes, dict(zip(("data", "model"), mesh, strict=True)))


# network, indices on data and model, which sizes the devices along each divide, the other sizes
ON_EVERY_MESH = [
    ("mlp", "n=data,j=model", ("N", "H"), {"D": 2, "C": 3}),
    ("transformer_block", "n=data,a=model,f=model", ("N", "A F"), {"T": 2, "D": 2, "E": 2}),
    ("gpt2", "n=data,a=model,j=model,v=model", ("N", "A V D"), {"T": 2, "M": 2}),
]


@pytest.mark.parametrize("model", [1, 2, 3, 4])
@pytest.mark.parametrize("data", [1, 2, 3, 4])
@pytest.mark.parametrize(("name", "indices", "divided", "sizes"), ON_EVERY_MESH)
def test_every_mesh(name, indices, divided, sizes, data, model):
    program = network(name)
    along = {size: max(2, devices) for names, devices in zip(divided, (data, model), strict=True)
             for size in names.split()}  # fmt: skip
    one = sharded(program, dict(pair.split("=") for pair in indices.split(",")))
    assert compared(program, one, sizes | along, {"data": data, "model": model}) == 1


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

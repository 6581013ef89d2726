"""The rows of a table: what each exchange takes."""

from __future__ import annotations

import math
from itertools import product

import pytest
import sympy

from symbackprop.errors import InvalidArgument
from symbackprop.language.sympy_form import SympyForm
from symbackprop.shard import ExchangeKind, Simulation
from symbackprop.shard.table import placed_text, rows, sent
from symbackprop.terms.show import show
from tests.shard.cases import sharded


def test_rows_are_the_exchanges_in_order():
    one = sharded("mlp", {"n": "data", "j": "model"})
    found = rows(one)
    assert [(row.label, row.collective) for row in found] == [
        ("F3", "AllReduce_model"), ("F6", "AllReduce_data"), ("B4", "AllReduce_data"), ("B5", "AllReduce_data"),
        ("B6", "AllReduce_data"), ("B7", "AllReduce_data"),
    ]  # fmt: skip
    assert str(found[0]) == "F3  z2_part_sum[N_data, C]  AllReduce_model  2·C·N·(model - 1)/(data·model)"


def elements(one, target):
    (equation,) = (e for program in one.programs for e in program.equations if e.target == target)
    return show(sent(one, equation))


def test_what_each_kind_sends():
    one = sharded("mlp", {"n": "data", "j": "data"})
    assert elements(one, "W1_all") == "(data - 1)·D·H/data"
    assert elements(one, "d_W1") == "(data - 1)·D·H/data"
    one = sharded("resnet", {"h": "data"})
    assert elements(one, "x_halo") == "2·(data - 1)·B·N·W/data"


def test_a_mesh_axis_is_not_called_as_a_size():
    with pytest.raises(InvalidArgument, match="a mesh axis with a name of its own, found D, a size"):
        sharded("mlp", {"n": "D"})


def test_placements_are_written_by_extents():
    one = sharded("gpt2", {"n": "data", "v": "model"})
    table, placements = one.table, one.placements
    assert placed_text(table["x_part"], placements["x_part"]) == "x_part[N_data, T, D]{U_model}"
    assert placed_text(table["loss"], placements["loss"]) == "loss"
    name = "p_logsumexp_max_part"
    assert placed_text(table[name], placements[name]) == f"{name}[N_data, T]{{U^max_model}}"
    one = sharded("wavenet", {"t": "time"})
    assert {placed_text(one.table[name], one.placements[name]) for name in one.exchanges} >= {"loss"}
    halo = next(row for row in rows(one) if row.exchange.target == "h2_halo")
    assert (halo.placed, halo.collective) == ("h2_halo[N, T_time, D]", "HaloExchange_{time,T}")


def rings(one, equation, sizes, mesh):
    """How many elements all devices send, counted message by message: each group of devices along the mesh axes in a
    ring, which passes on what its neighbour lacks."""
    exchange = one.exchanges[equation.target]
    program = next(program for program in one.programs if equation in program.equations)
    simulation = Simulation(one, sizes, {}, mesh)
    positions = list(product(*(range(a.low.evaluate(lambda d: sizes[d.name]), a.high.evaluate(
        lambda d: sizes[d.name]) + 1) for a in equation.axes)))  # fmt: skip
    assert program.definitions[equation.target] == (equation,)
    total, done = 0, set()
    for device in simulation.devices.values():
        ring = list(simulation.group(device, exchange.axes))
        if id(ring[0]) in done:
            continue
        done.add(id(ring[0]))
        here = [p for p in positions if any(other.has(exchange.source, p) for other in ring)]
        if exchange.kind in (ExchangeKind.ALL_GATHER, ExchangeKind.HALO):
            # what a device is to have and has not comes from its neighbour, once
            total += sum(other.has(exchange.target, p) and not other.has(exchange.source, p) for other in ring
                         for p in here)  # fmt: skip
            continue
        partial = {(place, p): {place} for place in range(len(ring)) for p in here}  # whose parts a device has added
        chunks = [here[start :: len(ring)] for start in range(len(ring))]
        for step in range(len(ring) - 1):  # each device adds what its neighbour sends to its own part
            for place in range(len(ring)):
                for p in chunks[(place - step) % len(ring)]:
                    partial[(place + 1) % len(ring), p] |= partial[place, p]
                    total += 1
        owners = {p: (start - 1) % len(ring) for start, chunk in enumerate(chunks) for p in chunk}
        assert all(len(partial[place, p]) == len(ring) for p, place in owners.items())
        if exchange.kind is not ExchangeKind.REDUCE_SCATTER:
            assert exchange.kind is not ExchangeKind.PLOGSUMEXP
            total += len(here) * (len(ring) - 1)  # the sums go round once more
    return total


@pytest.mark.parametrize(("name", "indices", "sizes", "meshes"), [
    ("mlp", "n=data,j=model", {"N": 4, "D": 3, "H": 6, "C": 4}, [(1, 1), (2, 3), (4, 2)]),
    ("mlp", "n=data,j=data", {"N": 4, "D": 3, "H": 8, "C": 5}, [(2, 1), (4, 1)]),
    ("transformer_block", "n=data,a=model,f=model,t=model", {"N": 2, "T": 4, "D": 3, "A": 4, "E": 2, "F": 4},
     [(2, 2), (1, 4)]),
    ("gpt2", "n=data,a=model,j=model,v=model", {"N": 2, "T": 2, "M": 3, "V": 4, "D": 4, "A": 4}, [(2, 2), (1, 4)]),
    ("resnet", "h=data,n=model", {"N": 2, "B": 1, "H": 4, "W": 3, "F": 1, "C": 2}, [(1, 1), (4, 1), (2, 2)]),
    ("wavenet", "t=data", {"N": 2, "T": 12, "V": 3, "D": 2, "P": 2, "K": 2}, [(1, 1), (2, 1), (3, 1)]),
    ("rnn", "n=data,j=model", {"T": 3, "N": 2, "D": 2, "H": 4, "C": 2}, [(2, 2), (1, 4)]),
])  # fmt: skip
def test_what_is_sent_message_by_message(name, indices, sizes, meshes):
    one = sharded(name, dict(pair.split("=") for pair in indices.split(",")))
    for mesh in (dict(zip(("data", "model"), mesh, strict=True)) for mesh in meshes):
        for row in rows(one):
            told = at(row.sent, {**sizes, **mesh}) * math.prod(mesh[axis] for axis in one.mesh)
            assert told == rings(one, row.equation, sizes, mesh), (str(row), mesh)


def at(term, sizes):
    """The value of a term in sizes."""
    value = SympyForm({}).value(term)
    return value.xreplace({symbol: sympy.Integer(sizes[symbol.name]) for symbol in value.free_symbols})

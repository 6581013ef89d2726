"""Every collective that is dropped, doubled, misplaced or too narrow is refused by the check, and noticed by a run."""

from __future__ import annotations

from collections import Counter

import pytest

from symbackprop import zoo
from symbackprop.interpret import Residues
from symbackprop.shard import ExchangeKind
from symbackprop.verify.data import Style, draw
from tests.shard.cases import BATCH, network, sharded
from workshop.devices import on_one
from workshop.mutants.exchanges import Mistake, is_noticed, is_refused, sharded_mutants

BLOCK = {"N": 2, "T": 4, "D": 3, "A": 2, "E": 2, "F": 2}
CASES = [
    ("mlp", "n=data,j=model", {"N": 2, "D": 3, "H": 2, "C": 3}),
    ("mlp", "n=data,k=model", {"N": 2, "D": 3, "H": 2, "C": 4}),
    ("mlp", "j=data,n=data,k=model", {"N": 2, "D": 3, "H": 2, "C": 4}),
    ("transformer_block", "n=data,a=model,f=model", BLOCK),
    ("transformer_block", "n=data,a=model,f=model,t=model", BLOCK),
    ("gpt2", "n=data,a=model,j=model,v=model", {"N": 2, "T": 2, "M": 3, "V": 4, "D": 2, "A": 2}),
    ("wavenet", "n=model,t=data", {"N": 2, "T": 8, "V": 3, "D": 1, "P": 2, "K": 1}),
]


@pytest.mark.parametrize(("name", "indices", "sizes"), CASES)
def test_all_are_noticed(name, indices, sizes):
    program = network(name)
    one = sharded(program, dict(pair.split("=") for pair in indices.split(",")))
    data, residues = draw(program, sizes, 0, Style.SIGNED, exact=True), Residues(0)
    whole = {name for name, placement in one.placements.items() if not placement.in_parts}
    values = on_one(program, sizes, data, residues, whole)
    mesh = {"data": 2, "model": 2}
    made: Counter[Mistake] = Counter()
    assert not is_refused(one)
    assert not is_noticed(one, sizes, data, mesh, values, residues)
    for mutant in sharded_mutants(one):
        made[mutant.mistake] += 1
        assert is_refused(mutant.sharded), mutant
        assert is_noticed(mutant.sharded, sizes, data, mesh, values, residues), mutant
    assert made[Mistake.DROPPED] == len(one.exchanges)
    if any(exchange.kind is ExchangeKind.PSUM for exchange in one.exchanges.values()):
        assert made[Mistake.DOUBLED]
    if any(exchange.kind is ExchangeKind.HALO for exchange in one.exchanges.values()):
        assert made[Mistake.NARROW]


@pytest.mark.parametrize("name", zoo.names())
def test_all_of_the_zoo_on_its_batch_are_refused(name):
    index, _ = BATCH.get(name, ("n", "N"))
    one = sharded(network(name), {index: "data"})
    assert one.exchanges
    for mutant in sharded_mutants(one):
        assert is_refused(mutant.sharded), mutant

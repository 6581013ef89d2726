"""Networks made at random, any of their indices on mesh axes: refused by name, or right on every device."""

from __future__ import annotations

import random

import pytest

from symbackprop import pipeline
from symbackprop.errors import InvalidSize, UnsplittableIndex
from symbackprop.feasible import UnmetAssumption
from symbackprop.shard import check_sharded
from symbackprop.terms.program import Program
from symbackprop.verify.feasible_sizes import feasible_sizes
from tests.shard.cases import compared, network, sharded
from tests.workshop.fuzz.drawn import drawn

DEVICES = {"data": 2, "model": 2}


def sizes_in_blocks(program: Program, seed: int) -> dict[str, int] | None:
    """Even sizes that the program allows, if there are any."""
    try:
        return feasible_sizes(program, seed, budget=4000, given=dict.fromkeys(program.dims, 2 + 2 * (seed % 2)))
    except (InvalidSize, UnmetAssumption):
        return None


@pytest.mark.parametrize("seed", range(30))
def test_random_networks(seed):
    program = drawn(seed)[0].to_program()
    rng = random.Random(seed)
    names = sorted({axis for tensor in program.tensors for axis in tensor.axes if axis})
    told: list[str] = []
    for _ in range(4):
        chosen = rng.sample(names, min(len(names), rng.randint(1, 3)))
        indices = {name: rng.choice(("data", "model")) for name in chosen}
        try:
            one = check_sharded(pipeline.sharded(program, indices))
            sizes = sizes_in_blocks(program, seed)
            if sizes is not None:
                compared(program, one, sizes, DEVICES)
        except (UnsplittableIndex, InvalidSize) as refused:
            told.append(str(refused))
    assert all("along which a loop runs" in text or "a multiple of 2" in text for text in told)


def test_every_equation_keeps_its_number():
    one = sharded("gpt2", {"n": "data", "v": "model"})
    numbers = [equation.label for equation in one.forward.equations]
    assert all(numbers)
    assert {equation.label for equation in one.backward.equations} == {f"B{place}" for place in range(1, 43)}


def test_the_same_program_for_the_same_network():
    one, other = (sharded(network("transformer_block"), {"n": "data", "a": "model"}) for _ in range(2))
    assert one.forward == other.forward
    assert one.backward == other.backward
    assert list(one.exchanges.items()) == list(other.exchanges.items())

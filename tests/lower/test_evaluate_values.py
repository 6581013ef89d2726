"""Lowered values, computed as they stand, are what the interpreter makes of the programs."""

from __future__ import annotations

import pytest

from symbackprop import zoo
from symbackprop.cli import networks
from symbackprop.stages import derived_of
from symbackprop.verify.data import draw
from symbackprop.verify.prime_sizes import choose_sizes
from workshop.fuzz.modules import compare_values, lowered_values, reference_values


@pytest.mark.parametrize("name", zoo.names())
def test_the_zoo(name: str) -> None:
    program = networks.find(name).to_program()
    derived = derived_of(program)
    sizes = choose_sizes(program)
    for seed in range(5):
        data = draw(program, sizes, seed=seed)
        reference = reference_values(program, derived, sizes, data)
        if reference is not None:
            break
    assert reference is not None
    compare_values(lowered_values(program, derived), program, sizes, data, reference)

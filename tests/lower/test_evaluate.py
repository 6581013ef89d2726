"""Lowered values, computed as they stand, are what the interpreter makes of the programs."""

from __future__ import annotations

import pytest

from symbackprop import zoo
from symbackprop.cli import networks
from symbackprop.derive.differentiate import differentiate
from symbackprop.fuzz.modules import compare_values, lowered_values, reference_values
from symbackprop.optimise.passes import optimise
from symbackprop.optimise.specialise import specialise
from symbackprop.stable import stable_forms
from symbackprop.terms.program import TensorKind
from symbackprop.verify.data import draw
from symbackprop.verify.sizes import choose_sizes


@pytest.mark.parametrize("name", zoo.names())
def test_the_zoo(name: str) -> None:
    program = networks.find(name).to_program()
    wrt = tuple(tensor.name for tensor in program.of_kind(TensorKind.PARAMETER))
    derived = optimise(differentiate(stable_forms(specialise(program, training=True)), wrt))
    sizes = choose_sizes(program)
    for seed in range(5):
        data = draw(program, sizes, seed=seed)
        reference = reference_values(program, derived, sizes, data)
        if reference is not None:
            break
    assert reference is not None
    compare_values(lowered_values(program, derived), program, sizes, data, reference)

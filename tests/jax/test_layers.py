"""Every layer and loss over its options, in JAX: values and gradients are those of NumPy's modules."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import symbackprop
from symbackprop.sources import program_of
from symbackprop.terms.program import TensorKind
from symbackprop.verify.evaluators import ModuleEvaluator, Of
from symbackprop.verify.prime_sizes import choose_sizes
from tests.layers.cases import CASES

jax = pytest.importorskip("jax")


@pytest.fixture(autouse=True)
def double_precision() -> Any:
    with jax.enable_x64(True):
        yield


@pytest.mark.parametrize("name", CASES)
def test_it_equals_numpy(name: str) -> None:
    case = CASES[name]
    net = case.build()
    program = program_of(net)
    sizes = choose_sizes(program, given=case.sizes)
    data = case.data(program, sizes)
    expected = ModuleEvaluator(symbackprop.load(net), program, sizes).values(data)
    found = ModuleEvaluator(symbackprop.load(net, backend="jax"), program, sizes).values(data)
    assert found.keys() == expected.keys()
    assert program.of_kind(TensorKind.PARAMETER)
    largest = max(np.abs(value).max(initial=0.0) for key, value in expected.items() if key.of is Of.GRADIENT)
    for key, value in found.items():
        scale = np.abs(expected[key]).max(initial=0.0)
        assert np.asarray(value).shape == np.asarray(expected[key]).shape
        assert np.abs(np.asarray(value) - expected[key]).max(initial=0.0) <= 1e-12 * scale + 1e-14 * largest, key

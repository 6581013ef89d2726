"""Forms that are no network's alone, in JAX: values, gradients and next buffers are those of NumPy's modules."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import symbackprop
from symbackprop import Network
from symbackprop.pipeline import load
from symbackprop.sources import program_of
from symbackprop.verify.evaluators import ModuleEvaluator
from tests.array_text.test_statement_lines import GENERAL
from tests.jax.general import by_the_step, own_names, turned_blocks
from tests.jax.test_zoo import data_of

jax = pytest.importorskip("jax")


@pytest.fixture(autouse=True)
def double_precision() -> Any:
    with jax.enable_x64(True):
        yield


@pytest.mark.parametrize("make", [*GENERAL, own_names, by_the_step, turned_blocks], ids=lambda make: make.__name__)
def test_it_equals_numpy(make: Callable[[], Network]) -> None:
    net = make()
    program = program_of(net)
    sizes, data = data_of(program)
    expected = ModuleEvaluator(load(net), program, sizes).values(data)
    found = ModuleEvaluator(load(net, backend="jax"), program, sizes).values(data)
    assert found.keys() == expected.keys()
    for key, value in found.items():
        np.testing.assert_allclose(value, expected[key], rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("make", [own_names, by_the_step, turned_blocks], ids=lambda make: make.__name__)
def test_so_does_the_plain_module(make: Callable[[], Network]) -> None:
    report = symbackprop.verify(make(), style="plain")
    assert report.passed, str(report)

"""Modules in JAX against those in NumPy and the interpreter, and their backward pass against JAX's own."""

from __future__ import annotations

import inspect
from functools import cache
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import symbackprop
from symbackprop import zoo
from symbackprop.sources import program_of
from symbackprop.stable import stable_forms
from symbackprop.terms.program import Program
from symbackprop.verify.data import Data, finite_data
from symbackprop.verify.evaluators import ModuleEvaluator
from symbackprop.verify.feasible_sizes import feasible_sizes

jax = pytest.importorskip("jax")


@pytest.fixture(autouse=True)
def double_precision() -> Any:
    with jax.enable_x64(True):
        yield


def data_of(program: Program) -> tuple[dict[str, int], Data]:
    for seed in range(8):
        sizes = feasible_sizes(program, seed)
        data = finite_data(stable_forms(program), sizes, seed)
        if data is not None:
            return dict(sizes), data
    raise AssertionError("no data were found")


@cache
def loaded(name: str) -> ModuleType:
    return symbackprop.load(zoo.load(name), backend="jax")


def near(found: Any, expected: Any, tolerance: float = 1e-12) -> None:
    found, expected = np.asarray(found), np.asarray(expected)
    assert found.shape == expected.shape
    scale = np.abs(expected).max(initial=0.0)
    assert np.abs(found - expected).max(initial=0.0) <= tolerance * scale + 1e-14


@pytest.mark.parametrize("name", zoo.names())
def test_it_equals_numpy(name: str) -> None:
    program = program_of(zoo.load(name))
    sizes, data = data_of(program)
    expected = ModuleEvaluator(symbackprop.load(zoo.load(name)), program, sizes).values(data)
    found = ModuleEvaluator(loaded(name), program, sizes).values(data)
    assert found.keys() == expected.keys()
    for key, value in found.items():
        assert np.asarray(value).dtype == np.float64
        near(value, expected[key])
    single = ModuleEvaluator(loaded(name), program, sizes, np.float32).values(data)
    assert {np.asarray(value).dtype for value in single.values()} == {np.dtype("float32")}


@pytest.mark.parametrize("name", zoo.names())
def test_the_backward_pass_is_that_of_jax(name: str) -> None:
    """`jax.grad` of the loss, which is ours, and of the forward pass alone, which is JAX's; under `jit` as well."""
    program = program_of(zoo.load(name))
    sizes, data = data_of(program)
    evaluator = ModuleEvaluator(loaded(name), program, sizes)
    given = evaluator._arguments(data)
    arguments = {n: given[n] for n in inspect.signature(loaded(name).loss).parameters if n in given}
    params = arguments.pop("params")
    _, ours = loaded(name).value_and_grad(params, **arguments)
    derived = jax.jit(jax.grad(lambda p: loaded(name).loss(p, **arguments)))(params)
    theirs = jax.jit(jax.grad(lambda p: loaded(name).forward(p, **arguments)[0]))(params)
    assert ours.keys() == derived.keys()
    for key, value in ours.items():
        near(derived[key], value)
        near(theirs[key], value, 1e-9)


@pytest.mark.parametrize("name", ["embedding", "lstm", "mlp", "vae"])
def test_it_is_verified_as_any_other(name: str) -> None:
    """At sizes of 1, of primes and of powers of two, in single and in double precision."""
    report = symbackprop.verify(zoo.load(name), backend="jax")
    assert report.passed, str(report)
    assert {row.method for row in report.rows} == {"exact", "module", "numeric"}

"""A module's functions on a mesh of devices, beside the same module on one."""

from __future__ import annotations

import inspect
import re
from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial
from types import ModuleType
from typing import Any

import numpy as np

from symbackprop import pipeline
from symbackprop.shard import ExchangeKind, Sharded
from symbackprop.stable import stable_forms
from symbackprop.terms.program import Program, TensorKind
from symbackprop.verify.data import Data, finite_data

OPERATIONS = {
    ExchangeKind.PSUM: "all-reduce", ExchangeKind.PMAX: "all-reduce", ExchangeKind.PMIN: "all-reduce",
    ExchangeKind.REDUCE_SCATTER: "reduce-scatter", ExchangeKind.ALL_GATHER: "all-gather",
    ExchangeKind.HALO: "collective-permute",
}  # fmt: skip
_COLLECTIVE = re.compile(r" (all-reduce|all-gather|reduce-scatter|collective-permute)(?:-start)?\(([^)]*)\)")


def data_of(program: Program, sizes: Mapping[str, int], seed: int = 0) -> Data:
    found = finite_data(stable_forms(program), sizes, seed)
    assert found is not None
    return found


def mesh_of(devices: Mapping[str, int]) -> Any:
    import jax

    count = int(np.prod(list(devices.values())))
    return jax.make_mesh(tuple(devices.values()), tuple(devices), devices=jax.devices()[:count])


def functions(
    module: ModuleType, program: Program, sizes: Mapping[str, int], data: Data, devices: Mapping[str, int]
) -> tuple[Callable[..., Any], Callable[..., Any], tuple[Any, ...]]:
    """(what one device computes, what a mesh does, the arguments of both): sizes are in the functions already."""
    name = "vjp" if program.cotangents else "value_and_grad"
    alone, spread = getattr(module, name), getattr(module, f"sharded_{name}")(mesh_of(devices))
    keywords = {t.name: data[t.name] for t in program.of_kind(TensorKind.RANDOM, TensorKind.COTANGENT)}
    buffers = {t.name: data[t.name] for t in program.of_kind(TensorKind.BUFFER)}
    keywords |= {"buffers": buffers} if buffers else {}
    keywords |= {dim: sizes[dim] for dim in program.dims if dim in inspect.signature(alone).parameters}
    params = {t.name: data[t.name] for t in program.of_kind(TensorKind.PARAMETER)}
    inputs = [data[t.name] for t in program.of_kind(TensorKind.INPUT)]
    return partial(alone, **keywords), partial(spread, **keywords), (params, *inputs)


def compare(
    module: ModuleType, program: Program, sizes: Mapping[str, int], devices: Mapping[str, int], seed: int = 0
) -> None:
    """The loss or outputs and every gradient."""
    import jax

    alone, spread, arguments = functions(module, program, sizes, data_of(program, sizes, seed), devices)
    expected, found = alone(*arguments), jax.jit(spread)(*arguments)
    largest = max(float(np.abs(leaf).max(initial=0)) for leaf in jax.tree.leaves(expected))
    assert jax.tree.structure(expected) == jax.tree.structure(found[:2])
    for one, other in zip(jax.tree.leaves(expected), jax.tree.leaves(found[:2]), strict=True):
        assert one.shape == other.shape
        np.testing.assert_allclose(np.asarray(other), np.asarray(one), rtol=1e-10, atol=1e-12 * largest)


def compiled(spread: Callable[..., Any], arguments: tuple[Any, ...]) -> Counter[str]:
    """The collectives in what XLA makes of it, by kind; one of several arrays counts for each."""
    import jax

    found = Counter[str]()
    for kind, operands in _COLLECTIVE.findall(jax.jit(spread).lower(*arguments).compile().as_text()):
        found[kind] += operands.count("%")
    return found


def counted(one: Sharded) -> Counter[str]:
    """The collectives of the derivation, by what XLA calls them."""
    return Counter(OPERATIONS[exchange.kind] for exchange in one.exchanges.values())


def sharded_module(program: Program, indices: Mapping[str, str]) -> ModuleType:
    return pipeline.load(program, backend="jax", shard=indices)

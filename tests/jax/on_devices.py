"""Run as a program with eight devices: a step with the batch on a mesh, by hand, is that of one device."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest

import symbackprop
from symbackprop import zoo
from symbackprop.sources import program_of
from symbackprop.terms.poly import Poly
from symbackprop.terms.program import DType, Program, TensorKind

jax = pytest.importorskip("jax")
jnp, PartitionSpec = jax.numpy, jax.sharding.PartitionSpec

BATCH = 8


def sizes_of(program: Program) -> dict[str, int]:
    """A batch that four and eight devices share alike."""
    return {dim: BATCH if dim == "N" else 3 for dim in program.dims}


def drawn(program: Program, kind: TensorKind, sizes: dict[str, int]) -> dict[str, Any]:
    rng = np.random.default_rng(0)
    out = {}
    for tensor in program.of_kind(kind):
        shape = [_number(extent, sizes) for extent in tensor.shape]
        whole = tensor.dtype is DType.INT
        out[tensor.name] = jnp.asarray(rng.integers(0, 2, shape) if whole else rng.normal(size=shape) / 2)
    return out


def _number(extent: Poly, sizes: dict[str, int]) -> int:
    return int(extent.format(lambda atom: str(sizes[str(atom)]))) if extent.constant is None else int(extent.constant)


def check(name: str, count: int) -> None:
    """`value_and_grad` and `jax.grad` of the loss, within `shard_map` and around it, against one device."""
    net = zoo.load(name)
    program, module = program_of(net), symbackprop.load(net, backend="jax")
    sizes = sizes_of(program)
    params, inputs = (drawn(program, kind, sizes) for kind in (TensorKind.PARAMETER, TensorKind.INPUT))
    mesh = jax.make_mesh((count,), ("data",), axis_types=(jax.sharding.AxisType.Auto,), devices=jax.devices()[:count])
    whole = PartitionSpec()
    table = {tensor.name: tensor for tensor in program.tensors}
    specs = {n: PartitionSpec(*("data" if str(e) == "N" else None for e in table[n].shape)) for n in inputs}
    expected, gradients = module.value_and_grad(params, **inputs)

    def mapped(step: Any, out: Any) -> Any:
        return jax.jit(jax.shard_map(step, mesh=mesh, in_specs=(whole, specs), out_specs=out))

    def mean(params: Any, inputs: Any) -> Any:
        return jax.lax.pmean(module.loss(params, **inputs), "data")

    def by_hand(params: Any, inputs: Any) -> Any:
        params = jax.lax.pcast(params, "data", to="varying")
        return jax.lax.pmean(module.value_and_grad(params, **inputs), "data")

    inside = mapped(lambda p, x: jax.grad(lambda p: mean(p, x))(p), whole)(params, inputs)
    outside = jax.jit(jax.grad(lambda p: mapped(mean, whole)(p, inputs)))(params)
    loss, hand = mapped(by_hand, whole)(params, inputs)
    np.testing.assert_allclose(loss, expected, rtol=1e-12)
    for way, found in (("inside", inside), ("outside", outside), ("by hand", hand)):
        for key, gradient in gradients.items():
            np.testing.assert_allclose(found[key], gradient, rtol=1e-10, atol=1e-13, err_msg=f"{name} {way} {key}")


if __name__ == "__main__":
    jax.config.update("jax_enable_x64", True)
    for each in sys.argv[1:]:
        for devices in (4, 8):
            check(each, devices)
    print("equal")

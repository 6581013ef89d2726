"""Run as a program with eight devices: a step with the batch on a mesh, by hand, is that of one device."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest

import symbackprop
from symbackprop import zoo
from symbackprop.sources import program_of
from symbackprop.stable import stable_forms
from symbackprop.terms.program import Program, TensorKind
from symbackprop.verify.data import Data, finite_data
from symbackprop.verify.feasible_sizes import feasible_sizes

jax = pytest.importorskip("jax")
PartitionSpec = jax.sharding.PartitionSpec

BATCH = 8


def data_of(program: Program) -> tuple[dict[str, int], Data]:
    """Of a batch that four and eight devices share alike."""
    for seed in range(6):
        sizes = feasible_sizes(program, seed, budget=4000, given={"N": BATCH})
        data = finite_data(stable_forms(program), sizes, seed)
        if data is not None:
            return dict(sizes), data
    raise AssertionError("no data were found")


def check(name: str, count: int) -> None:
    """`value_and_grad` and `jax.grad` of the loss, within `shard_map` and around it, against one device."""
    net = zoo.load(name)
    program, module = program_of(net), symbackprop.load(net, backend="jax")
    _, data = data_of(program)
    params, inputs = ({t.name: data[t.name] for t in program.of_kind(kind)}
                      for kind in (TensorKind.PARAMETER, TensorKind.INPUT))  # fmt: skip
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

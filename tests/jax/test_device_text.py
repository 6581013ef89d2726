"""On a mesh of devices a module computes what it does on one, by the collectives of the derivation."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import symbackprop
from symbackprop import Network, Sum, pipeline, zoo
from symbackprop.errors import InvalidArgument
from symbackprop.stable import stable_forms
from symbackprop.verify.data import finite_data
from symbackprop.verify.feasible_sizes import feasible_sizes
from tests.jax.on_mesh import compare, compiled, counted, data_of, functions, mesh_of, sharded_module
from tests.shard.cases import BATCH, BLOCK, GPT2, MLP, ON_MESHES, TELLING, network
from tests.shard.test_local import HARD

jax = pytest.importorskip("jax")


@pytest.fixture(autouse=True)
def double_precision() -> Any:
    assert len(jax.devices()) >= 8, "JAX was asked for its devices before it was told of eight"
    with jax.enable_x64(True):
        yield


@pytest.mark.parametrize("name", zoo.names())
def test_the_zoo_on_its_batch(name):
    program = network(name)
    index, size = BATCH.get(name, ("n", "N"))
    for seed in range(4):  # an alignment needs the steps that it has
        sizes = feasible_sizes(program, seed, budget=8000, given={size: 4} | TELLING.get(name, {}))
        if finite_data(stable_forms(program), sizes) is not None:
            break
    compare(sharded_module(program, {index: "data"}), program, sizes, {"data": 4})


@pytest.mark.parametrize(("name", "indices", "sizes", "meshes"), ON_MESHES)
def test_data_and_model(name, indices, sizes, meshes):
    _meshes(network(name), indices, sizes, meshes)


@pytest.mark.parametrize(("net", "indices", "sizes", "meshes"), HARD)
def test_hard_forms(net, indices, sizes, meshes):
    _meshes(net.to_program(), indices, sizes, meshes)


def _meshes(program, indices, sizes, meshes):
    asked = dict(pair.split("=") for pair in indices.split(","))
    module = sharded_module(program, asked)
    for mesh in meshes:
        devices = {axis: count for axis, count in zip(("data", "model"), mesh, strict=True) if axis in asked.values()}
        if np.prod(list(devices.values())) <= 8:
            compare(module, program, sizes, devices)


@pytest.mark.parametrize(("name", "indices", "sizes", "devices"), [
    ("mlp", {"n": "data", "j": "model"}, MLP, {"data": 2, "model": 2}),
    ("transformer_block", {"n": "data", "a": "model", "f": "model"}, BLOCK, {"data": 2, "model": 4}),
    ("transformer_block", {"n": "data", "t": "model", "a": "model", "f": "model"}, BLOCK, {"data": 2, "model": 4}),
    ("gpt2", {"n": "data", "a": "model", "j": "model", "v": "model"}, GPT2, {"data": 2, "model": 4}),
    ("wavenet", {"t": "data"}, {"N": 2, "T": 16, "V": 3, "D": 2, "P": 2, "K": 2}, {"data": 2}),
])  # fmt: skip
def test_the_collectives_are_those_of_the_derivation(name, indices, sizes, devices):
    program = network(name)
    _, spread, arguments = functions(sharded_module(program, indices), program, sizes, data_of(program, sizes), devices)
    assert compiled(spread, arguments) == counted(pipeline.sharded(program, indices))


def test_gradients_lie_as_parameters_do():
    program = network("mlp")
    module = sharded_module(program, {"n": "data", "j": "model"})
    _, spread, arguments = functions(module, program, MLP, data_of(program, MLP), {"data": 2, "model": 2})
    loss, gradients = jax.jit(spread)(*arguments)
    assert loss.sharding.is_fully_replicated
    for name, gradient in gradients.items():
        expected = jax.sharding.NamedSharding(mesh_of({"data": 2, "model": 2}), module.PARAMETER_SPECS[name])
        assert gradient.sharding.is_equivalent_to(expected, gradient.ndim), name


def test_a_mesh_without_the_axes_is_refused():
    module = sharded_module(network("mlp"), {"n": "data", "j": "model"})
    with pytest.raises(ValueError, match="mesh: expected the axes data, model, found data, heads"):
        module.sharded_value_and_grad(mesh_of({"data": 2, "heads": 2}))


def test_sizes_that_the_devices_do_not_divide_are_refused():
    program = network("mlp")
    module = sharded_module(program, {"n": "data"})
    _, spread, arguments = functions(module, program, MLP, data_of(program, MLP), {"data": 8})
    with pytest.raises(ValueError, match="mesh: expected that 8 devices along data divide N = 4"):
        spread(*arguments)


def test_names_of_the_module_give_way_to_tensors():
    net = Network("names")
    N, D = net.dims("N D")
    n, d = net.indices(n=N, d=D)
    mesh, data_place = net.input("mesh", (N, D)), net.parameter("data_place", (N, D))
    run, sizes = net.tensors("_run sizes")
    run[n, d] = mesh[n, d] * data_place[n, d] * (n + 1)
    sizes[n] = Sum(run[n, d], d)
    net.loss = Sum(sizes[n] ** 2, n)
    compare(sharded_module(net.to_program(), {"n": "data"}), net.to_program(), {"N": 4, "D": 2}, {"data": 4})


def test_numbers_as_sizes():
    program = pipeline.at_sizes(zoo.load("mlp"), MLP)
    compare(sharded_module(program, {"n": "data", "j": "model"}), program, {}, {"data": 2, "model": 3})


@pytest.mark.parametrize(("name", "indices"), [
    ("mlp", {"n": "data"}), ("gpt2", {"n": "data", "v": "model"}), ("lstm_classifier", {"n": "data"}),
])  # fmt: skip
def test_in_single_precision(name, indices):
    program = network(name)
    sizes = feasible_sizes(program, 0, budget=4000, given={"N": 4, **({"V": 4} if name == "gpt2" else {})})
    data = {key: value.astype(np.float32) if value.dtype == np.float64 else value
            for key, value in data_of(program, sizes).items()}  # fmt: skip
    devices = dict.fromkeys(indices.values(), 2)
    with jax.enable_x64(False):
        alone, spread, given = functions(sharded_module(program, indices), program, sizes, data, devices)
        expected, found = alone(*given), jax.jit(spread)(*given)
        for one, other in zip(jax.tree.leaves(expected), jax.tree.leaves(found), strict=True):
            assert other.dtype == np.float32
            np.testing.assert_allclose(other, one, rtol=2e-4, atol=2e-5)


def test_noise_is_drawn_as_on_one_device():
    program = network("vae")
    sizes = feasible_sizes(program, 0, budget=4000, given={"N": 4})
    data = data_of(program, sizes)
    alone, spread, given = functions(sharded_module(program, {"n": "data"}), program, sizes, data, {"data": 4})
    keywords = {name: value for name, value in alone.keywords.items() if name not in data}
    expected, found = alone.func(*given, **keywords, rng=3), spread.func(*given, **keywords, rng=3)
    for one, other in zip(jax.tree.leaves(expected), jax.tree.leaves(found), strict=True):
        np.testing.assert_allclose(other, one, rtol=1e-10, atol=1e-12)


def test_buffers_after_the_step_are_a_third_result():
    program = network("resnet")
    sizes = {"N": 4, "B": 1, "H": 4, "W": 3, "F": 2, "C": 2}
    module = sharded_module(program, {"n": "data"})
    alone, spread, given = functions(module, program, sizes, data_of(program, sizes), {"data": 4})
    expected = module.next_buffers(module.forward(*given, **alone.keywords)[1])
    found = jax.jit(spread)(*given)[2]
    assert found.keys() == expected.keys() == module.BUFFERS.keys()
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("backend", ["numpy", "torch"])
def test_other_targets_refuse_it(backend):
    with pytest.raises(InvalidArgument, match=f"shard, backend {backend}"):
        symbackprop.generate(zoo.load("mlp"), backend, shard={"n": "data"})

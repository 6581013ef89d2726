"""Arrays of which a process has a part: what the module checks of their values, all processes check alike."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.processes import run_together

CODE = """
import sys

import jax
import numpy as np
from jax.sharding import NamedSharding

from symbackprop import Network, Sum, load, losses

port, place = sys.argv[1:]
jax.config.update("jax_num_cpu_devices", 2)
jax.config.update("jax_cpu_collectives_implementation", "gloo")
jax.distributed.initialize("127.0.0.1:" + port, 2, int(place))

net = Network("lookup")
N, V, D, C = net.dims("N V D C")
n, d, c = net.indices(n=N, d=D, c=C)
token = net.input("token", (N,), dtype="int", high=V)
target = net.input("target", (N,), dtype="int", high=C)
E, W, z = net.parameter("E", (V, D)), net.parameter("W", (C, D)), net.tensor("z")
z[n, c] = Sum(W[c, d] * E[token[n], d], d)
net.loss = losses.softmax_cross_entropy(z, target)
module = load(net, backend="jax", shard={"n": "data", "c": "model"})

mesh = jax.make_mesh((2, 2), ("data", "model"))
shardings = {
    name: NamedSharding(mesh, spec) for name, spec in (module.PARAMETER_SPECS | module.INPUT_SPECS).items()
}


def laid(name, array):
    array = np.asarray(array)
    return jax.make_array_from_callback(array.shape, shardings[name], lambda part: array[part])


def compared(found):
    "Of each gradient what this process has."
    assert abs(found[0] - loss) < 1e-6
    for name, grad in found[1].items():
        assert grad.sharding == shardings[name]
        for part in grad.addressable_shards:
            np.testing.assert_allclose(part.data, np.asarray(grads[name])[part.index], rtol=1e-5, atol=1e-7)


params = module.init_params(0, V=5, D=3, C=4)
tokens, targets = np.array([0, 4, 2, 2]), np.array([1, 3, 0, 2])
loss, grads = module.value_and_grad(params, tokens, targets)
there = {name: laid(name, array) for name, array in params.items()}
rows = laid("token", tokens), laid("target", targets)
assert not rows[0].is_fully_addressable
value_and_grad = module.sharded_value_and_grad(mesh)
compared(value_and_grad(there, *rows))
compared(jax.jit(value_and_grad)(there, *rows))
compared(value_and_grad(params, tokens, targets))  # which are laid so
wrong = laid("token", [0, 4, 2, 9]), laid("target", [1, 3, 0, 9])  # rows of one process alone
try:
    value_and_grad(there, *wrong)
except ValueError as error:
    assert str(error) == "token: expected integers from 0 to 4, found 0 to 9", error
else:
    raise AssertionError("integers out of range went through")
"""


def test_two_processes(tmp_path: Path) -> None:
    """On loopback, each with two devices of its processor."""
    pytest.importorskip("jax")
    run_together(CODE, 2, tmp_path, seconds=300)

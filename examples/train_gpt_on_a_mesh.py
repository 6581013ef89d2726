"""Trains a character GPT on a mesh of devices, and on one device beside it: the same losses.

    python examples/train_gpt_on_a_mesh.py [--steps 60] [--data 4] [--model 2] [--seed 0]

The network is the zoo's `gpt2`, smaller. Rows of a batch lie on the axis `data` of the mesh; heads, hidden units of the
perceptrons and letters of the vocabulary on the axis `model`. Which sums need a collective is derived. Where there is
nothing but a CPU, it stands in for as many devices as the mesh has. On several hosts each starts the script with the
same arguments and a number of its own:

    python examples/train_gpt_on_a_mesh.py --coordinator HOST:PORT --processes 2 --process 0
    python examples/train_gpt_on_a_mesh.py --coordinator HOST:PORT --processes 2 --process 1
"""

from __future__ import annotations

import argparse
import os
import sys

import jax
import jax.numpy as jnp
import numpy as np
from characters import corpus, windows
from jax.sharding import NamedSharding
from modules import rates

from symbackprop import load
from symbackprop.zoo.gpt2 import gpt2

SHARD = {"n": "data", "a": "model", "j": "model", "v": "model"}  # as print(derive(net)) calls them
LAYERS, HEADS, WIDTH = 2, 4, 64
CONTEXT, BATCH, RATE = 32, 16, 3e-3
EQUAL = 1e-3  # between two losses: orders of summation differ, and steps add to that


def start(options):
    """Tells JAX of the other processes, and a CPU how many devices it stands in for. Nothing of JAX may run before."""
    jax.config.update("jax_num_cpu_devices", options.data * options.model // options.processes)
    if options.processes > 1:
        jax.config.update("jax_cpu_collectives_implementation", "gloo")
        jax.distributed.initialize(options.coordinator, options.processes, options.process)


# --- Adam -------------------------------------------------------------------------------------------------
def begun(params):
    """(first, second): the moments of no step, each laid as its parameter."""
    return jax.tree.map(jnp.zeros_like, params), jax.tree.map(jnp.zeros_like, params)


def adam(params, grads, moments, count, rate, beta1=0.9, beta2=0.99, tiny=1e-8):
    """(parameters, moments) after the step of that number. Each device does it with the elements that it has."""
    first = jax.tree.map(lambda m, grad: beta1 * m + (1 - beta1) * grad, moments[0], grads)
    second = jax.tree.map(lambda v, grad: beta2 * v + (1 - beta2) * grad**2, moments[1], grads)
    of_first, of_second = rate / (1 - beta1**count), 1 / (1 - beta2**count)
    params = jax.tree.map(lambda w, m, v: w - of_first * m / (jnp.sqrt(of_second * v) + tiny), params, first, second)
    return params, (first, second)


# --- where arrays lie -------------------------------------------------------------------------------------
def laid(mesh, specs):
    return {name: NamedSharding(mesh, spec) for name, spec in specs.items()}


def rows(texts, starts, shardings):
    """(tokens, targets): the rows that begin at `starts`. A process makes those that its own devices ask for."""
    shape = (len(starts), CONTEXT)
    return [
        jax.make_array_from_callback(
            shape, shardings[name], lambda part, one=one: windows(texts.training, starts[part[0]], CONTEXT)[one]
        )
        for one, name in enumerate(("token", "target"))
    ]


# --- training ---------------------------------------------------------------------------------------------
def train(value_and_grad, make_params, place, params_lie, texts, options):
    """The loss of each step. `place`: starts of rows to the arrays of a batch; `params_lie`: the sharding of each
    parameter."""

    def step(params, moments, tokens, targets, count, rate):
        loss, grads = value_and_grad(params, tokens, targets)
        return loss, *adam(params, grads, moments, count, rate)

    step = jax.jit(step, donate_argnums=(0, 1))
    params = jax.jit(make_params, out_shardings=params_lie)(jax.random.key(options.seed))
    moments, rng, losses = begun(params), np.random.default_rng(options.seed), []
    for count, rate in enumerate(rates(RATE, options.steps), 1):
        starts = rng.integers(0, len(texts.training) - CONTEXT, BATCH)
        loss, params, moments = step(params, moments, *place(starts), count, rate)
        losses.append(float(loss))
    return losses


def run(options):
    """(losses on the mesh, losses on one device)."""
    texts, net = corpus(), gpt2(LAYERS, HEADS, WIDTH)
    letters = -(-len(texts.letters) // options.model) * options.model  # devices divide it: the last may never occur
    module = load(net, backend="jax", shard=SHARD)

    def make_params(key):
        return module.init_params(key, M=CONTEXT, V=letters)

    mesh = jax.make_mesh((options.data, options.model), ("data", "model"))
    params_lie, inputs_lie = laid(mesh, module.PARAMETER_SPECS), laid(mesh, module.INPUT_SPECS)
    on_mesh = train(
        module.sharded_value_and_grad(mesh), make_params, lambda starts: rows(texts, starts, inputs_lie),
        params_lie, texts, options,
    )  # fmt: skip
    here = jax.local_devices()[0]
    one = jax.sharding.SingleDeviceSharding(here)
    on_one = train(
        module.value_and_grad, make_params, lambda starts: rows(texts, starts, {"token": one, "target": one}),
        one, texts, options,
    )  # fmt: skip
    return on_mesh, on_one


def report(on_mesh, on_one, print=print):
    """The two curves and how far they are apart; whether they are the same and fall."""
    print("step  on the mesh  on one device  difference")
    for step, (several, single) in enumerate(zip(on_mesh, on_one, strict=True), 1):
        if step == 1 or step % max(1, len(on_one) // 12) == 0:
            print(f"{step:4}  {several:11.6f}  {single:13.6f}  {abs(several - single):10.1e}")
    apart = max(abs(several - single) for several, single in zip(on_mesh, on_one, strict=True))
    print(f"largest difference of two losses: {apart:.1e}")
    return apart < EQUAL and on_mesh[-1] < on_mesh[0]


def read(arguments=None):
    """The options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--data", type=int, default=4, help="devices along the mesh axis data")
    parser.add_argument("--model", type=int, default=2, help="devices along the mesh axis model")
    parser.add_argument("--coordinator", default=os.environ.get("COORDINATOR"), help="HOST:PORT of process 0")
    parser.add_argument("--processes", type=int, default=int(os.environ.get("PROCESSES", "1")))
    parser.add_argument("--process", type=int, default=int(os.environ.get("PROCESS", "0")), help="this one's number")
    return parser.parse_args(arguments)


def main():
    options = read()
    start(options)
    quiet = (lambda _line: None) if options.process else print
    return 0 if report(*run(options), quiet) else 1


if __name__ == "__main__":
    sys.exit(main())

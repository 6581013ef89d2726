"""Functions of a module in JAX: what they take, and how their lines begin and end."""

from __future__ import annotations

from symbackprop import Network, Sum, zoo
from symbackprop.jax.functions import FunctionLines, Signature
from symbackprop.lower import lower_module
from symbackprop.lower.passes import READABLE_PASSES, improved_module
from symbackprop.python_text.identifiers import Names
from symbackprop.schedule import unshared
from symbackprop.sources import program_of
from symbackprop.stages import derived_of, functions_of, in_order


def lines_of(net: Network) -> FunctionLines:
    program = program_of(net)
    module = lower_module(unshared(functions_of(program, in_order(derived_of(program)))))
    names = Names({*program.dims, *module.program.table, *module.backward_program.table}, ("jax", "jnp"))
    return FunctionLines(improved_module(module, READABLE_PASSES), names)


def test_a_function_takes_apart_what_it_is_given():
    signature, lines = lines_of(zoo.load("mlp")).forward(None)
    assert signature.text == "params, x, y"
    given = ", ".join(f'given["{name}"]' for name in ("x", "y", "W1", "b1", "W2", "b2"))
    assert lines[:2] == ['    dtype = given["dtype"]', f"    x, y, W1, b1, W2, b2 = {given}"]
    assert lines[-1].startswith("    return jnp.asarray(loss, dtype), {")


def test_sizes_that_no_array_shows_are_carried_to_the_backward_pass():
    net = Network("steps")
    S, N = net.dims("S N")
    n = net.index("n", N)
    s = net.index("s", (1, S))
    w, y = net.parameter("w", (N,)), net.tensor("y")
    y[0, n] = w[n]
    y[s, n] = y[s - 1, n] * w[n] / S
    net.loss = Sum(y[S, n] ** 2, n)
    functions = lines_of(net)
    signature, _ = functions.forward(functions.backward()[1])
    assert signature.text == "params, *, S"


def test_a_signature_has_sizes_buffers_and_noise_by_name():
    signature = Signature(("x",), ("S",), True, ("u",), ("d_y",))
    assert signature.text == "params, x, *, S, buffers, u=None, rng=None"
    assert signature.gradients == "params, x, d_y=None, *, S, buffers, u=None, rng=None"
    assert signature.given == 'params, {"x": x, "u": u}, buffers, rng, {"S": S}'

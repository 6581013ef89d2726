"""A layer written as equations, as a JAX function: its backward pass is the generated one.

    python examples/layer_in_jax.py

The equations are those of `scan`, a gated linear recurrence. Its generated `vjp` runs on the host, outside of what JAX
compiles (`jax.pure_callback`); `jax.custom_vjp` says that it is the derivative.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from scan import net

from symbackprop import load

MODULE = load(net)
NAMES = ("w", "b")


@jax.custom_vjp
def layer(params, x):
    """params {"w": (D,), "b": (D,)} and x (T, N, D) to h (T + 1, N, D)."""
    steps, *rest = x.shape
    result = jax.ShapeDtypeStruct((steps + 1, *rest), x.dtype)
    return jax.pure_callback(_predict, result, params, x, vmap_method="sequential")


def _predict(params, x):
    return MODULE.predict({name: np.asarray(params[name]) for name in NAMES}, np.asarray(x))


def _forward(params, x):
    return layer(params, x), (params, x)


def _like(arrays):
    return jax.tree.map(lambda array: jax.ShapeDtypeStruct(array.shape, array.dtype), arrays)


def _backward(kept, d_h):
    """From the arguments alone, so that nothing but arrays of JAX is kept between the passes."""
    return jax.pure_callback(_vjp, _like(kept), *kept, d_h, vmap_method="sequential")


def _vjp(params, x, d_h):
    given = {name: np.asarray(params[name]) for name in NAMES}
    _, grads = MODULE.vjp(given, np.asarray(x), np.asarray(d_h))
    return {name: grads[name] for name in NAMES}, grads["x"]


layer.defvjp(_forward, _backward)


def main():
    data = jax.random.normal(jax.random.key(0), (20, 64, 4))
    target = data.mean(axis=0).sum(axis=1)

    @jax.jit
    @jax.value_and_grad
    def step(params):
        return jnp.mean((layer(params["scan"], data)[-1] @ params["out"] - target) ** 2)

    params = {"scan": jax.tree.map(jnp.asarray, MODULE.init_params(0, D=4)), "out": jnp.ones(4)}
    for number in range(301):
        loss, grads = step(params)
        params = jax.tree.map(lambda value, grad: value - 0.3 * grad, params, grads)
        if number % 100 == 0:
            print(f"step {number:3}  loss {loss:.4f}")
    return float(loss)


if __name__ == "__main__":
    main()

"""A layer written as equations, as a JAX function: its backward pass is the derived one.

    python examples/layer_in_jax.py

The equations are those of `scan`, a gated linear recurrence: one `jax.lax.scan` forward, one backward.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
from scan import net

from symbackprop import load

MODULE = load(net, backend="jax")


def main():
    data = jax.random.normal(jax.random.key(0), (20, 64, 4))
    target = data.mean(axis=0).sum(axis=1)

    @jax.jit
    @jax.value_and_grad
    def step(params):
        return jnp.mean((MODULE.layer(params["scan"], data)[-1] @ params["out"] - target) ** 2)

    params = {"scan": MODULE.init_params(0, D=4), "out": jnp.ones(4)}
    for number in range(301):
        loss, grads = step(params)
        params = jax.tree.map(lambda value, grad: value - 0.3 * grad, params, grads)
        if number % 100 == 0:
            print(f"step {number:3}  loss {loss:.4f}")
    return float(loss)


if __name__ == "__main__":
    main()

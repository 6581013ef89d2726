"""The evaluations in JAX, compiled by `jit`."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache, partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from benchmarks.gradbench.cases import parsed
from benchmarks.step import Arrays, Step

jax.config.update("jax_enable_x64", True)
Array = Any


def gmm(p: dict[str, Array], x: Array, gamma: Array, m: Array) -> Array:
    N, D = x.shape
    Q = jnp.tril(p["lower"], -1) + jax.vmap(jnp.diag)(jnp.exp(p["q"]))
    u = jnp.einsum("kij,nkj->nki", Q, x[:, None] - p["mu"])
    log_det = p["q"].sum(1)
    likelihood = jax.nn.logsumexp(p["alpha"] + log_det - (u**2).sum(2) / 2, 1).sum()
    likelihood -= N * (D * math.log(2 * math.pi) / 2 + jax.nn.logsumexp(p["alpha"]))
    return likelihood + m * log_det.sum() - gamma**2 / 2 * (Q**2).sum()


def lstm(p: dict[str, Array], state: Array, sequence: Array) -> Array:
    extra = p["extra"]

    def character(states: Array, x: Array) -> Any:
        def layer(x: Array, given: Any) -> Any:
            weight, bias, (hidden, cell) = given
            gates = jnp.stack((x, hidden, x, hidden)) * weight + bias
            forget, read, out = jax.nn.sigmoid(gates[:3])
            cell = cell * forget + read * jnp.tanh(gates[3])
            hidden = out * jnp.tanh(cell)
            return hidden, jnp.stack((hidden, cell))

        found = []
        for given in zip(p["W"], p["b"], states, strict=True):
            x, now = layer(x, given)
            found.append(now)
        return jnp.stack(found), x

    _, top = lax.scan(character, state, sequence[:-1] * extra[0])
    y = top * extra[1] + extra[2]
    return -jnp.mean(sequence[1:] * (y - jnp.log(2 + jnp.exp(y).sum(1, keepdims=True))))


def llsq(p: dict[str, Array], N: int) -> Array:
    t = jnp.linspace(-1, 1, N)
    return ((jnp.sign(t) - jnp.polyval(p["x"][::-1], t, unroll=16)) ** 2).sum() / 2  # 10 times as fast as powers


def lse(p: dict[str, Array]) -> Array:
    return jax.nn.logsumexp(p["x"])


def ode(p: dict[str, Array], S: int) -> Array:
    x, step = p["x"], 2 / S

    def slope(y: Array) -> Array:
        return x * jnp.concatenate([jnp.ones(1), y[:-1]])

    def advance(y: Array, _: None) -> Any:
        k1 = slope(y)
        k2 = slope(y + step / 2 * k1)
        k3 = slope(y + step / 2 * k2)
        k4 = slope(y + step * k3)
        return y + step / 6 * (k1 + 2 * k2 + 2 * k3 + k4), None

    return lax.scan(advance, jnp.zeros_like(x), None, length=S)[0][-1]


def det(p: dict[str, Array]) -> Array:
    L = len(p["A"])

    @cache
    def minor(columns: tuple[int, ...]) -> Array:
        row = p["A"][L - len(columns)]
        if len(columns) == 1:
            return row[columns[0]]
        return sum(
            (-1) ** at * row[column] * minor(columns[:at] + columns[at + 1 :]) for at, column in enumerate(columns)
        )

    return minor(tuple(range(L)))


VALUES: dict[str, Callable[..., Array]] = {value.__name__: value for value in (gmm, lstm, llsq, lse, ode, det)}


def build(case: str, params: Arrays, data: dict[str, Any]) -> Step:
    name, _ = parsed(case)
    weights = {key: jnp.asarray(value) for key, value in params.items()}
    builder = {"kmeans": kmeans, "ba": ba, "ht": ht}.get(name)
    if builder is not None:
        return builder(weights, data)
    sizes = {key: value for key, value in data.items() if isinstance(value, int)}
    arrays = {key: jnp.asarray(value) for key, value in data.items() if key not in sizes}
    step = jax.jit(jax.value_and_grad(partial(VALUES[name], **sizes)))
    return Step(lambda: jax.block_until_ready(step(weights, **arrays)), lambda result: {"loss": result[0], **result[1]})


def kmeans(weights: dict[str, Array], data: dict[str, Any]) -> Step:
    centroid, point = weights["centroid"], jnp.asarray(data["point"])

    def cost(centroid: Array, point: Array) -> Array:
        distance = (point**2).sum(1, keepdims=True) + (centroid**2).sum(1) - 2 * point @ centroid.T
        return distance.min(1).sum()

    @jax.jit
    def direction(centroid: Array, point: Array) -> Array:
        gradient, diagonal = jax.jvp(partial(jax.grad(cost), point=point), (centroid,), (jnp.ones_like(centroid),))
        return gradient / diagonal

    return Step(lambda: direction(centroid, point).block_until_ready(), lambda result: {"direction": result})


def reprojection(camera: Array, point: Array, weight: Array, feature: Array) -> Array:
    """Of one observation, (2,)."""
    d, angle = point - camera[3:6], jnp.sqrt((camera[:3] ** 2).sum())
    axis = camera[:3] / angle
    turned = d * jnp.cos(angle) + jnp.cross(axis, d) * jnp.sin(angle) + axis * (axis @ d) * (1 - jnp.cos(angle))
    flat = turned[:2] / turned[2]
    square = (flat**2).sum()
    distorted = flat * (1 + camera[9] * square + camera[10] * square**2)
    return weight * (distorted * camera[6] + camera[7:9] - feature)


def ba(weights: dict[str, Array], data: dict[str, Any]) -> Step:
    arrays = {key: jnp.asarray(value) for key, value in data.items()}

    @jax.jit
    def blocks(p: dict[str, Array], camera_of: Array, point_of: Array, feature: Array) -> Any:
        seen = p["camera"][camera_of], p["point"][point_of], p["weight"]
        error = jax.vmap(reprojection)(*seen, feature)
        camera, point, weight = jax.vmap(jax.jacrev(reprojection, (0, 1, 2)))(*seen, feature)
        whole = jnp.concatenate([camera, point, weight[:, :, None]], 2)
        weight_error, weight_block = jax.vmap(jax.value_and_grad(lambda w: 1 - w**2))(p["weight"])
        return {"error": error, "weight_error": weight_error, "blocks": whole, "weight_block": weight_block}

    return Step(lambda: jax.block_until_ready(blocks(weights, **arrays)), lambda result: result)


def hand(theta: Array, u: Array, data: dict[str, Array], parents: list[int]) -> Array:
    angle = theta[data["slot"]] * data["bends"]
    (cx, cz, cy), (sx, sz, sy) = jnp.cos(angle).T, jnp.sin(angle).T
    zero, one = jnp.zeros_like(cx), jnp.ones_like(cx)
    turn = jnp.stack([
        jnp.stack([cz * cy, cz * sy * sx - sz * cx, cz * sy * cx + sz * sx, zero], 1),
        jnp.stack([sz * cy, sz * sy * sx + cz * cx, sz * sy * cx - cz * sx, zero], 1),
        jnp.stack([-sy, cy * sx, cy * cx, zero], 1),
        jnp.stack([zero, zero, zero, one], 1),
    ], 1)  # fmt: skip
    relative = data["base"] @ turn
    absolute: list[Array] = []
    for bone, parent in enumerate(parents):
        absolute.append(absolute[parent] @ relative[bone] if parent < bone else relative[bone])
    carried = jnp.stack(absolute) @ data["inverse"]
    local = jnp.einsum("vb,bak,vk->va", data["skin"], carried[:, :3], data["position"])
    length = jnp.sqrt((theta[:3] ** 2).sum())
    axis = theta[:3] / length
    x, y, z = axis
    skew = jnp.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    rotation = jnp.outer(axis, axis) * (1 - jnp.cos(length)) + jnp.eye(3) * jnp.cos(length) + skew * jnp.sin(length)
    vertex = local @ rotation.T + theta[3:6]
    weights = jnp.concatenate([u, 1 - u.sum(1, keepdims=True)], 1)
    return data["measured"] - (weights[:, :, None] * vertex[data["corner"]]).sum(1)


def ht(weights: dict[str, Array], data: dict[str, Any]) -> Step:
    parents = np.asarray(data["parent"]).tolist()
    arrays = {key: jnp.asarray(value) for key, value in data.items()}

    @jax.jit
    def blocks(theta: Array, u: Array, arrays: dict[str, Array]) -> Any:
        size = len(theta)
        by_theta = jnp.concatenate([jnp.eye(size), jnp.zeros((2, size))])
        by_u = jnp.concatenate([jnp.zeros((size, *u.shape)), jnp.broadcast_to(jnp.eye(2)[:, None], (2, *u.shape))])
        value = partial(hand, data=arrays, parents=parents)
        found = jax.vmap(lambda *v: jax.jvp(value, (theta, u), v)[1], out_axes=2)(by_theta, by_u)
        return {"error": value(theta, u), "blocks": found}

    return Step(lambda: jax.block_until_ready(blocks(weights["theta"], weights["u"], arrays)), lambda result: result)

"""Networks that are hard to write in any array library."""

from __future__ import annotations

from sympy import Piecewise, erf, tanh

from symbackprop import Network, Sum


def own_names() -> Network:
    """Tensors with the names of what the module's functions use."""
    net = Network("names")
    T, H = net.dims("T H")
    t, i = net.index("t", (1, T)), net.index("i", H)
    given, held, rows = net.input("given", (T + 1, H)), net.parameter("held", (H,)), net.tensor("rows")
    carried, last, jnp_ = net.tensor("carried"), net.parameter("last", (H,)), net.parameter("jnp", (H,))
    rows[0, i] = given[0, i] * jnp_[i]
    rows[t, i] = tanh(rows[t - 1, i] * held[i] + given[t, i])
    carried[i] = rows[T, i] * last[i]
    net.loss = Sum(carried[i], i)
    return net


def by_the_step() -> Network:
    """Numbers, conditions and ranges that depend on the step of a recurrence, and an error function of a size."""
    net = Network("steps")
    T, H = net.dims("T H")
    t, i = net.index("t", (1, T)), net.index("i", H)
    s = net.index("s", (0, T))
    x, w, h = net.input("x", (T + 1, H)), net.parameter("w", (H,)), net.tensor("h")
    h[0, i] = x[0, i]
    h[t, i] = (
        tanh(w[i] * h[t - 1, i] / (t + 1)) + Piecewise((x[t, i], t > 3), (w[i], True)) * erf(1 / H)
        + Sum(Piecewise((x[s, i], s <= t), (0, True)), s) / (t + T)
    )  # fmt: skip
    net.loss = Sum(h[T, i] ** 2, i)
    return net


def turned_blocks() -> Network:
    """Blocks along one dimension, backwards along another."""
    net = Network("turned")
    P, Q, H = net.dims("P Q H")
    p, q, i = net.indices(p=P, q=Q, i=H)
    W, x = net.parameter("W", (P * Q, H)), net.input("x", (P, Q, H))
    net.loss = Sum(tanh(W[Q * p + q, H - 1 - i] * x[p, q, i]) * W[P * q + p, i], p, q, i)
    return net

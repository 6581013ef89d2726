"""One tensor, z[n, k], as it is written over two given ones, and its values."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np

from symbackprop import Network, Sum
from symbackprop.interpret.interpreter import Interpreter
from symbackprop.terms.program import Program

N, K = 3, 5


def network() -> SimpleNamespace:
    """u, v, w and label given, z[n, k] to be defined."""
    net = Network("values")
    size_n, size_k = net.dims("N K")
    n, k, j = net.indices(n=size_n, k=size_k, j=size_k)
    u, v = net.input("u", (size_n, size_k)), net.input("v", (size_n, size_k))
    label = net.input("label", (size_n,), dtype="int", high=size_k)
    w, z = net.parameter("w", (size_k,)), net.tensor("z")
    return SimpleNamespace(net=net, N=size_n, K=size_k, n=n, k=k, j=j, u=u, v=v, label=label, w=w, z=z)


def data(scale: float = 1.0) -> SimpleNamespace:
    """The same as arrays: u and v in (0.05, 0.95) times the scale, of either sign where scaled."""
    rng = np.random.default_rng(7)
    u, v = (scale * rng.uniform(0.05, 0.95, (N, K)) for _ in range(2))
    n, k = np.meshgrid(np.arange(N), np.arange(K), indexing="ij")
    label = rng.integers(0, K, N)
    w = rng.normal(size=K)
    return SimpleNamespace(u=u, v=v, n=n, k=k, label=label, w=w, N=N, K=K)


def value_of(
    write: Callable[[SimpleNamespace], Any],
    given: SimpleNamespace,
    change: Callable[[Program], Program] = lambda program: program,
) -> Any:
    """Every element of what is written, of the program as `change` leaves it."""
    a = network()
    a.z[a.n, a.k] = write(a)
    rest = Sum(a.u[a.n, a.k] + a.v[a.n, a.k] + a.label[a.n] + a.w[a.k], a.n, a.k)
    a.net.loss = Sum(a.z[a.n, a.k], a.n, a.k) + rest
    values = {name: getattr(given, name) for name in ("u", "v", "w", "label")}
    return Interpreter(change(a.net.to_program()), {"N": N, "K": K}, values).array("z")

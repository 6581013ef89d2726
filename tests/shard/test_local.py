"""Every device, on its own blocks alone, has its block of what one device computes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
from sympy import Max, Piecewise, tanh

from symbackprop import Network, Sum, zoo
from symbackprop.errors import UnsplittableIndex
from symbackprop.interpret import Float
from symbackprop.shard.local import local
from symbackprop.stable import stable_forms
from symbackprop.terms.program import Program
from symbackprop.verify.data import finite_data
from symbackprop.verify.feasible_sizes import feasible_sizes
from tests.shard.cases import BATCH, ON_MESHES, TELLING, Sizes, network, sharded
from workshop.devices import Devices, differing, on_one


def check(program: Program, indices: Mapping[str, str], sizes: Sizes, mesh: Mapping[str, int], seed: int = 0) -> float:
    """Every element of every tensor on every device; which share of the loss and the gradients is not 0."""
    one = sharded(program, indices)
    data = finite_data(stable_forms(program), sizes, seed)
    assert data is not None
    devices = Devices(local(one), sizes, data, mesh)
    devices.run()
    whole = {name for name, placement in one.placements.items() if not placement.in_parts and not placement.halos}
    values = on_one(program, sizes, data, Float(), whole)
    asked = {adjoint for _, adjoint in one.backward.program.wrt} | set(one.forward.program.results)
    assert asked <= values.keys()
    wrong = [(name, place, found, own) for name, place, found, own in differing(devices, values)]
    assert not wrong, wrong[0]
    return sum(bool(np.any(values[name] != 0)) for name in asked) / len(asked)


@pytest.mark.parametrize("name", zoo.names())
def test_the_zoo_on_its_batch(name):
    program = network(name)
    index, size = BATCH.get(name, ("n", "N"))
    for seed in range(6):
        sizes = feasible_sizes(program, seed, budget=4000, given={size: 4} | TELLING.get(name, {}))
        if finite_data(stable_forms(program), sizes, seed) is None:
            continue
        if check(program, {index: "data"}, sizes, {"data": 2}, seed) > 0.7:
            return
    raise AssertionError("nothing but zeros was compared")


@pytest.mark.parametrize(("name", "indices", "sizes", "meshes"), ON_MESHES)
def test_data_and_model(name, indices, sizes, meshes):
    asked = dict(pair.split("=") for pair in indices.split(","))
    for mesh in meshes:
        check(network(name), asked, sizes, dict(zip(("data", "model"), mesh, strict=True)))


# --- forms that are hard to split ------------------------------------------------------------------------
def heads() -> Network:
    """Two indices in blocks along one dimension, of which the outer lies on devices."""
    net = Network("heads")
    N, A, E = net.dims("N A E")
    n, a, e = net.indices(n=N, a=A, e=E)
    k = net.index("k", A * E)
    x, w = net.input("x", (N, A * E)), net.parameter("w", (A * E, A * E))
    q, y = net.tensors("q y")
    q[n, k] = Sum(w[k, E * a + e] * x[n, E * a + e], a, e)
    y[n, a, e] = tanh(q[n, E * a + e])
    net.loss = Sum(y[n, a, e] ** 2 * (a + 1) * (E * a + e), n, a, e)
    return net


def ends() -> Network:
    """Fixed positions, parts of a dimension, one read backwards, differences beside it, and its own number."""
    net = Network("ends")
    N, D = net.dims("N D")
    net.assume(N >= 3)
    n, d = net.indices(n=N, d=D)
    m = net.index("m", (1, N - 1))
    x, w, u = net.input("x", (N, D)), net.parameter("w", (N, D)), net.tensor("u")
    u[0, d] = x[0, d] * w[N - 1, d]
    u[m, d] = x[m, d] - x[m - 1, d] * w[m, d] * m
    net.loss = (
        Sum(tanh(u[n, d]) * n, n, d) / N + Sum(u[N - 2, d] ** 2, d) + Sum(Max(w[n, d], 0) * x[N - 1 - n, d], n, d)
    )
    return net


def diagonal() -> Network:
    """One index along two dimensions that lie on devices."""
    net = Network("diagonal")
    N, M = net.dims("N M")
    n, m = net.indices(n=N, m=M)
    x, w = net.input("x", (N, M)), net.parameter("w", (N, M))
    net.loss = Sum(Piecewise((x[n, m] * w[n, m], m <= n), (w[n, m] ** 2, True)), n, m)
    return net


def looked_up() -> Network:
    """A table whose rows lie on devices, read and written where integers say; beside them what is fixed."""
    net = Network("looked_up")
    N, V, D = net.dims("N V D")
    n, v, d = net.indices(n=N, v=V, d=D)
    i = net.input("i", (N,), dtype="int", high=V)
    E, b, y = net.parameter("E", (V, D)), net.parameter("b", (V,)), net.tensor("y")
    y[n, d] = tanh(E[i[n], d] * b[i[n]]) - E[0, d]
    net.loss = Sum(y[n, d] ** 2, n, d) + Sum(E[v, d] * b[v] ** 2, v, d)
    return net


def recurrent() -> Network:
    """A recurrence whose state lies on devices: every step exchanges it."""
    net = Network("recurrent")
    T, N, H = net.dims("T N H")
    n, i, j = net.indices(n=N, i=H, j=H)
    t = net.index("t", (1, T))
    x, U, h = net.input("x", (T + 1, N, H)), net.parameter("U", (H, H)), net.tensor("h")
    h[0, n, i] = x[0, n, i]
    h[t, n, i] = tanh(x[t, n, i] + Sum(U[i, j] * h[t - 1, n, j], j))
    net.loss = Sum(h[T, n, i] ** 2, n, i)
    return net


def strided() -> Network:
    """Two indices in one subscript, of which one lies on devices along another mesh axis than the dimension."""
    net = Network("strided")
    N, M = net.dims("N M")
    n, b = net.indices(n=N, b=M)
    i = net.index("i", 2 * M + N)
    W, x, y = net.parameter("W", (2 * M + N,)), net.input("x", (M, N)), net.tensor("y")
    y[b, n] = tanh(W[2 * b + n] * x[b, n])
    net.loss = Sum(y[b, n] ** 2, b, n) + Sum(W[i] ** 2, i)
    return net


def beside_the_diagonal() -> Network:
    """One index along two dimensions of other extents, both on devices; and back."""
    net = Network("beside")
    N, M = net.dims("N M")
    a, i, j = net.index("a", N), net.index("i", N), net.index("j", M + N)
    W, x, y = net.parameter("W", (N, M + N)), net.input("x", (N,)), net.tensor("y")
    y[a] = W[a, M + a] * x[a]
    net.loss = Sum(y[a] ** 2, a) + Sum(tanh(W[i, j]), i, j)
    return net


HARD = [
    (heads(), "a=model", {"N": 2, "A": 4, "E": 3}, [(1, 2), (1, 4)]),
    (heads(), "k=model,a=model,n=data", {"N": 2, "A": 4, "E": 3}, [(2, 2), (1, 4)]),
    (ends(), "m=data", {"N": 6, "D": 2}, [(2, 1), (3, 1), (6, 1)]),
    (ends(), "m=data,d=model", {"N": 4, "D": 2}, [(4, 2)]),
    (diagonal(), "n=data,m=model", {"N": 4, "M": 4}, [(2, 2), (4, 2)]),
    (diagonal(), "m=data", {"N": 3, "M": 4}, [(4, 1)]),
    (looked_up(), "v=model", {"N": 5, "V": 6, "D": 2}, [(1, 2), (1, 3)]),
    (looked_up(), "n=data,v=model", {"N": 4, "V": 6, "D": 2}, [(2, 3)]),
    (looked_up(), "n=data,v=data", {"N": 6, "V": 6, "D": 2}, [(3, 1)]),
    (strided(), "b=model,i=data", {"N": 4, "M": 4}, [(2, 2), (3, 2)]),
    (strided(), "i=data", {"N": 3, "M": 3}, [(3, 1)]),
    (beside_the_diagonal(), "a=data,j=model", {"N": 2, "M": 4}, [(2, 2), (2, 3)]),
    (recurrent(), "i=model", {"T": 3, "N": 2, "H": 4}, [(1, 2), (1, 4)]),
    (recurrent(), "j=model,n=data", {"T": 3, "N": 2, "H": 4}, [(2, 2)]),
    (recurrent(), "i=model,j=model", {"T": 2, "N": 2, "H": 4}, [(1, 2)]),
]


@pytest.mark.parametrize(("net", "indices", "sizes", "meshes"), HARD)
def test_hard_forms(net, indices, sizes, meshes):
    asked = dict(pair.split("=") for pair in indices.split(","))
    for mesh in meshes:
        check(net.to_program(), asked, sizes, dict(zip(("data", "model"), mesh, strict=True)))


def test_it_is_refused_to_split_what_a_loop_runs_along():
    with pytest.raises(UnsplittableIndex):
        local(sharded(recurrent().to_program(), {"t": "data"}))

"""Equations in a device's own positions: as they are printed."""

from __future__ import annotations

from symbackprop import Network, Sum
from symbackprop.shard.local import local
from symbackprop.terms.show import show
from tests.shard.cases import sharded
from tests.shard.test_local import looked_up


def forward(net: Network, **indices: str) -> list[str]:
    """The local equations of the forward pass."""
    functions = local(sharded(net.to_program(), indices)).module
    return [f"{show(e)} for {', '.join(map(str, e.axes))}" for e in dict.fromkeys(functions.forward.equations)]


def rows() -> Network:
    net = Network("rows")
    N, K = net.dims("N K")
    n, k = net.indices(n=N, k=K)
    x, w, y = net.input("x", (N + K - 1,)), net.parameter("w", (K,)), net.tensor("y")
    y[n] = Sum(w[k] * x[n + k], k) * (n + 1)
    net.loss = Sum(y[n] ** 2, n)
    return net


def test_an_index_of_its_own_value_is_the_place_in_the_whole():
    assert forward(rows(), n="data")[0] == (
        "y[n] = (N_block·data_place + n + 1)·Σ_i w[i]·x[N_block·data_place + i + n] for n=0..N_block - 1"
    )


def table() -> Network:
    net = Network("table")
    N, V = net.dims("N V")
    n, v = net.indices(n=N, v=V)
    i, E, y = net.input("i", (N,), dtype="int", high=V), net.parameter("E", (V,)), net.tensor("y")
    y[n] = E[i[n]] * 2
    net.loss = Sum(y[n] ** 2, n) + Sum(E[v], v)
    return net


def test_what_is_looked_up_counts_where_it_is():
    assert forward(table(), v="model")[:2] == [
        "i_in_block[~0] = min(V_block - 1, max(0, i[~0] - V_block·model_place)) for ~0=0..N - 1",
        "y_part[n] = [i[n] - V_block·model_place ≥ 0 and V_block - 1 ≥ i[n] - V_block·model_place]"
        "·2·E[i_in_block[n]] for n=0..N - 1",
    ]


def test_what_is_no_part_counts_on_the_first_device():
    functions = local(sharded(looked_up().to_program(), {"n": "data", "v": "model"})).module
    found = [show(e) for e in dict.fromkeys(functions.backward.equations) if e.target == "d_E_part"]
    assert "d_E_part[v, d] += [0 ≥ data_place]·b[v]^2" in found


def test_the_whole_range_needs_no_guard():
    net = Network("whole")
    N, D = net.dims("N D")
    n, d = net.indices(n=N, d=D)
    x, w, y = net.input("x", (N, D)), net.parameter("w", (D,)), net.tensor("y")
    y[n, d] = x[n, d] * w[d]
    net.loss = Sum(y[n, d] ** 2, n, d)
    assert not any("data_place" in line for line in forward(net, n="data"))

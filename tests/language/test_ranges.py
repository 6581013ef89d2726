"""Elements that are read lie inside their tensors."""

from __future__ import annotations

import re

import pytest
from sympy import Piecewise, sympify

from symbackprop import Network, Sum, errors
from symbackprop.language.nodes import nodes
from symbackprop.language.symbols import Element
from symbackprop.terms.check_program import check


def test_padding_dilation_strides_and_gathers_are_in_range() -> None:
    net = Network("reads")
    N, T, V, D = net.dims("N T V D")
    n, t, d, s = net.indices(n=N, t=T, d=D, s=3)
    x, w = net.input("x", (N, T)), net.parameter("w", (3,))
    ids, E = net.input("ids", (N, T), dtype="int", high=V), net.parameter("E", (V, D))
    y, e, half, back = net.tensors("y e half back")
    (m,) = net.indices(m=T // 2)
    y[n, t] = Sum(w[s] * Piecewise((x[n, t - 2 * s], t >= 2 * s), (0, True)), s)
    e[n, t, d] = E[ids[n, t], d]
    half[n, m] = x[n, 2 * m] + x[n, 2 * m + 1]
    back[n, t] = x[n, T - 1 - t] + Piecewise((x[n, t - 1], (t >= 1) & (t < T)), (x[n, 0], True))
    net.loss = Sum(y[n, t] + back[n, t], n, t) + Sum(e[n, t, d], n, t, d) + Sum(half[n, m], n, m)
    check(net.to_program())


@pytest.mark.parametrize(
    "read",
    [
        lambda x, n, s, N: x[n + 1],
        lambda x, n, s, N: x[n - 1],
        lambda x, n, s, N: Sum(x[n + 1] * s, s),
        lambda x, n, s, N: Piecewise((x[n + 1], n < N), (0, True)),
        lambda x, n, s, N: x[2 * n],
        lambda x, n, s, N: x[3],
        lambda x, n, s, N: Piecewise((x[n + 1], n > 0), (0, True)),
    ],
)
def test_a_counterexample_is_one(read) -> None:  # type: ignore[no-untyped-def]
    """The message names sizes and positions at which the subscript is outside of its axis."""
    net = Network("outside")
    (N,) = net.dims("N")
    n, s = net.indices(n=N, s=3)
    x, z = net.input("x", (N,)), net.tensor("z")
    with pytest.raises(errors.OutOfRange) as refused:
        z[n] = read(x, n, s, N)
    found = refused.value.found
    at = dict(re.findall(r"(\w+) = (-?\d+)", found.split(" the subscript")[0]))
    position = int(re.search(r"the subscript is (-?\d+)", found)[1])  # type: ignore[index]
    (access,) = [each for each in nodes(sympify(read(x, n, s, N))) if isinstance(each, Element)]
    subscript = access.subscripts[0].subs({n: at.get("n", 0), s: at.get("s", 0)}).subs(N, at["N"])
    assert int(subscript) == position
    assert not 0 <= position < int(at["N"])


@pytest.mark.parametrize(
    "read",
    [
        lambda x, n, s, N: x[N - 1 - n],
        lambda x, n, s, N: Piecewise((x[n + 1], n < N - 1), (0, True)),
        lambda x, n, s, N: Sum(Piecewise((x[n - s], s <= n), (0, True)), s),
        lambda x, n, s, N: Sum(x[n] * s, s) + x[0],
        lambda x, n, s, N: Sum(x[2], (s, 3, 2)),
    ],
)
def test_what_is_inside(read) -> None:  # type: ignore[no-untyped-def]
    net = Network("inside")
    (N,) = net.dims("N")
    n, s = net.indices(n=N, s=3)
    x, z = net.input("x", (N,)), net.tensor("z")
    z[n] = read(x, n, s, N)
    assert z.shape == (N,)

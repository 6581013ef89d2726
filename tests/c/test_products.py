"""Which products are found, how they lie, and what the function computes, at sizes that blocks do not divide."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from inspect import signature
from typing import Any

import numpy as np
import pytest
from sympy import Piecewise, tanh

import symbackprop
from symbackprop import Network, Sum
from symbackprop.c.nests import Product, statements_in
from symbackprop.c.open_nests import open_nests
from symbackprop.c.products import Layout, layout
from symbackprop.sources import c_values, program_of
from symbackprop.terms.fixed_sizes import fixed_sizes
from symbackprop.verify.data import draw


def matrices() -> Network:
    """In each order of the axes."""
    net = Network("matrices")
    N, D, H = net.dims("N D H")
    n, d, h = net.indices(n=N, d=D, h=H)
    x, W, V = net.parameter("x", (N, D)), net.parameter("W", (D, H)), net.parameter("V", (H, D))
    a, b = net.tensor("a"), net.tensor("b")
    a[n, h] = Sum(x[n, d] * W[d, h], d)
    b[h, n] = Sum(V[h, d] * x[n, d], d)
    net.loss = Sum(tanh(a[n, h] + b[h, n]) * (n + 2 * h + 1), n, h)
    return net


def batches() -> Network:
    """An axis of both factors; sums and rows along several axes, one of them flattened."""
    net = Network("batches")
    B, N, M, P, Q = net.dims("B N M P Q")
    b, n, m, p, q = net.indices(b=B, n=N, m=M, p=P, q=Q)
    x, W, y = net.parameter("x", (B, N, P, Q)), net.parameter("W", (B, Q, M * P)), net.tensor("y")
    y[b, n, m] = Sum(x[b, n, p, q] * W[b, q, m * P + p], p, q)
    net.loss = Sum(tanh(y[b, n, m]) * (b + n + m + 1), b, n, m)
    return net


def images() -> Network:
    """A convolution, and one with zeros around."""
    net = Network("images")
    N, C, F, H, R = net.dims("N C F H R")
    n, c, f, h, w, r, s = net.indices(n=N, c=C, f=F, h=H, w=H, r=R, s=R)
    x, K, z = net.parameter("x", (N, C, H + R - 1, H + R - 1)), net.parameter("K", (F, C, R, R)), net.tensor("z")
    L, u = net.parameter("L", (F, F, R)), net.tensor("u")
    g = net.index("g", F)
    z[n, f, h, w] = Sum(x[n, c, h + r, w + s] * K[f, c, r, s], c, r, s)
    inside = (h + r - 1 >= 0) & (h + r - 1 < H)
    u[n, g, h, w] = Sum(Piecewise((z[n, f, h + r - 1, w], inside), (0, True)) * L[g, f, r], f, r)
    net.loss = Sum(tanh(u[n, g, h, w]) * (g + h + 2 * w + 1), n, g, h, w)
    return net


SIZES: list[tuple[Callable[[], Network], dict[str, int]]] = [
    *((matrices, {"N": n, "D": d, "H": h}) for n, d, h in (
        (64, 64, 64), (33, 17, 10), (8, 300, 5), (100, 3, 40), (7, 31, 130), (1, 70, 70), (70, 1, 70), (40, 530, 19),
        (3, 300, 130),
    )),
    (batches, {"B": 3, "N": 17, "M": 9, "P": 4, "Q": 11}),
    (batches, {"B": 2, "N": 40, "M": 33, "P": 3, "Q": 5}),
    (images, {"N": 3, "C": 4, "F": 9, "H": 13, "R": 3}),
    (images, {"N": 2, "C": 17, "F": 32, "H": 8, "R": 5}),
]  # fmt: skip


@pytest.mark.parametrize("double", [False, True], ids=["float", "double"])
@pytest.mark.parametrize(("make", "sizes"), SIZES, ids=lambda each: getattr(each, "__name__", None))
@pytest.mark.usefixtures("compiler")
def test_compiled_in_vectors(make: Callable[[], Network], sizes: Mapping[str, int], double: bool) -> None:
    program = program_of(make())
    data = draw(program, dict(sizes), 5)
    params = {name: np.asarray(data[name], np.float64) for name in symbackprop.load(make()).PARAMETERS}
    module = symbackprop.load(make())
    keywords = {name: size for name, size in sizes.items() if name in signature(module.value_and_grad).parameters}
    expected = module.value_and_grad(params, **keywords)
    given: dict[str, Any] = {k: v.astype(np.float64 if double else np.float32) for k, v in params.items()}
    found = symbackprop.load(make(), backend="c").value_and_grad(given, **keywords)
    tolerance = 1e-12 if double else 2e-5
    assert abs(found[0] - expected[0]) <= tolerance * abs(expected[0])
    for name, value in expected[1].items():
        assert np.abs(found[1][name] - value).max() <= tolerance * np.abs(value).max(), name


def layouts(make: Callable[[], Network], sizes: Mapping[str, int]) -> dict[str, Layout]:
    program = fixed_sizes(program_of(make()), sizes)
    module = c_values(program)
    out: dict[str, Layout] = {}
    for function in module.functions:
        nests = open_nests(function, program)
        for statement in statements_in(nests.body):
            if isinstance(statement, Product):
                found = layout(statement, nests.tensors)
                assert found is not None
                out[statement.tensor] = found
    return out


def test_axes_that_lie_one_in_the_other_are_one() -> None:
    found = layouts(images, {"N": 2, "C": 17, "F": 32, "H": 8, "R": 5})
    assert sorted(run.extent for run in found["z"].sums) == [5, 5, 17]
    assert sorted(run.extent for run in found["d_K"].rows) == [5, 5, 17]


def test_what_threads_share_has_elements_of_its_own() -> None:
    """Windows that overlap add to the same elements; what each row and column adds to says which share none."""
    for sizes in ({"N": 2, "C": 17, "F": 32, "H": 8, "R": 5}, {"N": 16, "C": 6, "F": 8, "H": 9, "R": 3}):
        found = layouts(images, sizes)
        assert found["d_x"].shared
        for name, each in found.items():
            runs = {f"r{place}": run for place, run in enumerate(each.rows, 1)} | {"n": each.columns}
            places = {way: set[int]() for way in range(runs[each.shared].extent)} if each.shared else {}
            for at in itertools.product(*(range(run.extent) for run in runs.values())):
                if each.shared:
                    element = sum(run.target * i for run, i in zip(runs.values(), at, strict=True))
                    places[at[list(runs).index(each.shared)]].add(element)
            assert sum(map(len, places.values())) == len(set().union(*places.values())), name


def test_small_ones_stay_loops() -> None:
    assert not layouts(matrices, {"N": 3, "D": 4, "H": 5})

"""Matrices of products in loops by blocks of columns: the same products, of what lies together."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from sympy import tanh

from symbackprop import Network, Sum, generate, verify
from symbackprop.lower.values import MapOp
from symbackprop.numpy.array import (
    Allocate,
    Array,
    Blocks,
    Buffer,
    Contract,
    Function,
    If,
    Loop,
    Map,
    Role,
    Statement,
    statements_in,
)
from symbackprop.numpy.check_statements import check
from symbackprop.numpy.column_blocks import blocked as by_blocks
from symbackprop.numpy.loop_invariants import before_loops
from symbackprop.resources import templates
from symbackprop.terms.build import TRUE
from symbackprop.terms.poly import ZERO, Dim, Index, Poly
from tests.numpy.positions import executed, run

SIZES = {"T": 5, "N": 3, "D": 2, "G": 2, "K": 4}
T, N, D, G, K = (Poly.of(Dim(name)) for name in SIZES)
n, d, g, k, t = map(Index, "ndgkt")
EXTENTS = {n: N, d: D, g: G, k: K}
X = Buffer("x", (T, N, D), role=Role.ARGUMENT)
W = Buffer("w", (G, K, D), role=Role.ARGUMENT)
Z, ZT, Y = Buffer("z", (N, G, K)), Buffer("zt", (G, K, N)), Buffer("y", (T, N, G, K))


def at(buffer: Buffer, *subscripts: Index | Poly, axes: tuple[Index, ...]) -> Array:
    return Array(buffer, tuple(map(Poly.of, subscripts)), axes, tuple(EXTENTS[axis] for axis in axes))


ROWS, WEIGHTS = at(X, t, n, d, axes=(n, d)), at(W, g, k, d, axes=(g, k, d))
HERE, TURNED = at(Z, n, g, k, axes=(n, g, k)), at(ZT, g, k, n, axes=(g, k, n))


def function(*body: Statement, high: Poly = T - 1, out: Array = HERE) -> Function:
    kept = Map(MapOp.COPY, at(Y, t, n, g, k, axes=(n, g, k)), (out,))
    loop = Loop(t, ZERO, high, False, (*body, kept))
    return Function("f", (X, W), (Allocate(out.buffer), Allocate(Y, fill=0), loop), (("x", X), ("w", W), ("y", Y)))


def blocked(before: Function) -> list[Buffer]:
    """What is stored by blocks; the numbers are those of the function as it was, as statements and as text."""
    after = by_blocks(Function(before.name, before.arguments, before_loops(before.body), before.tensors))
    check(after)
    rng = np.random.default_rng(2)
    data = {"x": rng.normal(size=(5, 3, 2)), "w": rng.normal(size=(2, 4, 2))}
    wanted = run(before, SIZES, data)["y"]
    for found in (run(after, SIZES, data)["y"], executed(after, SIZES, data)["y"]):
        np.testing.assert_allclose(found, wanted, rtol=1e-12)
    return [s.buffer for s in statements_in(after.body) if isinstance(s, Allocate) and s.buffer.blocks is not None]


@pytest.mark.parametrize("swapped", [False, True])
def test_the_matrix_of_every_turn(swapped: bool) -> None:
    factors = (WEIGHTS, ROWS) if swapped else (ROWS, WEIGHTS)
    (buffer,) = blocked(function(Contract(HERE, *factors, (), (d,))))
    assert (buffer.shape, buffer.blocks) == ((D, G, K), Blocks(1, D * N))


def test_rows_innermost_are_the_columns_of_the_transposed_product() -> None:
    """The matrix is not what is stored by blocks then: what turns is."""
    assert not blocked(function(Contract(TURNED, WEIGHTS, ROWS, (), (d,)), out=TURNED))


def test_two_products_share_the_blocks() -> None:
    again = Contract(HERE, ROWS, WEIGHTS, (), (d,))
    assert len(blocked(function(again, again))) == 1


def test_not_of_what_changes_and_not_where_no_turn_may_run() -> None:
    product = Contract(HERE, ROWS, WEIGHTS, (), (d,))
    assert not blocked(function(product, high=T - 2))
    assert not blocked(function(product, high=Poly.of(2)))
    rows = at(Y, t, n, g, k, axes=(n, g, k))
    assert not blocked(function(Contract(rows, ROWS, WEIGHTS, (), (d,)), Map(MapOp.COPY, HERE, (rows,))))
    before = function(product)
    held = Function(before.name, before.arguments, (*before.body[:2], If(TRUE, before.body[2:], ())), before.tensors)
    assert not blocked(held)


def test_not_of_what_is_known_to_be_small() -> None:
    extents = (Poly.of(3), Poly.of(2))
    rows, matrix, z = (
        Buffer("r", (T, *extents)),
        Buffer("m", (Poly.of(2), Poly.of(4))),
        Buffer("s", (Poly.of(3), Poly.of(4))),
    )
    product = Contract(
        Array(z, (Poly.of(n), Poly.of(k)), (n, k), z.shape),
        Array(rows, (Poly.of(t), Poly.of(n), Poly.of(d)), (n, d), extents),
        Array(matrix, (Poly.of(d), Poly.of(k)), (d, k), matrix.shape), (), (d,),
    )  # fmt: skip
    before = Function("f", (rows, matrix), (Allocate(z), Loop(t, ZERO, T - 1, False, (product,))), ())
    assert by_blocks(before) == before


# --- the helper ----------------------------------------------------------------------------------------
def helper() -> Any:
    known: dict[str, Any] = {}
    exec((templates() / "numpy" / "helpers" / "_blocks.py.j2").read_text(encoding="utf-8"), known)
    return known["_blocks"]


@pytest.mark.parametrize(
    ("columns", "work", "width"),
    [(512, 4096, 128), (128, 16384, 32), (512, 1000, 512), (96, 2**15, 24), (6, 10**6, 6), (1, 10**7, 1), (7, 10**6, 7),
     (64, 10**6 // 16, 16), (64, 10**6, 64)],
)  # fmt: skip
def test_widths(columns: int, work: int, width: int) -> None:
    """As wide as a million multiply-adds allow, halved until then; the whole where that leads to no good width."""
    matrix = np.arange(3.0 * columns).reshape(3, columns)
    blocks = helper()(matrix, work)
    if width == columns:
        assert blocks is matrix
    else:
        assert blocks.shape == (columns // width, 3, width)
        assert np.shares_memory(blocks, matrix)
        np.testing.assert_array_equal(np.concatenate(list(blocks), axis=1), matrix)


# --- in modules ----------------------------------------------------------------------------------------
def recurrence(gates: bool) -> Network:
    net = Network("recurrence")
    size_t, size_n, size_h = net.dims("T N H")
    s = net.index("s", (1, size_t))
    m, i, j, e = net.indices(m=size_n, i=size_h, j=size_h, e=2)
    x = net.input("x", (size_n, size_h))
    z, h = net.tensors("z h")
    h[0, m, j] = x[m, j]
    if gates:
        weights = net.parameter("W", (2, size_h, size_h))
        z[s, m, e, j] = Sum(weights[e, j, i] * h[s - 1, m, i], i)
        h[s, m, j] = tanh(z[s, m, 0, j]) * tanh(z[s, m, 1, j])
    else:
        weights = net.parameter("W", (size_h, size_h))
        z[s, m, j] = Sum(weights[i, j] * h[s - 1, m, i], i)
        h[s, m, j] = tanh(z[s, m, j])
    net.loss = Sum(h[size_t, m, j] ** 2, m, j)
    return net


@pytest.mark.parametrize("gates", [False, True])
def test_a_recurrence_multiplies_by_blocks(gates: bool) -> None:
    net = recurrence(gates)
    text = generate(net)
    assert re.search(
        r"np\.copyto\((_\d+_blocks), _blocks\(W.*\n(.*\n)*? {8}np\.matmul\(h\[s - 1\], \1, out=z_blocks\)", text
    )
    assert len(re.findall(r"np\.copyto\(_\d+\w*, .*W", text)) == 2, "one for each direction"
    assert verify(net).passed


def test_of_many_columns_the_gradients_are_those_of_central_differences() -> None:
    """At sizes whose products are taken by blocks."""
    known: dict[str, Any] = {}
    exec(generate(recurrence(gates=True)), known)
    rng = np.random.default_rng(5)
    params, x = {"W": rng.normal(size=(2, 160, 160)) / 12}, rng.normal(size=(24, 160))
    assert known["_blocks"](np.empty((160, 320)), 24 * 160).ndim == 3
    _, grads = known["value_and_grad"](params, x, T=3)
    for place in ((0, 3, 5), (1, 100, 159), (1, 0, 0)):
        ends = []
        for step in (-1e-5, 1e-5):
            moved = params["W"].copy()
            moved[place] += step
            ends.append(known["forward"]({"W": moved}, x, T=3)[0])
        np.testing.assert_allclose(grads["W"][place], (ends[1] - ends[0]) / 2e-5, rtol=1e-5, atol=1e-7)

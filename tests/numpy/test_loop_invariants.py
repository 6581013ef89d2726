"""What leaves a loop: the numbers stay, and what is computed in every turn becomes less."""

from __future__ import annotations

import re

import numpy as np
import pytest

from symbackprop import Network, Sum, generate, verify
from symbackprop.functions import sigmoid
from symbackprop.lower.values import MapOp
from symbackprop.numpy.array import (
    Allocate,
    Array,
    Buffer,
    Contract,
    Function,
    Loop,
    Map,
    Role,
    Scalar,
    Statement,
    statements_in,
)
from symbackprop.numpy.check_statements import check
from symbackprop.numpy.loop_invariants import before_loops
from symbackprop.terms.build import poly_value
from symbackprop.terms.poly import ONE, ZERO, Dim, Index, Poly
from tests.numpy.positions import run

SIZES = {"T": 3, "N": 5, "D": 2, "K": 7}
T, N, D, K = (Poly.of(Dim(name)) for name in SIZES)
n, d, k, t = map(Index, "ndkt")
X = Buffer("x", (T, N, D), role=Role.ARGUMENT)
W = Buffer("w", (K, D), role=Role.ARGUMENT)
Y = Buffer("y", (T, N, K))
RNG = np.random.default_rng(3)
DATA = {"x": RNG.normal(size=(3, 5, 2)), "w": RNG.normal(size=(7, 2))}


def at(buffer: Buffer, *subscripts: Index | Poly, axes: tuple[Index, ...]) -> Array:
    extents = {n: N, d: D, k: K}
    return Array(buffer, tuple(map(Poly.of, subscripts)), axes, tuple(extents[axis] for axis in axes))


def function(*body: Statement, high: Poly = T - 1) -> Function:
    whole = (Allocate(Y, fill=0), Loop(t, ZERO, high, False, body))
    return Function("f", (X, W), whole, (("x", X), ("w", W), ("y", Y)))


def product(right: Array) -> Contract:
    return Contract(at(Y, t, n, k, axes=(n, k)), at(X, t, n, d, axes=(n, d)), right, (), (d,))


def moved(before: Function) -> tuple[Statement, ...]:
    """The body with what is computed before the loop; the numbers are those of the body as it was."""
    body = before_loops(before.body)
    after = Function(before.name, before.arguments, body, before.tensors)
    check(after)
    np.testing.assert_allclose(run(after, SIZES, DATA)["y"], run(before, SIZES, DATA)["y"], rtol=1e-12)
    return body


def loop_of(body: tuple[Statement, ...]) -> tuple[Statement, ...]:
    return next(statement.body for statement in body if isinstance(statement, Loop))


def test_a_transposed_second_factor_is_copied_once() -> None:
    body = moved(function(product(at(W, k, d, axes=(k, d)))))
    (statement,) = loop_of(body)
    assert isinstance(statement, Contract)
    assert statement.right.axes == (d, k)
    assert statement.right.buffer.role is Role.TEMPORARY


def test_not_in_a_loop_of_a_few_turns() -> None:
    before = function(product(at(W, k, d, axes=(k, d))), high=Poly.of(2))
    assert before_loops(before.body) == before.body


def test_not_of_what_a_turn_writes() -> None:
    written = Map(MapOp.COPY, at(Y, t, n, k, axes=(n, k)), (Scalar(poly_value(ONE)),))
    own = Contract(at(Y, t, n, k, axes=(n, k)), at(X, t, n, d, axes=(n, d)), at(Y, t - Poly.of(t), k, d, axes=(k, d)),
                   (), (d,))  # fmt: skip
    before = function(written, own)
    assert before_loops(before.body) == before.body


@pytest.mark.parametrize("high", [T - 1, T - 2])
def test_what_is_made_of_no_turn_is_made_once(high: Poly) -> None:
    """A square may raise errors, so it stays where no turn may run; a copy does not."""
    squared = at(Buffer(".1", (K, D), role=Role.TEMPORARY), k, d, axes=(k, d))
    copied = at(Buffer(".2", (K, D), role=Role.TEMPORARY), k, d, axes=(k, d))
    body = moved(function(
        Allocate(squared.buffer), Map(MapOp.SQUARE, squared, (at(W, k, d, axes=(k, d)),)),
        Allocate(copied.buffer), Map(MapOp.COPY, copied, (at(W, k, d, axes=(k, d)),)),
        product(squared), product(copied), high=high,
    ))  # fmt: skip
    inside = [statement.op for statement in statements_in(loop_of(body)) if isinstance(statement, Map)]
    assert inside == ([] if high == T - 1 else [MapOp.SQUARE])


@pytest.mark.parametrize("between", [False, True])
def test_what_several_statements_make_is_made_once(between: bool) -> None:
    """Unless what stays in the loop reads it in between."""
    made = at(Buffer(".1", (K, D), role=Role.TEMPORARY), k, d, axes=(k, d))
    row = Array(made.buffer, (ZERO, Poly.of(d)), (d,), (D,))
    first = Map(MapOp.COPY, made, (Scalar(poly_value(ONE)),))
    second = Map(MapOp.ADD, row, (row, Array(W, (ONE, Poly.of(d)), (d,), (D,))))
    uses = [product(made)] if between else []
    body = moved(function(Allocate(made.buffer), first, *uses, second, product(made)))
    inside = [statement.op for statement in statements_in(loop_of(body)) if isinstance(statement, Map)]
    assert inside == ([MapOp.COPY, MapOp.ADD] if between else [])


def test_what_names_the_turn_stays() -> None:
    row = at(Buffer(".1", (N, D), role=Role.TEMPORARY), n, d, axes=(n, d))
    before = function(Allocate(row.buffer), Map(MapOp.COPY, row, (at(X, t, n, d, axes=(n, d)),)),
                      Contract(at(Y, t, n, k, axes=(n, k)), row, at(W, k, d, axes=(k, d)), (), (d,)))  # fmt: skip
    assert row.buffer in {s.buffer for s in loop_of(moved(before)) if isinstance(s, Allocate)}


def test_weights_of_many_rows_are_the_second_factor_in_a_loop() -> None:
    """Copied before it, so that what each turn adds to its rows lies as they do."""
    net = Network("gates")
    size_t, size_n, size_h = net.dims("T N H")
    s = net.index("s", (1, size_t))
    m, i, j, g = net.indices(m=size_n, i=size_h, j=size_h, g=4)
    x, weights = net.parameter("x", (size_t, size_n, 4, size_h)), net.parameter("W", (4, size_h, size_h))
    z, h = net.tensors("z h")
    h[0, m, j] = 0
    z[s, m, g, j] = Sum(weights[g, j, i] * h[s - 1, m, i], i) + x[s - 1, m, g, j]
    h[s, m, j] = sigmoid(z[s, m, 0, j]) * z[s, m, 1, j] * z[s, m, 2, j] + z[s, m, 3, j]
    net.loss = Sum(h[size_t, m, j] ** 2, m, j)
    text = generate(net)
    assert re.search(r"h\[s - 1\]\.dot\(_\d+_view, out=z\[s - 1\]\.reshape\(N, 4 \* H\)\)", text)
    assert verify(net).passed


@pytest.mark.parametrize("transposed", [False, True])
def test_a_recurrence_copies_its_weights_once_for_each_direction(transposed: bool) -> None:
    net = Network("recurrence")
    size_t, size_n, size_h = net.dims("T N H")
    s = net.index("s", (1, size_t))
    m, i, j = net.indices(m=size_n, i=size_h, j=size_h)
    x = net.input("x", (size_n, size_h))
    weights = net.parameter("W", (size_h, size_h))
    (h,) = net.tensors("h")
    h[0, m, j] = x[m, j]
    h[s, m, j] = sigmoid(Sum((weights[i, j] if transposed else weights[j, i]) * h[s - 1, m, i], i))
    net.loss = Sum(h[size_t, m, j] ** 2, m, j)
    text = generate(net)
    assert len(re.findall(r"np\.copyto\(_\d+_blocks, _blocks\(W", text)) == 2
    assert ".T, out" not in "".join(line for line in text.splitlines() if "matmul" in line and " d_W" not in line)
    assert verify(net).passed

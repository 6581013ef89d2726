"""One row of storage where one is enough: the numbers stay, and rows that are needed again stay too."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

import numpy as np
import pytest
from sympy import tanh

from symbackprop import Network, Sum, generate, verify, zoo
from symbackprop.lower.values import MapOp
from symbackprop.numpy.array import Allocate, Array, Buffer, Function, Loop, Map, Role, Scalar, Statement
from symbackprop.numpy.check_statements import check
from symbackprop.numpy.one_row import one_row
from symbackprop.terms.build import poly_value
from symbackprop.terms.poly import ONE, ZERO, Dim, Index, Poly
from tests.numpy.positions import executed, run

SIZES = ({"T": 4, "N": 3}, {"T": 1, "N": 2}, {"T": 2, "N": 1})
T, N = (Poly.of(Dim(name)) for name in ("T", "N"))
n, t, u = map(Index, "ntu")
turn = Poly.of(t)
X = Buffer("x", (T + 2, N), role=Role.ARGUMENT)
A, Y = Buffer("a", (T + 2, N)), Buffer("y", (T + 2, N))


def row(buffer: Buffer, at: Poly, low: int = 0) -> Array:
    return Array(buffer, (at, Poly.of(n) + low), (n,), (N - low,))


def multiplied(out: Array, *args: Array) -> Map:
    return Map(MapOp.MULTIPLY, out, args)


def copied(out: Array, arg: Array) -> Map:
    return Map(MapOp.COPY, out, (arg,))


def function(body: Sequence[Statement], before: Sequence[Statement] = (), after: Sequence[Statement] = (),
             descending: bool = True, fill: int | None = None) -> Function:  # fmt: skip
    loop = Loop(t, ONE, T, descending, tuple(body))
    whole = (Allocate(A, fill), Allocate(Y, fill=0), *before, loop, *after)
    return Function("f", (X,), whole, (("x", X), ("a", A), ("y", Y)))


def shape_after(before: Function) -> int:
    """The rank of what is stored of `a`; y has the same values as before, and is whole."""
    after = one_row(before, {"y"})
    check(after)
    for sizes in SIZES:
        data = {"x": np.random.default_rng(1).uniform(0.5, 2, (sizes["T"] + 2, sizes["N"]))}
        wanted = run(before, sizes, data)["y"]
        known = ~np.isnan(wanted)
        for found in (run(after, sizes, data)["y"], executed(after, sizes, data)["y"]):
            np.testing.assert_allclose(found[known], wanted[known], rtol=1e-12)
    return len(after.buffer("a").shape)


def test_what_a_turn_makes_for_itself() -> None:
    body = [copied(row(A, turn), row(X, turn)), multiplied(row(Y, turn), row(A, turn), row(A, turn))]
    assert shape_after(function(body)) == 1


@pytest.mark.parametrize("descending", [False, True])
def test_a_row_in_place_of_the_one_before(descending: bool) -> None:
    first, step = (T, -1) if descending else (ONE, 1)
    use = multiplied(row(Y, turn), row(A, turn), row(X, turn))
    following = multiplied(row(A, turn + step), row(A, turn), row(X, turn))
    before = [copied(row(A, first), row(X, first))]
    assert shape_after(function([use, following], before, descending=descending)) == 1
    assert shape_after(function([following, use], before, descending=descending)) == 2, "the old row is read after"
    assert shape_after(function([use, following], before, descending=not descending)) == 2, "the other way"


def test_of_another_element_of_the_old_row_nothing_is_written_over() -> None:
    following = multiplied(row(A, turn - 1), row(X, turn), Array(A, (turn, ZERO), (), ()))
    assert shape_after(function([following], [copied(row(A, T), row(X, T))])) == 2


def test_what_the_loop_leaves_is_read() -> None:
    body = [multiplied(row(A, turn - 1), row(A, turn), row(X, turn))]
    before = [copied(row(A, T), row(X, T))]
    assert shape_after(function(body, before, [copied(row(Y, ZERO), row(A, ZERO))])) == 1
    assert shape_after(function(body, before, [copied(row(Y, ZERO), row(A, ONE))])) == 2
    whole = Array(A, (Poly.of(u), Poly.of(n)), (u, n), (T + 2, N))
    assert shape_after(function(body, before, [copied(Array(Y, whole.subscripts, (u, n), (T + 2, N)), whole)])) == 2


def test_what_is_cleared_is_begun_by_an_assignment_of_the_whole_row() -> None:
    use = multiplied(row(Y, turn), row(A, turn), row(X, turn))
    added = Map(MapOp.ADD, row(A, turn), (row(A, turn), row(X, turn)))
    following = multiplied(row(A, turn - 1), row(A, turn), row(X, turn))
    part = multiplied(row(A, turn - 1, 1), row(A, turn, 1), row(X, turn, 1))
    assert shape_after(function([added, use, following], fill=0)) == 1
    assert shape_after(function([added, use, part], fill=0)) == 2
    assert shape_after(function([added, use], fill=0)) == 2, "each row is 0 at first"


def test_a_loop_in_a_loop_begins_each_row_anew() -> None:
    inner: Statement = Loop(
        u, ONE, T, False, (copied(row(A, Poly.of(u)), row(X, turn)), copied(row(Y, turn), row(A, Poly.of(u))))
    )
    assert shape_after(function([inner])) == 1
    kept: Statement = Loop(
        u, ONE, T, False, (copied(row(Y, turn), row(A, Poly.of(u))), copied(row(A, Poly.of(u)), row(X, turn)))
    )
    assert shape_after(function([kept], fill=0)) == 2, "what an earlier turn left is read"


def drawn(seed: int) -> Function:
    """A loop of random statements, each on one of two rows of `a`, all of it or a part."""
    rng = random.Random(seed)
    descending = rng.random() < 0.5
    step = -1 if descending else 1

    def window(buffer: Buffer, low: int) -> Array:
        offset = rng.choice((0, 0, step)) if buffer is A else 0
        return row(buffer, turn + offset, low)

    def statement() -> Statement:
        low = rng.choice((0, 0, 0, 1))
        out = window(rng.choice((A, A, Y)), low)
        args = [window(rng.choice((A, A, X)), low) for _ in range(rng.choice((1, 1, 2)))]
        if rng.random() < 0.2:
            return copied(out, args[0])
        if rng.random() < 0.2:
            return Map(MapOp.COPY, out, (Scalar(poly_value(ONE)),))
        return multiplied(out, args[0], args[-1])

    first, last = (T, ONE) if descending else (ONE, T)
    before = [copied(row(A, first + rng.choice((0, 0, step))), row(X, first))] if rng.random() < 0.6 else []
    after = [copied(row(Y, first), row(A, last + rng.choice((0, step))))] if rng.random() < 0.3 else []
    body = [statement() for _ in range(rng.choice((2, 3, 3, 4)))]
    return function(body, before, after, descending, rng.choice((None, None, 0)))


def test_random_loops() -> None:
    ranks = [shape_after(drawn(seed)) for seed in range(400)]
    assert ranks.count(1) > 60 < ranks.count(2)


# --- in modules ----------------------------------------------------------------------------------------
def test_a_recurrence_keeps_what_backward_reads() -> None:
    net = Network("recurrence")
    size_t, size_n, size_h = net.dims("T N H")
    s = net.index("s", (1, size_t))
    m, i, j = net.indices(m=size_n, i=size_h, j=size_h)
    x, weights = net.input("x", (size_n, size_h)), net.parameter("W", (size_h, size_h))
    z, h = net.tensors("z h")
    h[0, m, j] = x[m, j]
    z[m, s, j] = Sum(weights[i, j] * h[s - 1, m, i], i)
    h[s, m, j] = tanh(z[m, s, j])
    net.loss = Sum(h[size_t, m, j] ** 2, m, j)
    text = generate(net)
    assert re.search(r"np\.tanh\(z, out=h\[s\]\)\n", text)
    for row in ("z", "d_h"):
        assert re.search(rf"    .*\b{row}\b.* = take\(\(N, H\), dtype, ", text)
    assert verify(net).passed


@pytest.mark.parametrize("name", ["lstm", "neural_ode", "deep_mlp"])
def test_rows_of_layers_steps_and_solvers(name: str) -> None:
    net = zoo.load(name)
    assert re.search(r"    for .*:\n(?: {8}.*\n|\n)* {8}\S.*, out=(d_)?\w+\)\n", generate(net))
    assert verify(net).passed

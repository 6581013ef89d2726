"""Storage that is shared: random lists of statements compute the same numbers, in less of it."""

from __future__ import annotations

import random

import numpy as np
import pytest

from symbackprop.lower.values import MapOp
from symbackprop.numpy.array import Allocate, Array, Buffer, Fold, Function, If, Loop, Map, Role, Scalar, Statement
from symbackprop.numpy.buffers import share_buffers, through
from symbackprop.numpy.check_statements import check
from symbackprop.terms.build import TRUE, number
from symbackprop.terms.poly import ZERO, Dim, Index, Poly
from symbackprop.terms.term import Reduction
from tests.numpy.positions import run, temporaries

SIZES = {"N": 5, "D": 3}
N, D = Poly.of(Dim("N")), Poly.of(Dim("D"))
n, d, t = Index("n"), Index("d"), Index("t")
X, S = Buffer("x", (N, D), role=Role.ARGUMENT), Buffer("s", (N,), role=Role.ARGUMENT)
Y, Z = Buffer("y", (N, D)), Buffer("z", (N, D))
DATA = {"x": np.random.default_rng(1).normal(size=(5, 3)), "s": np.random.default_rng(2).normal(size=5)}


def whole(buffer: Buffer) -> Array:
    axes = (n, d)[: len(buffer.shape)]
    return Array(buffer, tuple(map(Poly.of, axes)), axes, buffer.shape)


def random_body(rng: random.Random) -> list[Statement]:
    """Temporaries made of what is there; in the end y, z and a row of z are."""
    wide, narrow = [whole(X)], [whole(S)]
    body: list[Statement] = []
    for count in range(rng.randint(2, 9)):
        fold = rng.random() < 0.3
        out = whole(Buffer(f".{count}", (N,) if fold else (N, D), role=Role.TEMPORARY))
        body.append(Allocate(out.buffer))
        if fold:
            body.append(Fold(rng.choice((Reduction.SUM, Reduction.MAX)), out, rng.choice(wide)))
            narrow.append(out)
            continue
        args = (rng.choice(wide), rng.choice([*wide, *narrow, Scalar(number(rng.randint(1, 3)))]))
        made = Map(rng.choice((MapOp.ADD, MapOp.SUBTRACT, MapOp.MULTIPLY, MapOp.MAXIMUM)), out, args)
        inside = rng.random()
        body.append(Loop(t, ZERO, Poly.of(1), False, (made,)) if inside < 0.15 else
                    If(TRUE, (made,), (Map(MapOp.COPY, out, (whole(X),)),)) if inside < 0.3 else made)  # fmt: skip
        wide.append(out)
    row = Array(Z, (Poly.of(2), Poly.of(d)), (d,), (D,))
    source = Array(X, (Poly.of(1), Poly.of(d)), (d,), (D,))
    return [
        *body, Allocate(Y), Map(MapOp.COPY, whole(Y), (rng.choice(wide),)),
        Allocate(Z), Map(MapOp.MULTIPLY, whole(Z), (rng.choice(wide), rng.choice(narrow))),
        Map(MapOp.ADD, row, (row, source)),
    ]  # fmt: skip


@pytest.mark.parametrize("seed", range(80))
def test_the_same_numbers_in_no_more_storage(seed: int) -> None:
    tensors = (("x", X), ("s", S), ("y", Y), ("z", Z))
    before = Function("f", (X, S), tuple(random_body(random.Random(seed))), tensors)
    after = Function("f", (X, S), share_buffers(before.body), tensors)
    check(before)
    check(after)
    expected, found = run(before, SIZES, DATA), run(after, SIZES, DATA)
    for name in expected:
        np.testing.assert_array_equal(found[name], expected[name])
    assert temporaries(after) <= temporaries(before)


def test_a_result_is_computed_where_it_belongs() -> None:
    held = whole(Buffer(".1", (N, D), role=Role.TEMPORARY))
    tanh, copy = Map(MapOp.TANH, held, (whole(X),)), Map(MapOp.COPY, whole(Y), (held,))
    body = share_buffers([Allocate(Y), Allocate(held.buffer), tanh, copy])
    assert body == (Allocate(Y), Map(MapOp.TANH, whole(Y), (whole(X),)))


def test_a_chain_of_temporaries_works_in_place() -> None:
    body: list[Statement] = []
    last = whole(X)
    for count in range(6):
        out = whole(Buffer(f".{count}", (N, D), role=Role.TEMPORARY))
        body += [Allocate(out.buffer), Map(MapOp.TANH, out, (last,))]
        last = out
    body += [Allocate(S1 := Buffer("total", (N,))), Fold(Reduction.SUM, whole(S1), last)]
    assert temporaries(Function("f", (X,), share_buffers(body), (("x", X),))) == 1


def test_through() -> None:
    """An array on a buffer that is really a window of another."""
    window = Array(X, (Poly.of(n) + 1, Poly.of(d)), (n, d), (N - 1, D))
    row = Array(Buffer(".1", (N - 1, D), role=Role.TEMPORARY), (ZERO + 2, Poly.of(t)), (t,), (D,))
    assert through(row, window) == Array(X, (ZERO + 3, Poly.of(t)), (t,), (D,))

"""Statements as text: loops, conditions, storage and notes; floats err in silence where that means nothing."""

from __future__ import annotations

import numpy as np
import pytest

from symbackprop.lower.values import MapOp
from symbackprop.numpy.array import (
    Allocate,
    Array,
    Buffer,
    Counter,
    Function,
    If,
    Loop,
    Map,
    Note,
    Role,
    Scalar,
    Statement,
)
from symbackprop.numpy.bound import Bound
from symbackprop.numpy.statement_text import StatementWriter
from symbackprop.python_text.identifiers import Names, Scope
from symbackprop.terms.build import compare, number, poly_value
from symbackprop.terms.poly import ONE, ZERO, Dim, Index, Poly
from symbackprop.terms.term import Relation
from tests.numpy.positions import executed, run

N = Poly.of(Dim("N"))
n, t = Index("n"), Index("t")
X, Y = Buffer("x", (N,), role=Role.ARGUMENT), Buffer("y", (N,))
DATA = {"x": np.arange(5.0) - 2}


def of(buffer: Buffer) -> Array:
    return Array(buffer, (Poly.of(n),), (n,), (N,))


def element(buffer: Buffer, place: Poly) -> Array:
    return Array(buffer, (place,), (), ())


def function(*body: Statement) -> Function:
    return Function("f", (X,), body, (("x", X), ("y", Y)))


def lines(*body: Statement) -> list[str]:
    scope = Scope(Names({"N", "x", "y"}))
    writer = StatementWriter(scope, Bound(scope))
    writer.body(body)
    return writer.alone


TAKEN, ADDED = Allocate(Y), Map(MapOp.ADD, of(Y), (of(Y), of(X)))
FIRST = compare(Relation.EQ, poly_value(Poly.of(t)), number(0))
TURN = Poly.of(t)
BODIES: dict[str, tuple[Statement, ...]] = {
    "new": (TAKEN, Map(MapOp.TANH, of(Y), (of(X),))),
    "a number": (TAKEN, Map(MapOp.COPY, of(Y), (Scalar(number(3)),))),
    "a counter": (TAKEN, Map(MapOp.MULTIPLY, of(Y), (of(X), Counter(n, N, ONE, Poly.of(2))))),
    "in place": (Allocate(Y, fill=0), ADDED, Map(MapOp.SUBTRACT, of(Y), (of(X), of(Y)))),
    "a loop": (Allocate(Y, fill=1), Loop(t, ONE, N - 1, False, (
        Map(MapOp.MULTIPLY, element(Y, TURN), (element(Y, TURN - 1), element(X, TURN))),))),
    "a loop down": (Allocate(Y, fill=1), Loop(t, ZERO, N - 2, True, (
        Map(MapOp.ADD, element(Y, TURN), (element(Y, TURN + 1), element(X, TURN))),))),
    "branches": (Allocate(Y, fill=0), Loop(t, ZERO, N - 1, False, (If(FIRST,
        (Map(MapOp.COPY, element(Y, TURN), (Scalar(number(7)),)),),
        (Map(MapOp.COPY, element(Y, TURN), (element(X, TURN),)),)),))),
    "an else alone": (Allocate(Y, fill=0), Loop(t, ZERO, N - 1, False, (
        If(FIRST, (), (Map(MapOp.COPY, element(Y, TURN), (element(X, TURN),)),)),))),
    "quiet": (TAKEN, Map(MapOp.LOG, of(Y), (of(X),), quiet=True), Map(MapOp.ABS, of(Y), (of(Y),))),
}  # fmt: skip


@pytest.mark.parametrize("name", BODIES)
def test_the_text_computes_what_the_statements_mean(name: str) -> None:
    whole = function(*BODIES[name])
    with np.errstate(all="raise"):
        found = executed(whole, {"N": 5}, DATA)["y"]
    np.testing.assert_allclose(found, run(whole, {"N": 5}, DATA)["y"], rtol=1e-15)


def test_notes_are_set_off_but_for_the_first_of_a_block() -> None:
    loop = Loop(t, ZERO, N - 1, False, (Note("inner"), ADDED, Note("again"), ADDED))
    assert lines(Note("one"), loop, Note("two"), ADDED) == [
        "", "    # one", "    for t in range(N):", "        # inner", "        y += x", "", "        # again",
        "        y += x", "", "    # two", "    y += x",
    ]  # fmt: skip


def test_storage_is_taken_before() -> None:
    assert lines(*BODIES["new"]) == ['    y = take("y", (N,), dtype)', "    np.tanh(x, out=y)"]

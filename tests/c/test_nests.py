"""What statements touch, and what is inside them."""

from __future__ import annotations

from symbackprop.c.nests import (
    Nest,
    Note,
    Product,
    Store,
    When,
    as_read,
    body_of,
    reads_of,
    statements_in,
    with_body,
    written_by,
)
from symbackprop.lower.values import Kind, Map, MapOp, Read
from symbackprop.terms.poly import ZERO, Index, Poly
from symbackprop.terms.term import Axis

I = Index("i")
X = Read("x", (Poly.of(I),), frozenset({I}), Kind.FLOAT, False)
Y = Read("y", (Poly.of(I),), frozenset({I}), Kind.FLOAT, False)
STORE = Store("a", (Poly.of(I),), Map(MapOp.ADD, (X, Y), Kind.FLOAT, False))
AXIS = Axis(I, ZERO, Poly.of(3))


def test_inside() -> None:
    inner = When(Map(MapOp.GREATER, (X, Y), Kind.BOOL, False), (STORE,))
    nest = Nest(AXIS, (Note("an equation"), inner))
    assert list(statements_in([nest])) == [nest, Note("an equation"), inner, STORE]
    assert body_of(STORE) == ()
    assert with_body(nest, [STORE]) == Nest(AXIS, (STORE,))
    assert with_body(STORE, [nest]) is STORE


def test_what_is_touched() -> None:
    product = Product("c", (ZERO,), True, X, Y, (), (), (AXIS,))
    assert [read.tensor for read in reads_of(STORE)] == ["x", "y"]
    assert {read.tensor for read in reads_of(product)} == {"x", "y"}
    assert written_by(product) == ("c", (ZERO,))
    assert written_by(STORE) == ("a", (Poly.of(I),))
    assert written_by(Note("an equation")) is None
    assert as_read(X) is X

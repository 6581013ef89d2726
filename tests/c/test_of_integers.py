"""Which operations are ones of integers."""

from __future__ import annotations

import pytest

from symbackprop.c.of_integers import of_integers
from symbackprop.lower.values import Kind, Map, MapOp, Position, Read, Scalar, Value
from symbackprop.terms.build import number
from symbackprop.terms.poly import Index, Poly

N = Index("n")
PLACE, ONE = Position(Poly.of(N), frozenset({N})), Scalar(number(1))
FLOAT = Read("x", (Poly.of(N),), frozenset({N}), Kind.FLOAT, False)


@pytest.mark.parametrize(
    ("op", "args", "kind", "expected"),
    [
        (MapOp.ADD, (PLACE, ONE), Kind.INT, True),
        (MapOp.GREATER, (PLACE, ONE), Kind.BOOL, True),
        (MapOp.GREATER, (FLOAT, ONE), Kind.BOOL, False),
        (MapOp.EQUAL, (ONE, FLOAT), Kind.BOOL, False),
        (MapOp.GREATER, (ONE, ONE), Kind.BOOL, False),
        (MapOp.MULTIPLY, (FLOAT, ONE), Kind.FLOAT, False),
    ],
)
def test_which(op: MapOp, args: tuple[Value, ...], kind: Kind, expected: bool) -> None:
    value = Map(op, args, kind, False)
    assert of_integers(value) is expected

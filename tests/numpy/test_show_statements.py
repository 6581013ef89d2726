"""The array language as text: one line, or block, for each kind of statement and operand."""

from __future__ import annotations

import pytest

from symbackprop.lower.values import Kind, MapOp
from symbackprop.numpy.array import Allocate, Function, If, Let, Loop, Map, Note, Scalar, Statement
from symbackprop.numpy.show_statements import show
from symbackprop.terms.build import compare, number, poly_value
from symbackprop.terms.poly import ZERO, Poly
from symbackprop.terms.term import Relation
from tests.numpy.test_check_statements import COUNT, FOLD, GATHER, GOOD, LABEL, PRODUCT, SCATTER, H, N, X, Z, t, x, z

ONE_MAP = Map(MapOp.ADD, z, (z, COUNT), True)
POSITIVE = compare(Relation.GE, poly_value(N), number(3))
LINES: list[tuple[Statement, str]] = [
    (Note("of z"), "# of z"),
    (Let("size", N - H), "size = max(N - H, 0)"),
    (Allocate(Z), "float z[N, H]"),
    (Allocate(LABEL, fill=0), "int label[N] = 0"),
    (ONE_MAP, "z[n, h] = add(z[n, h], (t + 1*h))  quiet"),
    (Map(MapOp.COPY, z, (Scalar(number(2)),)), "z[n, h] = copy(2)"),
    (PRODUCT, "z[n, h] = Σ_{d} x[n, d] * W[h, d]"),
    (FOLD, "v[n] = sum_{h} z[n, h]"),
    (GATHER, "picked[n, d] = W.rows(1)[label[n]]"),
    (SCATTER, "z.rows(1)[label[n]] += z[n, h]"),
    (Loop(t, ZERO, N - 1, False, (Note("in"),)), "for t = 0..N - 1:\n    # in"),
    (Loop(t, ZERO, N - 1, True, (Note("in"), Note("too"))), "for t = N - 1 down to 0:\n    # in\n    # too"),
    (If(POSITIVE, (Note("a"),)), "if N ≥ 3:\n    # a"),
    (If(POSITIVE, (Note("a"),), (Note("b"),)), "if N ≥ 3:\n    # a\nelse:\n    # b"),
]


@pytest.mark.parametrize(("statement", "text"), LINES)
def test_statements(statement: Statement, text: str) -> None:
    assert show(statement) == text


def test_functions() -> None:
    assert show(GOOD).splitlines() == [
        "f(x, W)", "    float z[N, H]", "    z[n, h] = Σ_{d} x[n, d] * W[h, d]", "    z[n, h] = tanh(z[n, h])",
    ]  # fmt: skip
    assert show(Function("g", (X,), (), ())) == "g(x)"
    with pytest.raises(TypeError, match="not a statement"):
        show(x)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="not an operand"):
        show(Map(MapOp.COPY, z, (Poly.of(1),)))  # type: ignore[arg-type]
    assert Kind.INT is LABEL.kind

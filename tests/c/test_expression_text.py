"""Expressions in C mean what the values do: brackets, integers beside floats, places of elements."""

from __future__ import annotations

import pytest

from symbackprop.c.expression_text import ExpressionText
from symbackprop.lower.values import Kind, Map, MapOp, Position, Read, Scalar, Value
from symbackprop.terms.build import number
from symbackprop.terms.poly import ZERO, Index, Poly
from symbackprop.terms.program import DType, Tensor, TensorKind
from symbackprop.terms.term import Axis, Constant, ConstantKind

I, J = Index("i"), Index("j")
i, j = Poly.of(I), Poly.of(J)


def tensor(name: str, *shape: int, dtype: DType = DType.FLOAT) -> Tensor:
    return Tensor(name, TensorKind.INPUT, tuple(map(Poly.of, shape)), (ZERO,) * len(shape), dtype)


TENSORS = {t.name: t for t in (tensor("x", 4, 5), tensor("y", 5), tensor("s"), tensor("q", 5, dtype=DType.INT))}


def write() -> ExpressionText:
    return ExpressionText(TENSORS, frozenset({"s"}), lambda name: name,
                          lambda op, whole, wide: f"{'i' * whole}{'l' * wide}_{op.value}")  # fmt: skip


def read(name: str, *subscripts: Poly | Value, padded: bool = False) -> Read:
    kind = Kind.INT if name == "q" else Kind.FLOAT
    return Read(name, subscripts, frozenset({I, J}), kind, padded)


def of(op: MapOp, *args: Value, kind: Kind = Kind.FLOAT) -> Map:
    return Map(op, args, kind, False)


A, B, S, TWO = read("x", i, j), read("y", j), read("s"), Scalar(number(2))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (of(MapOp.MULTIPLY, of(MapOp.ADD, A, B), S), "(x[5 * i + j] + y[j]) * s"),
        (of(MapOp.SUBTRACT, S, of(MapOp.SUBTRACT, S, B)), "s - (s - y[j])"),
        (of(MapOp.DIVIDE, S, of(MapOp.MULTIPLY, S, B)), "s / (s * y[j])"),
        (of(MapOp.SQUARE, S), "s * s"),
        (of(MapOp.DIVIDE, S, of(MapOp.SQUARE, S)), "s / (s * s)"),
        (of(MapOp.SQUARE, B), "_square(y[j])"),
        (of(MapOp.ADD, S, TWO), "s + (real)2"),
        (of(MapOp.ADD, S, of(MapOp.COPY, Position(i - j, frozenset({I, J})))), "s + (real)(i - j)"),
        (of(MapOp.GREATER, read("q", j), TWO, kind=Kind.BOOL), "q[j] > 2"),
        (of(MapOp.SELECT, of(MapOp.GREATER, S, B, kind=Kind.BOOL), S, TWO), "_select(s > y[j], s, (real)2)"),
        (of(MapOp.NOT, of(MapOp.GREATER, S, B, kind=Kind.BOOL), kind=Kind.BOOL), "!(s > y[j])"),
        (Scalar(Constant(ConstantKind.NEGATIVE_INFINITY)), "-(real)INFINITY"),
        (Scalar(number(-3)), "-(real)3"),
        (read("x", read("q", j), j), "x[q[j] * 5 + j]"),
        (read("x", Poly.of(2) * i - 1, ZERO), "x[10 * i - 5]"),
    ],
)
def test_texts(value: Value, text: str) -> None:
    assert write().value(value) == text


def test_what_is_read_outside_is_zero() -> None:
    expressions = write()
    with expressions.ranges.within(Axis(J, ZERO, Poly.of(4))):
        assert expressions.value(read("y", j, padded=True)) == "y[j]"
        text = expressions.value(read("y", j - 2, padded=True))
        assert text == "_select(j - 2 >= 0, y[i_maximum(j - 2, 0)], (real)0)"


def test_powers_of_indices() -> None:
    assert write().poly(i * i + 3 * j - 1) == "3 * j + i * i - 1"


Q, Q_ONE = read("q", j), of(MapOp.ADD, read("q", j), Scalar(number(1)), kind=Kind.INT)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (of(MapOp.MULTIPLY, Q, Q, kind=Kind.INT), "(int64_t)q[j] * q[j]"),
        (of(MapOp.MULTIPLY, Q_ONE, Q, kind=Kind.INT), "((int64_t)q[j] + 1) * q[j]"),
        (of(MapOp.ABS, Q_ONE, kind=Kind.INT), "il_abs((int64_t)q[j] + 1)"),
        (of(MapOp.SQUARE, Q, kind=Kind.INT), "il_square(q[j])"),
        (of(MapOp.MAXIMUM, Q, TWO, kind=Kind.INT), "i_maximum(q[j], 2)"),
        (of(MapOp.GREATER, Q, TWO, kind=Kind.BOOL), "q[j] > 2"),
        (Position(i * i * i, frozenset({I})), "(int64_t)i * i * i"),
        (Position(i * i - 3, frozenset({I})), "i * i - 3"),
    ],
)
def test_integers_that_32_bits_may_not_hold_have_64(value: Value, expected: str) -> None:
    text = write()
    with text.ranges.within(Axis(I, ZERO, Poly.of(1999))), text.ranges.within(Axis(J, ZERO, Poly.of(4))):
        assert text.value(value, whole=True) == expected

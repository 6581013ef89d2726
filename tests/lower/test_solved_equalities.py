"""What an equality of integers says an axis is."""

from __future__ import annotations

from symbackprop.lower.solved_equalities import equalities, only_axis, place_of, placed, solved_for, without
from symbackprop.lower.substitution import minus
from symbackprop.lower.values import Kind, Map, MapOp, Position, Read, Scalar
from symbackprop.terms.build import NIL, number, poly_value
from symbackprop.terms.poly import ZERO, Dim, Index, Poly
from symbackprop.terms.program import DType, Tensor, TensorKind
from symbackprop.terms.prove import Facts
from symbackprop.terms.term import Axis

I, J, N = Index("i"), Index("j"), Poly.of(Dim("N"))
AXES = {I: Axis(I, ZERO, N - 1), J: Axis(J, ZERO, N - 1)}
LEFT = frozenset(AXES)
FACTS = Facts.of()


def at(poly: Poly, *over: Index) -> Position:
    return Position(poly, frozenset(over))


def equal(left: object, right: object) -> Map:
    return Map(MapOp.EQUAL, (left, right), Kind.BOOL, True)  # type: ignore[arg-type]


def masked(mask: Map) -> Map:
    return Map(MapOp.SELECT, (mask, Scalar(number(3)), Scalar(NIL)), Kind.FLOAT, True)


def test_place_of_an_axis() -> None:
    i, j = at(Poly.of(I), I), at(Poly.of(J), J)
    assert place_of(I, equal(i, j), AXES, LEFT, FACTS) == Poly.of(J)
    assert place_of(J, equal(i, j), AXES, LEFT, FACTS) == Poly.of(I)
    assert place_of(I, equal(i, Scalar(poly_value(N - 1))), AXES, LEFT, FACTS) == N - 1
    # 0 lies in a range only where that is not empty, which the position's own range says of it
    assert place_of(I, equal(i, Scalar(NIL)), AXES, LEFT, Facts.of(AXES.values())) == ZERO


def test_no_place_outside_of_the_range() -> None:
    i = at(Poly.of(I), I)
    assert place_of(I, equal(i, at(Poly.of(J) + 1, J)), AXES, LEFT, FACTS) is None
    assert place_of(I, equal(i, Scalar(poly_value(N))), AXES, LEFT, FACTS) is None
    assert place_of(I, equal(at(2 * Poly.of(I), I), Scalar(NIL)), AXES, LEFT, Facts.of(AXES.values())) is None
    assert place_of(I, equal(i, at(Poly.of(J), J)), AXES, frozenset({I}), FACTS) is None  # J is no axis of its


def test_solved_for_an_integer() -> None:
    label = Tensor("label", TensorKind.INPUT, (N,), (ZERO,), DType.INT, high=N)
    read = Read("label", (Poly.of(J),), frozenset({J}), Kind.INT, False)
    found = solved_for(AXES[I], equal(at(Poly.of(I), I), read), FACTS, {"label": label})
    assert found is not None
    assert found.known
    assert found.value == read
    beside = solved_for(AXES[I], equal(read, at(Poly.of(I) - 1, I)), FACTS, {"label": label})
    assert beside is not None
    assert not beside.known
    assert placed(Poly.of(I), I, read) == read
    assert placed(Poly.of(I) + 2, I, read) == minus(read, Poly.of(0) - 2, frozenset())


def test_masks_are_taken_apart() -> None:
    one, other = equal(at(Poly.of(I), I), at(Poly.of(J), J)), equal(at(Poly.of(I), I), Scalar(NIL))
    both = masked(Map(MapOp.AND, (one, other), Kind.BOOL, True))
    assert equalities(both) == [one, other]
    assert without(both, one) == masked(other)
    assert without(masked(one), one) == Scalar(number(3))
    floats = equal(Read("x", (Poly.of(I),), frozenset({I}), Kind.FLOAT, False), Scalar(NIL))
    assert equalities(masked(floats)) == []


def test_only_axis() -> None:
    assert only_axis(Poly.of(I) + 3, LEFT) == I
    assert only_axis(Poly.of(I) + Poly.of(J), LEFT) is None
    assert only_axis(2 * Poly.of(I), LEFT) is None

"""What every rule of lowering asks: axes, facts, guards, and values that are there already."""

from __future__ import annotations

from symbackprop.lower.by_kind import EvaluatorByKind
from symbackprop.lower.context import Context
from symbackprop.lower.values import Kind, Map, MapOp, Position, Scalar
from symbackprop.terms.build import (
    access,
    add,
    apply,
    compare,
    mul,
    number,
    poly_value,
    power,
    reduce,
)
from symbackprop.terms.poly import ZERO, Index, Poly
from symbackprop.terms.program import Program
from symbackprop.terms.term import Axis, Function, Reduce, Reduction, Relation
from symbackprop.terms.wild import known_of
from tests.lower.made import AXES, TENSORS, D, N, d, n

i, j, turn = Poly.of(n), Poly.of(d), Poly.of(Index("t"))
X, S, LABEL = access("x", [i, j]), access("s", [i]), access("label", [i])
TANH = apply(Function.TANH, X)


def evaluator() -> EvaluatorByKind:
    program = Program("p", ("N", "D"), tuple(TENSORS.values()), ())
    return EvaluatorByKind(Context(program, TENSORS, known_of(program)), AXES[:2])


def opened(ev: EvaluatorByKind, high: Poly, body: Poly) -> tuple[Index, Poly]:
    found = reduce(Reduction.SUM, [Axis(Index("q"), ZERO, high)], access("x", [body, Poly.of(Index("q"))]))
    assert isinstance(found, Reduce)
    ((axis,), inside) = ev.open(found)
    return axis.index, inside.subscripts[1]  # type: ignore[attr-defined]


def test_reductions_side_by_side_share_their_index() -> None:
    """Where the range is the same and it does not stand in what is reduced; never one of the equation's own axes."""
    ev = evaluator()
    first, inside = opened(ev, D - 1, i)
    assert inside == Poly.of(first)
    assert opened(ev, D - 1, i)[0] == first
    assert first not in (n, d)
    assert opened(ev, N - 1, i)[0] != first
    assert opened(ev, D - 1, Poly.of(first))[0] != first
    assert ev.axes[first].high == D - 1


def test_what_is_known() -> None:
    ev = evaluator()
    assert ev.axes_of(i + turn) == {n}
    assert ev.axes_of(TANH) == {n, d}
    assert all(map(ev.is_scalar, (poly_value(turn + N), number(2))))
    assert not any(map(ev.is_scalar, (poly_value(i), S)))
    assert all(map(ev.is_integer, (LABEL, mul(LABEL, poly_value(i)))))
    assert not any(map(ev.is_integer, (S, mul(LABEL, S), poly_value(N**3 * i))))
    assert ev.never_negative(N - 1 - i)
    assert not ev.never_negative(i - 1)
    assert ev.facts([n]).proves(N - 1)


def test_guards() -> None:
    ev = evaluator()
    guard = compare(Relation.GE, poly_value(i), number(1))
    assert not ev.quiet
    with ev.guarded(guard), ev.guarded(guard):
        assert ev.guards == (guard,)
        assert ev.quiet
        assert isinstance(made := ev.operand(TANH), Map)
        assert made.quiet
        assert ev.never(access("x", [i - N - 1, j]))
        assert not ev.never(access("x", [i - 1, j]))
        assert ev.never(access("x", [ZERO - i, j]))
    assert ev.guards == ()
    assert not ev.never(access("x", [ZERO - i, j]))
    assert not ev.operand(TANH).quiet  # type: ignore[attr-defined]


def test_values_are_remembered_where_they_hold() -> None:
    """What is computed without a guard serves behind one; what a branch computes is not there after it."""
    ev = evaluator()
    condition = compare(Relation.GT, poly_value(N), poly_value(D))
    with ev.branch(condition):
        ev.operand(apply(Function.EXP, X))
        assert ev.context.facts.proves(N - D - 1)
    assert all(key[0] is not apply(Function.EXP, X) for key in ev.memo)
    assert not ev.context.facts.proves(N - D - 1)
    outside = ev.operand(TANH)
    with ev.guarded(compare(Relation.GE, poly_value(i), number(1))):
        assert ev.operand(TANH) is outside
    assert ev.operand(add(TANH, S)).axes == {n, d}
    assert [ev.operand(LABEL).kind, ev.integer(LABEL).kind] == [Kind.FLOAT, Kind.INT]
    assert ev.mask(compare(Relation.GT, S, number(0))).kind is Kind.BOOL


def test_scales_and_positions() -> None:
    ev = evaluator()
    x = ev.operand(X)
    for scale, op, by in (
        (number(3), MapOp.MULTIPLY, 3), (power(number(4), -1), MapOp.DIVIDE, 4),
    ):  # fmt: skip
        found = ev.scaled(x, scale)
        assert isinstance(found, Map)
        assert (found.op, found.args) == (op, (x, Scalar(number(by))))
    assert ev.scaled(x, number(1)) is x
    by_size = ev.scaled(x, power(poly_value(N), -2))
    assert isinstance(by_size, Map)
    assert (by_size.op, by_size.args[1]) == (MapOp.DIVIDE, Scalar(power(poly_value(N), 2)))
    assert ev.position(i + turn) is Position(i + turn, frozenset((n,)))
    assert ev.position(turn + 1) is Scalar(poly_value(turn + 1))

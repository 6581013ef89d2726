"""The checker finds every way of breaking the rules of programs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from symbackprop.terms.build import NIL, UNIT, access, apply, compare, number, reduce, where
from symbackprop.terms.check_program import MalformedProgram, check
from symbackprop.terms.poly import ZERO, Dim, Index, Poly
from symbackprop.terms.program import DType, Equation, Op, Program, Tensor, TensorKind, zeros
from symbackprop.terms.term import Add, Apply, Axis, Function, Power, Reduce, Reduction, Relation, Term, Where

N = Poly.of(Dim("N"))
n, m = Index("n"), Index("m")
AXIS = Axis(n, ZERO, N - 1)


def tensor(name: str, rank: int = 1, **rest: object) -> Tensor:
    kind = TensorKind.INTERMEDIATE if name in "zs" else TensorKind.INPUT
    return Tensor(name, kind, (N,) * rank, zeros(rank), **rest)  # type: ignore[arg-type]


def element(name: str, *subscripts: Index | Poly) -> Term:
    return access(name, [s if isinstance(s, Poly) else Poly.of(s) for s in subscripts])


X, Z, S, I = tensor("x"), tensor("z"), tensor("s", 0), tensor("i", dtype=DType.INT)


def program(rhs: Term, **changes: object) -> Program:
    """z[n] = rhs, s = Σ z."""
    total = reduce(Reduction.SUM, [AXIS], element("z", n))
    equations = (Equation("z", (Poly.of(n),), (AXIS,), rhs), Equation("s", (), (), total))
    made = Program("p", ("N",), (X, Z, S, I), equations, loss="s")
    return replace(made, **changes)  # type: ignore[arg-type]


SOUND = element("x", n)


def test_a_sound_program() -> None:
    made = program(where(compare(Relation.GT, SOUND, NIL), SOUND, NIL))
    assert check(made) is made


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: program(element("q", n)), "found q"),
        (lambda: program(element("x")), "1 subscripts of x"),
        (lambda: program(element("x", m)), "found m"),
        (lambda: program(element("x", Poly.of(n) * Poly.of(n))), "affine"),
        (lambda: program(access("x", [access("x", [Poly.of(n)])])), "integer tensors"),
        (lambda: program(compare(Relation.GT, SOUND, NIL)), "a number"),
        (lambda: program(Where(SOUND, UNIT, NIL)), "a condition"),
        (lambda: program(Add((SOUND,))), "two at least"),
        (lambda: program(Power(SOUND, number(1).value)), "0 and 1"),
        (lambda: program(Apply(Function.POW, (SOUND,))), "2 arguments"),
        (lambda: program(Reduce(Reduction.MAX, (Axis(Index("", 5), ZERO, N - 1),), UNIT)), "numbered"),
        (lambda: program(SOUND, loss="z"), "rank 0"),
        (lambda: program(SOUND, outputs=("q",)), "outputs"),
        (lambda: program(SOUND, wrt=(("x", "s"),)), "adjoint of x"),
        (lambda: program(SOUND, dims=("N", "x")), "x 2 times"),
        (lambda: program(SOUND, dims=()), "program's sizes"),
        (lambda: program(SOUND, tensors=(X, Z, replace(S, origin=(ZERO,)), I)), "an origin"),
        (lambda: program(SOUND, tensors=(X, tensor("z", 2, axes=("a", "a")), S, I)), "axis names"),
        (lambda: program(SOUND, equations=(Equation("x", (Poly.of(n),), (AXIS,), UNIT),)), "input x"),
        (lambda: program(SOUND, equations=(Equation("z", (Poly.of(n),), (AXIS, AXIS), UNIT),)), "distinct"),
        (
            lambda: program(SOUND, equations=(Equation("z", (Poly.of(n),), (Axis(n, ZERO, Poly.of(m)),), UNIT),)),
            "sizes",
        ),
    ],
)
def test_what_is_malformed(make: Callable[[], Program], says: str) -> None:
    with pytest.raises(MalformedProgram, match=says):
        check(make())


def test_accumulated_tensors() -> None:
    once = Equation("z", (Poly.of(n),), (AXIS,), apply(Function.EXP, SOUND))
    more = replace(once, op=Op.ACCUMULATE)
    check(program(SOUND, equations=(once, more, more), loss=None))
    with pytest.raises(MalformedProgram, match="at most one"):
        check(program(SOUND, equations=(once, once, more), loss=None))

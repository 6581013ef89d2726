"""What one equation of a loop computes for one other stands where it is read; all other values stay as they are."""

from __future__ import annotations

import numpy as np
import pytest

from symbackprop.interpret import Float, Interpreter
from symbackprop.optimise.inline_in_loops import inline_in_loops
from symbackprop.terms.build import NIL, access, add, apply, mul, reduce
from symbackprop.terms.poly import ONE, ZERO, Dim, Index, Poly
from symbackprop.terms.program import Equation, Program, Tensor, TensorKind, zeros
from symbackprop.terms.show import show
from symbackprop.terms.term import Access, Axis, Function, Reduction, Term

T, N = Poly.of(Dim("T")), Poly.of(Dim("N"))
t, n, m = (Poly.of(Index(name)) for name in "tnm")
TI, NI, MI = Axis(Index("t"), ONE, T), Axis(Index("n"), ZERO, N - 1), Axis(Index("m"), ZERO, N - 1)
X, H, A, B = access("x", [t - 1, n]), access("h", [t - 1, n]), access("a", [t, n]), access("b", [t, n])


def assign(lhs: Access, rhs: Term, *axes: Axis) -> Equation:
    return Equation(lhs.tensor, lhs.subscripts, axes, rhs)


def network(a: Term, b: Term, h: Term, more: tuple[Equation, ...] = ()) -> Program:
    """a, b and h of all steps; h[0] is 0."""
    tensors = (
        Tensor("x", TensorKind.INPUT, (T, N), zeros(2)),
        *(Tensor(name, TensorKind.INTERMEDIATE, (T, N), (ONE, ZERO)) for name in "ab"),
        Tensor("h", TensorKind.INTERMEDIATE, (T + 1, N), zeros(2)),
        Tensor("s", TensorKind.INTERMEDIATE, (N,), zeros(1)),
    )
    equations = (
        assign(access("h", [ZERO, n]), NIL, NI), assign(A, a, TI, NI), assign(B, b, TI, NI),
        assign(access("h", [t, n]), h, TI, NI), *more,
    )  # fmt: skip
    return Program("p", ("T", "N"), tensors, equations)


LAST = (assign(access("s", [n]), access("a", [T, n]), NI),)
SUM = reduce(Reduction.SUM, [MI], access("h", [t - 1, m]))
BEFORE = access("a", [t, m])
FORMS = {
    "a chain": (network(mul(X, H), mul(A, X), apply(Function.TANH, B)), {"h"}),
    "in a sum": (network(mul(X, H), apply(Function.TANH, A), add(B, H)), {"h"}),
    "two readers": (network(mul(X, H), mul(A, X), mul(A, B)), {"a", "h"}),
    "read after the loop too": (network(mul(X, H), mul(A, X), B, LAST), {"a", "h", "s"}),
    "read in a sum": (network(mul(X, H), reduce(Reduction.SUM, [MI], BEFORE), B), {"a", "h"}),
    "a sum": (network(SUM, mul(A, X), B), {"h"}),
    "a sum for many": (network(SUM, mul(access("a", [t, ZERO]), X), B), {"a", "h"}),
    "a product for many": (network(mul(X, H), mul(access("a", [t, ZERO]), X), B), {"h"}),
    "outside the loop": (network(mul(X, X), mul(A, H), B), {"a", "h"}),
}


@pytest.mark.parametrize("name", FORMS)
def test_values_stay(name: str) -> None:
    program, left = FORMS[name]
    inlined = inline_in_loops(program, ["s"])
    assert {equation.target for equation in inlined.equations} == left
    assert {tensor.name for tensor in inlined.tensors} >= left
    values = {"x": np.random.default_rng(5).normal(size=(4, 3))}
    before, after = (Interpreter(one, {"T": 4, "N": 3}, values, Float()).array("h") for one in (program, inlined))
    np.testing.assert_allclose(after.astype(float), before.astype(float), rtol=1e-12)


def test_wanted_tensors_stay() -> None:
    program, _ = FORMS["a chain"]
    assert inline_in_loops(program, ["a", "b"]) is program


def test_a_recurrence_of_two_keeps_one_of_them() -> None:
    program = network(mul(X, access("b", [t - 1, n])), mul(A, X), NIL)
    program = program.with_(equations=tuple(one for one in program.equations if one.target in ("a", "b")))
    (left,) = inline_in_loops(program, []).equations
    assert show(left) == "b[t, n] = b[t - 1, n]·x[t - 1, n]^2"

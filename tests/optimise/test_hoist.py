"""Hoisting leaves every value as it was and takes out of a recurrence what does not recur."""

from __future__ import annotations

import numpy as np
import pytest

from symbackprop.interpret import Float, Interpreter
from symbackprop.optimise.hoist import hoist
from symbackprop.terms.build import NIL, access, add, apply, compare, mul, poly_value, reduce, where
from symbackprop.terms.poly import ONE, ZERO, Dim, Index, Poly
from symbackprop.terms.program import Equation, Program, Tensor, TensorKind, zeros
from symbackprop.terms.show import show
from symbackprop.terms.term import Access, Axis, Function, Reduction, Relation, Term, subterms

T, N, D, H = (Poly.of(Dim(name)) for name in "TNDH")
t, n, i, j, k = (Poly.of(Index(name)) for name in "tnijk")
SIZES = {"T": 5, "N": 2, "D": 3, "H": 2}


def axis(index: Poly, high: Poly, low: Poly = ZERO) -> Axis:
    assert index.index is not None
    return Axis(index.index, low, high)


def total(body: Term, *axes: Axis) -> Term:
    return reduce(Reduction.SUM, axes, body)


def assign(lhs: Access, rhs: Term, *axes: Axis) -> Equation:
    return Equation(lhs.tensor, lhs.subscripts, axes, rhs)


def given(name: str, *shape: Poly) -> Tensor:
    return Tensor(name, TensorKind.INPUT, shape, zeros(len(shape)))


TI, NI, JI, KI, II = axis(t, T, ONE), axis(n, N - 1), axis(j, H - 1), axis(k, H - 1), axis(i, D - 1)
INPUT_SUM = total(mul(access("W", [j, i]), access("x", [t - 1, n, i])), II)
STATE_SUM = total(mul(access("U", [j, k]), access("h", [t - 1, n, k])), KI)
LATE = compare(Relation.GE, poly_value(t), poly_value(Poly.of(3)))
BIAS = access("b", [j])
GIVEN = access("g", [t, n, j])
UNCHANGED = {"nothing to gain", "larger than its parts", "behind a condition"}
FORMS = {
    "named": (add(INPUT_SUM, STATE_SUM, BIAS), "Σ_i U[j, i]·h[t - 1, n, i] + z_ahead[t, n, j]"),
    "in a function": (apply(Function.TANH, add(INPUT_SUM, STATE_SUM, BIAS)), None),
    "a factor": (mul(INPUT_SUM, STATE_SUM), None),
    "guarded": (where(LATE, add(INPUT_SUM, STATE_SUM), BIAS), None),
    "guarded alone": (add(STATE_SUM, where(LATE, INPUT_SUM, NIL)), None),
    "element by element": (add(STATE_SUM, mul(GIVEN, GIVEN), BIAS), "Σ_i U[j, i]·h[t - 1, n, i] + z_ahead[t, n, j]"),
    "beside what recurs": (
        mul(STATE_SUM, GIVEN, apply(Function.TANH, GIVEN)),
        "z_ahead[t, n, j]·Σ_i U[j, i]·h[t - 1, n, i]",
    ),
    "nothing to gain": (add(STATE_SUM, BIAS), None),
    "an element to gain": (mul(STATE_SUM, GIVEN, BIAS), "z_ahead[t, n, j]·Σ_i U[j, i]·h[t - 1, n, i]"),
    "larger than its parts": (mul(STATE_SUM, BIAS, access("x", [t - 1, n, 0])), None),
    "behind a condition": (where(LATE, mul(STATE_SUM, GIVEN, GIVEN), BIAS), None),
}


def network(value: Term) -> Program:
    tensors = (
        given("x", T, N, D), given("W", H, D), given("U", H, H), given("b", H),
        Tensor("g", TensorKind.INPUT, (T, N, H), (ONE, ZERO, ZERO)),
        Tensor("z", TensorKind.INTERMEDIATE, (T, N, H), (ONE, ZERO, ZERO)),
        Tensor("h", TensorKind.INTERMEDIATE, (T + 1, N, H), zeros(3)),
    )  # fmt: skip
    equations = (
        assign(access("h", [0, n, j]), NIL, NI, JI),
        assign(access("z", [t, n, j]), value, TI, NI, JI),
        assign(access("h", [t, n, j]), apply(Function.TANH, access("z", [t, n, j])), TI, NI, JI),
    )
    return Program("rnn", tuple(SIZES), tensors, equations)


def recurring(program: Program) -> dict[int, frozenset[Access]]:
    """What the equations of the loop read of h and z, which it computes."""
    return {
        place: frozenset(part for part in subterms(program.equations[place].rhs)
                         if isinstance(part, Access) and part.tensor in {"h", "z"})
        for place in (1, 2)
    }  # fmt: skip


@pytest.mark.parametrize("name", FORMS)
def test_values_stay_and_sums_leave_the_loop(name: str) -> None:
    value, expected = FORMS[name]
    program = network(value)
    hoisted = hoist(program, recurring)
    if name in UNCHANGED:
        assert hoisted is program
        return
    rng = np.random.default_rng(7)
    shapes = {"x": (5, 2, 3), "W": (2, 3), "U": (2, 2), "b": (2,), "g": (5, 2, 2)}
    values = {tensor: rng.normal(size=shape) for tensor, shape in shapes.items()}
    before, after = (Interpreter(p, SIZES, values, Float()).array("h") for p in (program, hoisted))
    np.testing.assert_allclose(after.astype(float), before.astype(float), rtol=1e-12)
    ahead = hoisted.definitions["z_ahead"]
    assert len(ahead) == 1
    assert ahead[0].reads().isdisjoint({"h", "z"})
    (z,) = hoisted.definitions["z"]
    assert "x" not in z.reads()
    if expected is not None:
        assert show(z.rhs) == expected


def test_a_program_without_recurrences_is_left_alone() -> None:
    program = Program(
        "plain", tuple(SIZES), (given("x", N, D), Tensor("s", TensorKind.INTERMEDIATE, (N,), zeros(1))),
        (assign(access("s", [n]), total(access("x", [n, i]), II), NI),),
    )  # fmt: skip
    assert hoist(program, lambda _: {}) is program


def test_what_recurs_nowhere_is_left_to_its_reader() -> None:
    program = network(FORMS["named"][0])
    assert hoist(program, lambda _: {}) is program


def test_of_a_stack_of_layers_the_products_with_the_layer_below_leave_the_loop_over_time() -> None:
    """h[l, t] = tanh(W[l] h[l-1, t] + U[l] h[l, t-1]), in whatever order its axes stand."""
    L = Poly.of(Dim("L"))
    l = Poly.of(Index("l"))
    below = total(mul(access("W", [l - 1, j, k]), access("h", [t, l - 1, k])), KI)
    before = total(mul(access("U", [l - 1, j, k]), access("h", [t - 1, l, k])), KI)
    tensors = (
        Tensor("W", TensorKind.PARAMETER, (L, H, H), zeros(3)), Tensor("U", TensorKind.PARAMETER, (L, H, H), zeros(3)),
        given("x", T, H),
        Tensor("h", TensorKind.INTERMEDIATE, (T + 1, L + 1, H), zeros(3)),
    )  # fmt: skip
    LI, T0 = axis(l, L, ONE), axis(t, T)
    equations = (
        assign(access("h", [0, l, j]), NIL, LI, JI),
        assign(access("h", [t, 0, j]), access("x", [t, j]), T0, JI),
        assign(access("h", [t, l, j]), apply(Function.TANH, add(below, before)), TI, LI, JI),
    )
    program = Program("stack", ("T", "L", "H"), tensors, equations)
    hoisted = hoist(program, lambda _: {2: frozenset(inner for inner in subterms(before) if isinstance(inner, Access))})
    (ahead,) = hoisted.definitions["h_ahead"]
    assert show(ahead) == "h_ahead[t, l, j] = Σ_i W[l - 1, j, i]·h[t, l - 1, i]"

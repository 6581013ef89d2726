"""The interpreter against NumPy written by hand, and each way in which a program can have no value."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from symbackprop.interpret import Interpreter, Precise, Residues, forward_gradients
from symbackprop.interpret.failures import (
    CyclicElement,
    DefinedTwice,
    InterpretationError,
    MissingValue,
    OutsideTensor,
    UndefinedElement,
)
from symbackprop.terms.build import (
    NEGATIVE_INFINITY,
    NIL,
    access,
    add,
    apply,
    compare,
    mul,
    number,
    poly_value,
    power,
    reduce,
    where,
)
from symbackprop.terms.poly import Dim, Index, Poly
from symbackprop.terms.program import DType, Equation, Op, Program, Tensor, TensorKind, zeros
from symbackprop.terms.term import Access, Axis, Function, Reduction, Relation, Subscript, Term

N, T, K = (Poly.of(Dim(name)) for name in "NTK")
n, t, k, j = (Poly.of(Index(name)) for name in "ntkj")
SIZES = {"N": 3, "T": 5, "K": 2}
RNG = np.random.default_rng(11)


def tensor(
    name: str, *shape: Poly | int, kind: TensorKind = TensorKind.INTERMEDIATE, dtype: DType = DType.FLOAT
) -> Tensor:
    return Tensor(name, kind, tuple(map(Poly.of, shape)), zeros(len(shape)), dtype)


def given(name: str, *shape: Poly | int, dtype: DType = DType.FLOAT) -> Tensor:
    return tensor(name, *shape, kind=TensorKind.INPUT, dtype=dtype)


def read(name: str, *subscripts: Subscript | int) -> Access:
    return access(name, subscripts)


def axis(index: Poly, size: Poly | int, low: int = 0) -> Axis:
    assert index.index is not None
    return Axis(index.index, Poly.of(low), Poly.of(size) - 1)


def equation(target: Access, axes: Sequence[Axis], rhs: Term, op: Op = Op.ASSIGN) -> Equation:
    return Equation(target.tensor, target.subscripts, tuple(axes), rhs, op)


def program(tensors: Sequence[Tensor], equations: Sequence[Equation]) -> Program:
    return Program("test", ("N", "T", "K"), tuple(tensors), tuple(equations))


def at_least(poly: Poly, bound: int) -> Term:
    return compare(Relation.GE, poly_value(poly), number(bound))


def test_contraction_and_every_reduction() -> None:
    x = RNG.normal(size=(3, 5))
    over_t = [axis(t, T)]
    expected = {
        Reduction.SUM: x.sum(1), Reduction.PRODUCT: x.prod(1), Reduction.MAX: x.max(1), Reduction.MIN: x.min(1),
        Reduction.LOGSUMEXP: np.log(np.exp(x).sum(1)),
    }  # fmt: skip
    for reduction, values in expected.items():
        rhs = reduce(reduction, over_t, read("x", n, t))
        p = program([given("x", N, T), tensor("y", N)], [equation(read("y", n), [axis(n, N)], rhs)])
        np.testing.assert_allclose(Interpreter(p, SIZES, {"x": x}).array("y"), values, rtol=1e-14)


@pytest.mark.parametrize(
    ("reduction", "value"),
    [(Reduction.SUM, 0), (Reduction.PRODUCT, 1), (Reduction.MAX, -np.inf), (Reduction.MIN, np.inf),
     (Reduction.LOGSUMEXP, -np.inf)],
)  # fmt: skip
def test_an_empty_range_gives_the_neutral_element(reduction: Reduction, value: float) -> None:
    rhs = reduce(reduction, [axis(t, T - 5)], read("x", t))
    p = program([given("x", T), tensor("y")], [equation(read("y"), [], rhs)])
    assert Interpreter(p, SIZES, {"x": RNG.normal(size=5)}).element("y") == value


def test_recurrence_in_either_direction_without_a_schedule() -> None:
    x = RNG.normal(size=5)
    up = [
        equation(read("h", t), [axis(t, T, 1)], add(mul(read("h", t - 1), number(2)), read("x", t))),
        equation(read("h", 0), [], read("x", 0)),
    ]
    down = [
        equation(read("b", t), [axis(t, T - 1)], mul(read("b", t + 1), read("x", t))),
        equation(read("b", T - 1), [], read("h", T - 1)),
    ]
    p = program([given("x", T), tensor("h", T), tensor("b", T)], down + up)
    h = [x[0]]
    for value in x[1:]:
        h.append(2 * h[-1] + value)
    b = [h[-1]]
    for value in x[-2::-1]:
        b.append(b[-1] * value)
    run = Interpreter(p, SIZES, {"x": x})
    np.testing.assert_allclose(run.array("b"), b[::-1])


def test_a_long_chain_does_not_exhaust_the_stack() -> None:
    steps = 5000
    chain = equation(read("h", t), [axis(t, T, 1)], add(read("h", t - 1), number(1)))
    p = program([tensor("h", T)], [equation(read("h", 0), [], number(1)), chain])
    assert Interpreter(p, {**SIZES, "T": steps}, {}).element("h", (steps - 1,)) == steps


def test_accumulation_gathers_and_scatters() -> None:
    x, token = RNG.normal(size=(3, 2)), np.array([1, 4, 1])
    rows = equation(
        Access("g", (read("token", n), k)), [axis(n, N), axis(k, K)], mul(read("x", n, k), number(2)), Op.ACCUMULATE
    )
    gather = equation(read("y", n, k), [axis(n, N), axis(k, K)], Access("g", (read("token", n), k)))
    tensors = [given("x", N, K), given("token", N, dtype=DType.INT), tensor("g", T, K), tensor("y", N, K)]
    for arithmetic in (None, Precise()):
        run = Interpreter(program(tensors, [rows, gather]), SIZES, {"x": x, "token": token}, arithmetic)
        expected = np.zeros((5, 2))
        np.add.at(expected, token, 2 * x)
        np.testing.assert_allclose(run.array("g").astype(float), expected)
        np.testing.assert_allclose(run.array("y").astype(float), expected[token])


def test_a_guard_keeps_what_it_guards_from_being_read_or_written() -> None:
    x = RNG.normal(size=5)
    shifted = where(at_least(t - n, 0), read("x", t - n), NIL)
    padded = equation(read("y", n, t), [axis(n, N), axis(t, T)], shifted)
    guarded = where(at_least(t - n, 0), read("y", n, t), NIL)
    back = equation(read("d", t - n), [axis(n, N), axis(t, T)], guarded, Op.ACCUMULATE)
    p = program([given("x", T), tensor("y", N, T), tensor("d", T)], [padded, back])
    run = Interpreter(p, SIZES, {"x": x})
    y = np.array([[x[b - a] if b >= a else 0 for b in range(5)] for a in range(3)])
    np.testing.assert_array_equal(run.array("y"), y)
    np.testing.assert_allclose(run.array("d"), [sum(y[a, s + a] for a in range(3) if s + a < 5) for s in range(5)])


def test_masked_softmax_row_has_weights_and_gradients_of_zero() -> None:
    score = where(at_least(n, 1), read("x", n, k), NEGATIVE_INFINITY)
    total = reduce(Reduction.LOGSUMEXP, [axis(j, K)], read("s", n, j))
    weights = apply(Function.EXP_NORMALIZED, read("s", n, k), total)
    loss = reduce(Reduction.SUM, [axis(n, N), axis(k, K)], power(read("w", n, k), 2))
    rows = [axis(n, N), axis(k, K)]
    equations = [equation(read("s", n, k), rows, score), equation(read("w", n, k), rows, weights)]
    tensors = [given("x", N, K), tensor("s", N, K), tensor("w", N, K), tensor("loss")]
    p = program(tensors, [*equations, equation(read("loss"), [], loss)]).with_(loss="loss")
    x = RNG.normal(size=(3, 2))
    run = Interpreter(p, SIZES, {"x": x})
    expected = np.exp(x) / np.exp(x).sum(1, keepdims=True)
    expected[0] = 0
    np.testing.assert_allclose(run.array("w"), expected)
    _, gradients = forward_gradients(run, ["x"])
    inner = (2 * expected * expected).sum(1, keepdims=True)
    np.testing.assert_allclose(gradients["x"].astype(float), expected * (2 * expected - inner), atol=1e-16)


def test_a_tensor_may_start_above_zero() -> None:
    z = Tensor("z", TensorKind.INTERMEDIATE, (T - 1,), (Poly.of(1),))
    p = program([z], [equation(read("z", t), [axis(t, T, 1)], poly_value(t * 10))])
    run = Interpreter(p, SIZES, {})
    np.testing.assert_array_equal(run.array("z"), [10, 20, 30, 40])
    assert run.element("z", (1,)) == 10


def test_residues_agree_with_integers() -> None:
    x = RNG.integers(-50, 50, size=(3, 5))
    rhs = reduce(Reduction.SUM, [axis(t, T)], mul(read("x", n, t), read("x", n, t), number(-3)))
    p = program([given("x", N, T), tensor("y", N)], [equation(read("y", n), [axis(n, N)], rhs)])
    residues = Residues()
    got = [residues.integer_of(value) for value in Interpreter(p, SIZES, {"x": x}, residues).array("y")]
    assert got == [-3 * sum(int(v) ** 2 for v in row) for row in x]


# --- programs without a value ----------------------------------------------------------------------------
def failing(
    tensors: Sequence[Tensor], equations: Sequence[Equation], kind: type[InterpretationError], message: str
) -> None:
    with pytest.raises(kind, match=message):
        Interpreter(program(tensors, equations), SIZES, {"x": np.ones(5)}).array("y")


def test_reading_outside_names_the_element_and_its_reader() -> None:
    shifted = equation(read("y", t), [axis(t, T)], read("x", t + 1))
    message = r"x\[5\] lies outside x\[0\.\.4\], read for y\[4\]"
    failing([given("x", T), tensor("y", T)], [shifted], OutsideTensor, message)


def test_writing_outside() -> None:
    shifted = equation(read("y", t + 1), [axis(t, T)], read("x", t))
    failing([given("x", T), tensor("y", T)], [shifted], OutsideTensor, r"y\[5\] lies outside y\[0\.\.4\], written by")


def test_a_gap() -> None:
    partial = equation(read("y", t), [axis(t, T, 1)], read("x", t))
    failing([given("x", T), tensor("y", T)], [partial], UndefinedElement, r"y\[0\] is defined by no equation")


def test_an_overlap() -> None:
    twice = [equation(read("y", t), [axis(t, T)], read("x", t)), equation(read("y", 2), [], number(1))]
    failing([given("x", T), tensor("y", T)], twice, DefinedTwice, r"y\[2\] is assigned twice")


def test_short_and_long_cycles() -> None:
    short = equation(read("y", t), [axis(t, T)], read("y", t))
    failing([tensor("y", T)], [short], CyclicElement, r"y\[0\] depends on itself")
    ring = [
        equation(read("y", t), [axis(t, 200, 1)], read("y", t - 1)),
        equation(read("y", 0), [], read("y", 199)),
    ]
    with pytest.raises(CyclicElement, match="depends on itself"):
        Interpreter(program([tensor("y", 200)], ring), SIZES, {}).array("y")


def test_missing_and_misshapen_data() -> None:
    p = program([given("x", T), tensor("y")], [equation(read("y"), [], read("x", 0))])
    with pytest.raises(MissingValue, match=r"no values are given for input x, read for y\[\]"):
        Interpreter(p, SIZES, {}).element("y")
    with pytest.raises(MissingValue, match=r"x has shape \(5,\) here; the values given have shape \(4,\)"):
        Interpreter(p, SIZES, {"x": np.ones(4)}).element("y")
    with pytest.raises(MissingValue, match="size T"):
        Interpreter(p, {}, {"x": np.ones(4)}).element("y")

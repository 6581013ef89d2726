"""Normal forms have the value of what they are made from, and do not depend on the way it was written."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from sympy import Eq, Expr, Piecewise, sqrt, tanh

from symbackprop import Mean, Network, Sum
from symbackprop.claims.normal import Normaliser
from symbackprop.claims.unfold import TooLong, Unfolding
from symbackprop.interpret import Interpreter, Residues
from symbackprop.language import names_of
from symbackprop.optimise.known import KnownSums
from symbackprop.terms.poly import Poly
from symbackprop.terms.program import Equation, Program, Tensor, TensorKind
from symbackprop.terms.show import show
from symbackprop.terms.term import Axis, Term


def bench() -> SimpleNamespace:
    net = Network("bench")
    N, D = net.dims("N D")
    n, i, j, k = net.indices(n=N, i=D, j=D, k=D)
    net.index("t", (1, N))
    x, w, A, s = net.input("x", (N, D)), net.input("w", (D,)), net.input("A", (D, D)), net.input("s", ())
    label = net.input("label", (N,), dtype="int", high=D)
    total = s + Sum(x[n, i] * w[i], n, i) + Sum(A[j, k], j, k)
    net.loss = total + Sum(x[n, label[n]], n)
    return SimpleNamespace(**names_of(net), net=net)


B = bench()


def term(expr: Expr) -> tuple[Term, tuple[Axis, ...]]:
    """Read, over the indices that are free in it."""
    reading = B.net._book.reading(lambda: "a test")
    found = reading.reader.term(expr)
    return found, tuple(axis for axis in B.net._book.ranges.values() if axis.index in found.free)


def value(found: Term, axes: tuple[Axis, ...], sizes: dict[str, int]) -> Any:
    """Every element of it, exactly, at random residues."""
    program: Program = B.net.to_program()
    shape, origin = tuple(axis.extent for axis in axes), tuple(axis.low for axis in axes)
    tensor = Tensor("value", TensorKind.INTERMEDIATE, shape, origin)
    equation = Equation("value", tuple(Poly.of(axis.index) for axis in axes), axes, found)
    extended = program.with_(tensors=(*program.tensors, tensor), equations=(*program.equations, equation))
    rng = np.random.default_rng(5)
    shapes = {"x": (sizes["N"], sizes["D"]), "w": (sizes["D"],), "A": (sizes["D"], sizes["D"]), "s": ()}
    data: dict[str, Any] = {name: rng.integers(2, 2**60, size=shape).astype(object) for name, shape in shapes.items()}
    data["label"] = rng.integers(0, sizes["D"], size=sizes["N"])
    return Interpreter(extended, sizes, data, Residues(1)).array("value")


def normal(expr: Expr) -> Term:
    found, axes = term(expr)
    return Normaliser()(found, {axis.index: axis for axis in axes})


n, i, j, k, t, N, D = B.n, B.i, B.j, B.k, B.t, B.N, B.D
x, w, A, s = B.x, B.w, B.A, B.s
EXPRESSIONS: dict[str, Expr] = {
    "products of sums": Sum(x[n, i], i) * Sum(w[j], j) * (s + 1) ** 2,
    "a square of a sum": (Sum(x[n, i] * w[i], i) - s) ** 2,
    "look-alikes": Sum(w[i] * w[j] * A[i, j] * w[k], i, j, k) - Sum(w[i] * w[j] * A[j, i], i, j),
    "an index that is not used": Sum(w[i] + s, i, n) * (D - 1),
    "guards": Sum(Piecewise((x[n, i] * w[j], i <= j), (w[i] - s, True)), i) * (w[j] + 1),
    "a fixed index": Sum(Piecewise((w[i] * A[i, j], Eq(i, j)), (0, True)), i) + Piecewise((s, Eq(j, 0)), (w[j], True)),
    "a free index that is fixed": Piecewise((w[j] * x[n, j], Eq(j, D - 1)), (0, True)),
    "a shifted range": Sum(x[t - 1, i] * w[i], t, i) - Sum(x[n, i], n, i),
    "a tighter range": Sum(Piecewise((x[n, i], n >= 1), (0, True)), n),
    "a gather": Sum(Piecewise((x[n, i], Eq(B.label[n], i)), (0, True)), n) + Sum(w[B.label[n]], n),
    "functions": tanh(Sum(x[n, i] * (w[i] + s), i)) * (1 - sqrt(s) / N) + Mean(w[i], i) / (D + 1),
}


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_the_value_stays(name: str) -> None:
    found, axes = term(EXPRESSIONS[name])
    other = Normaliser()(found, {axis.index: axis for axis in axes})
    for sizes in ({"N": 3, "D": 5}, {"N": 2, "D": 3}, {"N": 1, "D": 1}, {"N": 5, "D": 2}):
        assert (value(found, axes, sizes) == value(other, axes, sizes)).all()


SAME: dict[str, tuple[Expr, Expr]] = {
    "a product multiplied out": ((w[j] + 1) * (w[j] - 1), w[j] ** 2 - 1),
    "sums in one or two": (Sum(w[i], i) * Sum(x[n, j], j), Sum(w[i] * x[n, j], i, j)),
    "a square": (Sum(w[i], i) ** 2, Sum(w[i] * w[j], i, j)),
    "look-alikes": (Sum(w[i] * w[j] * A[i, j], i, j), Sum(w[j] * w[i] * A[j, i], i, j)),
    "a shift": (Sum(x[t - 1, i], t), Sum(x[n, i], n)),
    "a guard that follows": (Sum(Piecewise((w[i], i >= 0), (0, True)), i), Sum(w[i], i)),
    "what an equation fixes": (Sum(Piecewise((w[i] * A[i, j], Eq(i, j)), (0, True)), i), w[j] * A[j, j]),
    "a condition turned round": (Piecewise((0, i > j), (w[i], True)), Piecewise((w[i], i <= j), (0, True))),
    "an extent": (Sum(w[j], j, n) / N, Sum(w[j], j)),
    "sizes": ((N - 1) * w[j], N * w[j] - w[j]),
}


@pytest.mark.parametrize("name", SAME)
def test_ways_of_writing(name: str) -> None:
    left, right = SAME[name]
    assert normal(left) is normal(right)


def test_what_differs_stays_different() -> None:
    different = [w[i], w[j], w[i] + 1, 2 * w[i], w[i] ** 2, Sum(w[i], i), x[n, i], A[i, j], A[j, i], A[i, i], w[i] / N]
    assert len({normal(expr) for expr in different}) == len(different)


def test_known_sums() -> None:
    net = Network("known")
    N, C = net.dims("N C")
    n, k = net.indices(n=N, k=C)
    y, z = net.input("y", (N, C)), net.parameter("z", (N, C))
    net.assume(Eq(Sum(y[n, k], k), 1))
    net.loss = Sum(y[n, k] * z[n, k], n, k)
    program = net.to_program()
    reading = net._book.reading(lambda: "a test")
    found = reading.reader.term(Sum((y[n, k] - z[n, k]) * z[n, 0], k) - z[n, 0])
    axes = {axis.index: axis for axis in net._book.ranges.values()}
    left = Normaliser(known=KnownSums.assumed(program.assumptions))(found, axes)
    assert left is Normaliser()(reading.reader.term(-Sum(z[n, k], k) * z[n, 0]), axes)


def test_what_is_too_long_is_said_to_be() -> None:
    found, axes = term((w[0] + w[D - 1] + s + 1) ** 6 * (x[0, 0] + 1))
    with pytest.raises(TooLong):
        Normaliser(most=50)(found, {axis.index: axis for axis in axes})


# --- unfolding -----------------------------------------------------------------------------------------
def unfolded(build: Callable[[Network], None], name: str) -> tuple[Program, Unfolding]:
    net = Network(name)
    build(net)
    program = net.to_program()
    return program, Unfolding.of(program.equations, {e.target for e in program.equations})


def test_an_element_of_a_tensor_defined_in_parts() -> None:
    def build(net: Network) -> None:
        T = net.dim("T")
        t, u = net.index("t", (1, T)), net.index("u", T + 1)
        w, h, y = net.parameter("w", (T,)), net.tensor("h"), net.tensor("y")
        h[0] = 1
        h[t] = w[t - 1] ** 2
        y[u] = 3 * h[T - u]
        net.loss = Sum(y[u], u)

    program, unfold = unfolded(build, "parts")
    y = program.definitions["y"][0]
    ranges = {axis.index: axis for axis in y.axes}
    text = show(unfold(y.rhs, ranges))
    assert "h" not in unfold(y.rhs, ranges).tensors
    assert "[T = u]" in text
    assert "w[T - u - 1]^2" in text or "w[T - 1 - u]^2" in text or "w[-u + T - 1]^2" in text


def test_a_recurrence_is_left_as_it_is() -> None:
    def build(net: Network) -> None:
        T = net.dim("T")
        t = net.index("t", (1, T))
        w, h = net.parameter("w", (T,)), net.tensor("h")
        h[0] = 1
        h[t] = w[t - 1] * h[t - 1]
        net.loss = h[T]

    program, unfold = unfolded(build, "recurrence")
    assert unfold.names == {"loss"}
    (loss,) = program.definitions["loss"]
    assert unfold(loss.rhs, {}) is loss.rhs

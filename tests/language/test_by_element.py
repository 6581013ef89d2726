"""Whole tensors element by element, against NumPy's own arithmetic of arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sympy import Expr, tanh

from symbackprop import Network, Sum, delta, errors
from symbackprop.interpret import Interpreter
from symbackprop.language.by_element import Elements
from symbackprop.language.equations import Reading
from symbackprop.terms.program import Equation, Program, Tensor, TensorKind, zeros

SIZES = {"N": 3, "D": 4, "H": 2}
net = Network("whole")
N, D, H = net.dims("N D H")
n, i, j = net.indices(n=N, i=D, j=H)
x, W, a, v = net.input("x", (N, D)), net.parameter("W", (H, D)), net.input("a", (N, H)), net.input("v", (D,))
s = net.parameter("s", ())
net.loss = Sum(x[n, i], n, i) * s + Sum(W[j, i] * v[i], j, i) + Sum(a[n, j], n, j)
PROGRAM = net.to_program()


def values() -> dict[str, Any]:
    rng = np.random.default_rng(5)
    shapes = {"x": (3, 4), "W": (2, 4), "a": (3, 2), "v": (4,), "s": ()}
    return {name: rng.normal(size=shape) for name, shape in shapes.items()}


def written(expr: Expr) -> np.ndarray:
    """What the expression is, element by element, as the interpreter has it."""
    elements = Elements.of(net._book, lambda: "a test", expr)
    where = [elements._index(span, name) for span, name in zip(elements.view(expr).spans, "pqr", strict=False)]
    element = elements.at(expr, tuple(where))
    book = elements.extended()
    term = Reading(book, lambda: "a test").reader.term(element)
    axes = tuple(book.axes[index] for index in where)
    shape = tuple(axis.extent for axis in axes)
    out = Tensor("out", TensorKind.INTERMEDIATE, shape, zeros(len(shape)))
    equation = Equation("out", tuple(book.sizes.integer(index, lambda: "") for index in where), axes, term)
    program: Program = PROGRAM.with_(tensors=(*PROGRAM.tensors, out), equations=(*PROGRAM.equations, equation))
    return np.asarray(Interpreter(program, SIZES, values()).array("out"), dtype=float)


CASES: list[tuple[Expr, Callable[..., Any]]] = [
    (x @ W.T, lambda x, W, a, v, s: x @ W.T),
    (W.T, lambda x, W, a, v, s: W.T),
    (a.T @ x, lambda x, W, a, v, s: a.T @ x),
    ((a * (1 - a**2)).T @ x, lambda x, W, a, v, s: (a * (1 - a**2)).T @ x),
    (x @ v, lambda x, W, a, v, s: x @ v),
    (v @ x.T, lambda x, W, a, v, s: v @ x.T),
    (x @ W.T @ a.T, lambda x, W, a, v, s: x @ W.T @ a.T),
    ((x @ W.T)[1], lambda x, W, a, v, s: (x @ W.T)[1]),
    (x[2] * v, lambda x, W, a, v, s: x[2] * v),
    (tanh(a) * s - 2 * a / 3, lambda x, W, a, v, s: np.tanh(a) * s - 2 * a / 3),
    (tanh(x @ W.T).T, lambda x, W, a, v, s: np.tanh(x @ W.T).T),
    (Sum(x[n] * s, n), lambda x, W, a, v, s: (x * s).sum(0)),
    (Sum(x[n, i], n, i), lambda x, W, a, v, s: x.sum()),
    (v @ v, lambda x, W, a, v, s: v @ v),
    (-v, lambda x, W, a, v, s: -v),
]


@pytest.mark.parametrize(("expr", "expected"), CASES, ids=[str(case[0]) for case in CASES])
def test_values(expr: Expr, expected: Callable[..., Any]) -> None:
    np.testing.assert_allclose(written(expr), expected(**values()), rtol=1e-12)


@pytest.mark.parametrize(
    ("expr", "error"),
    [
        (x + a, errors.InvalidClaim), (x @ a, errors.InvalidClaim), (x @ s, errors.InvalidClaim),
        (s.T, errors.InvalidClaim), (x[n, i, n], errors.RankMismatch), (Sum(x[n], i), errors.InvalidReduction),
        (Sum(x, n), errors.InvalidReduction), (tanh(x) + v, errors.InvalidClaim),
    ],
)  # fmt: skip
def test_what_stands_for_nothing(expr: Expr, error: type[Exception]) -> None:
    with pytest.raises(error, match="a test"):
        Elements.of(net._book, lambda: "a test", expr).view(expr)


def test_indices_are_the_networks_where_it_has_one_that_is_free() -> None:
    elements = Elements.of(net._book, lambda: "a test", delta(a))
    left, right = elements.equation(delta(a), 2 * a)
    assert (str(left), str(right)) == ("delta(a)[n, j]", "2*a[n, j]")
    assert elements.extended() is net._book
    again = Elements.of(net._book, lambda: "a test", a[n, j] * delta(a))
    left, right = again.equation(delta(a), a * a[n, j])
    assert n not in left.args
    assert set(again.extended().axes) > set(net._book.axes)

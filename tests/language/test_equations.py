"""One equation being read: what it is as a term, what stood in it, and what a refused one leaves."""

import pytest
from sympy import Float

from symbackprop import Sum, errors
from symbackprop.language.equations import Reading, sympified
from symbackprop.terms.show import show

from .bench import Bench, whole


def test_an_equation() -> None:
    b = Bench()
    reading = Reading(b.net._book, lambda: "a test")
    found = reading.equation("y", (b.n + 1,), Sum(b.x[b.n, b.i] * b.w[b.i], b.i))
    assert show(found.equation).startswith("y[n + 1] = ")
    assert [str(axis) for axis in found.equation.axes] == ["n=0..N - 1"]
    assert found.mentions == {"x", "w"}
    assert "y" not in {name for name, known in b.net._book.tensors.items() if known.definitions}  # it is only read


@pytest.mark.parametrize(
    ("left", "right", "error"),
    [
        (lambda b: (b.n**2,), lambda b: b.w[0], errors.InvalidSubscript),
        (lambda b: (Float(1),), lambda b: b.w[0], errors.InvalidSubscript),
        (lambda b: (b.n,), lambda b: b.w[b.i], errors.UnboundIndex),
        (lambda b: (b.n,), lambda b: b.x[b.n], errors.RankMismatch),
        (lambda b: (b.n,), lambda b: b.x[b.n, b.D], errors.OutOfRange),
    ],
)
def test_refused(left, right, error) -> None:  # type: ignore[no-untyped-def]
    b = Bench()
    with pytest.raises(error, match=r"^a test: "):
        Reading(b.net._book, lambda: "a test").equation("y", left(b), right(b))


def test_what_is_no_expression() -> None:
    assert sympified(2.5, lambda: "a test") == Float(2.5)
    for value in ("x", object(), [1]):
        with pytest.raises(errors.UnknownFunction, match="a test: expected SymPy expressions"):
            sympified(value, lambda: "a test")


def test_an_equation_that_is_refused_leaves_no_trace() -> None:
    b = Bench()
    with pytest.raises(errors.UnboundIndex):
        b.z[b.n] = b.y[b.n, b.n] + b.x[b.n, b.i]
    with pytest.raises(errors.OutOfRange):
        b.z[b.n] = b.y[b.n + 1] + b.x[b.n, 7]
    whole(b)

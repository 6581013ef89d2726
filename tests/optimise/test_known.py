"""Sums of known value: what definitions imply, and what only looks like it."""

from __future__ import annotations

from fractions import Fraction

import pytest

from symbackprop.optimise.known import KnownSums
from symbackprop.terms.brackets import expand, gather_factors
from symbackprop.terms.build import NIL, UNIT, access, add, div, mul, poly_value, power, reduce, sub
from symbackprop.terms.poly import ONE, ZERO, Dim, Index, Poly
from symbackprop.terms.program import Equation, Program, Tensor, TensorKind, zeros
from symbackprop.terms.show import show
from symbackprop.terms.term import Access, Axis, Reduction, Term

N, H, K = (Poly.of(Dim(name)) for name in "NHK")
n, j, i = (Poly.of(Index(name)) for name in "nji")


def axis(index: Poly, size: Poly, low: Poly = ZERO) -> Axis:
    assert index.index is not None
    return Axis(index.index, low, size - 1)


def total(body: Term, *axes: Axis) -> Term:
    return reduce(Reduction.SUM, axes, body)


def program(*equations: Equation) -> Program:
    shapes = {"z": (N, H), "r": (N,), "mu": (N,), "x_hat": (N, H), "c": (N, H)}
    tensors = tuple(
        Tensor(name, TensorKind.INTERMEDIATE, shape, zeros(len(shape)))
        for name, shape in shapes.items()
        if name in {"z", "r"} | {equation.target for equation in equations}
    )
    return Program("known", ("N", "H"), tensors, equations)


def assign(lhs: Access, rhs: Term, *axes: Axis) -> Equation:
    return Equation(lhs.tensor, lhs.subscripts, axes, rhs)


def z(first: Poly, second: Poly) -> Term:
    return access("z", [first, second])


MEAN = assign(access("mu", [n]), div(total(z(n, j), axis(j, H)), poly_value(H)), axis(n, N))
CENTRED = assign(access("c", [n, j]), sub(z(n, j), access("mu", [n])), axis(n, N), axis(j, H))
X_HAT = assign(access("x_hat", [n, j]), mul(access("r", [n]), sub(z(n, j), access("mu", [n]))), axis(n, N), axis(j, H))
RANGES = {a.index: a for a in (axis(n, N), axis(j, H))}


def value(term: Term, *equations: Equation) -> Term:
    return expand(term, RANGES, KnownSums.of(program(*equations)).find)


def test_a_mean_says_what_the_sum_is() -> None:
    assert value(total(z(n, i), axis(i, H)), MEAN) is mul(poly_value(H), access("mu", [n]))


def test_what_is_centred_adds_up_to_zero() -> None:
    for body in (sub(z(n, i), access("mu", [n])), access("c", [n, i]), access("x_hat", [n, i])):
        assert value(total(body, axis(i, H)), MEAN, CENTRED, X_HAT) is NIL
        assert value(total(mul(body, access("r", [n])), axis(i, H)), MEAN, CENTRED, X_HAT) is NIL


def test_not_along_another_axis_nor_in_part_nor_squared() -> None:
    for term in (
        total(access("c", [i, j]), axis(i, N)),
        total(access("c", [n, i]), axis(i, H, ONE)),
        total(access("c", [n, i]), axis(i, H - 1)),
        total(power(access("c", [n, i]), 2), axis(i, H)),
        total(mul(access("c", [n, i]), access("x_hat", [n, i])), axis(i, H)),
    ):
        assert value(term, MEAN, CENTRED, X_HAT) is term


def test_what_is_not_quite_the_mean_centres_nothing() -> None:
    almost = assign(access("mu", [n]), div(total(z(n, j), axis(j, H)), poly_value(H + 1)), axis(n, N))
    assert value(total(access("c", [n, i]), axis(i, H)), almost, CENTRED) is not NIL
    left_out = assign(access("mu", [n]), div(total(z(n, j), axis(j, H, ONE)), poly_value(H - 1)), axis(n, N))
    assert value(total(access("c", [n, i]), axis(i, H)), left_out, CENTRED) is not NIL


def test_a_tensor_that_several_equations_define_is_not_known() -> None:
    rest = assign(access("mu", [ZERO]), UNIT)
    assert value(total(access("c", [n, i]), axis(i, H)), MEAN, rest, CENTRED) is not NIL


def test_averages_over_extents_that_need_not_be_positive() -> None:
    """Σ_i mu over 0..H - K is (H - K + 1)·mu also where there is no i: mu is 0 there."""
    size = H - K + 1
    mean = assign(access("mu", [n]), div(total(z(n, j), axis(j, size)), poly_value(size)), axis(n, N))
    assert value(total(sub(z(n, i), access("mu", [n])), axis(i, size)), mean) is NIL
    other = total(mul(2, access("r", [n])), axis(i, size))
    assert value(other, mean) is other


def test_only_the_brackets_asked_for_are_opened() -> None:
    a, r, s = access("a"), access("r", [n]), access("s")
    square, sum_ = sub(UNIT, power(a, 2)), add(r, s)
    term = mul(square, sum_, z(n, i))
    opened = expand(total(term, axis(i, H)), RANGES, lambda *_: None, frozenset({"r"}))
    assert opened is add(*(mul(square, part, total(z(n, i), axis(i, H))) for part in (r, s)))
    everything = expand(mul(square, sum_), RANGES, lambda *_: None)
    assert everything is add(r, s, mul(-1, power(a, 2), r), mul(-1, power(a, 2), s))
    together = expand(total(add(z(n, i), mul(a, z(n, i)), mul(r, z(i, n))), axis(i, H)), RANGES, lambda *_: None,
                      frozenset({"r"}))  # fmt: skip
    assert together is add(total(add(z(n, i), mul(a, z(n, i))), axis(i, H)), mul(r, total(z(i, n), axis(i, H))))


@pytest.mark.parametrize(
    ("terms", "shared"),
    [
        (("ra", "-rx", "b"), "b + r·(a - x)"),
        (("ra", "-rxs", "-rt"), "r·(a - t - s·x)"),
        (("a", "b"), "a + b"),
    ],
)
def test_shared_factors_stand_in_front(terms: tuple[str, ...], shared: str) -> None:
    def product(text: str) -> Term:
        letters = [access(letter) for letter in text.removeprefix("-")]
        return mul(Fraction(-1 if text.startswith("-") else 1), *letters)

    assert show(gather_factors(add(*map(product, terms)))) == shared

"""Smart constructors keep values: transposes, products and sums by NumPy."""

from fractions import Fraction

import numpy as np
import pytest

from symbackprop.matrix.constructors import add, hadamard, product, row_sums, scale, total, transpose, weight
from symbackprop.matrix.form import (
    Along,
    Compared,
    Diagonal,
    DiagonalOf,
    Direction,
    Entries,
    Hadamard,
    Joined,
    Map,
    Ones,
    Over,
    Power,
    Product,
    SquaredNorm,
    Trace,
    Transposed,
    Where,
    parts_of,
)
from symbackprop.matrix.shape import shape_of
from symbackprop.terms.build import compare, number, poly_value
from symbackprop.terms.poly import ZERO, Dim, Index, Poly
from symbackprop.terms.term import Axis, Connective, Function, Reduction, Relation

from .values import read, value_of

SIZES = {"N": 3, "H": 5, "C": 7, "T": 2}
N, H, C, T = (Poly.of(Dim(name)) for name in SIZES)
RNG = np.random.default_rng(7)
VALUES = {
    "A": RNG.normal(size=(3, 5)), "B": RNG.normal(size=(5, 7)), "E": RNG.normal(size=(3, 5)),
    "D": RNG.normal(size=(5, 5)), "v": RNG.normal(size=3), "u": RNG.normal(size=5), "X": RNG.normal(size=(2, 3, 5)),
}  # fmt: skip
t = Index("t")
n, i = Axis(Index("n"), ZERO, N - 1), Axis(Index("i"), ZERO, H - 1)


A, B, E, D = read("A", N, H), read("B", H, C), read("E", N, H), read("D", H, H)
v, u, X = read("v", N), read("u", H), read("X", T, N, H, labels=(Poly.of(t),))
BEFORE = compare(Relation.GE, poly_value(Poly.of(i.index)), poly_value(Poly.of(n.index)))
FORMS = {
    "leaf": A,
    "vector": v,
    "product": product(A, B),
    "chain": product(A, D, B),
    "outer": product(v, transpose(u)),
    "difference": add(A, scale(number(-1), (), E)),
    "elementwise": hadamard(A, E),
    "mixed": add(hadamard(A, E), product(v, transpose(u))),
    "power": Power(A, Fraction(2)),
    "function": Map(Function.TANH, (product(A, D),)),
    "diagonal": product(Diagonal(v), A, Diagonal(u)),
    "condition": Where(Compared(Relation.GT, A, E), A, E),
    "both": Where(Joined(Connective.AND, (Compared(Relation.GT, A, E), Entries(BEFORE, n, i))), A, None),
    "entries": Entries(BEFORE, n, i),
    "ones": Ones(N, H),
    "over": Over(Reduction.SUM, (Axis(t, ZERO, T - 1),), product(X, D)),
    "rows": Along(Reduction.MAX, Direction.ROWS, A),
    "diagonal of": DiagonalOf(D),
    "scaled": scale(number(Fraction(2, 3)), (Trace(D),), A),
}


def value(form):
    return value_of(form, VALUES, SIZES, {t: 1})


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_transpose(form):
    turned = transpose(form)
    assert shape_of(turned) == shape_of(form).transposed
    np.testing.assert_allclose(value(turned), value(form).T, rtol=1e-13)
    assert transpose(turned) == form
    assert not any(isinstance(inner.form, Product | Transposed)
                   for inner in parts_of(turned) if isinstance(inner, Transposed))  # fmt: skip


def test_transposes_stand_where_the_form_is_shortest():
    assert transpose(add(A, E)) == Transposed(add(A, E))
    assert transpose(add(transpose(A), transpose(E))) == add(A, E)
    assert transpose(Map(Function.TANH, (A,))) == Map(Function.TANH, (Transposed(A),))


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_total(form):
    if shape_of(form).rows is not None:
        found = total(form)
        assert shape_of(found).is_scalar
        np.testing.assert_allclose(value(found).item(), value(form).sum(), rtol=1e-12)


def test_total_in_its_shortest_form():
    assert total(Power(A, Fraction(2))) == SquaredNorm(A)
    assert total(hadamard(u, u)) == product(Transposed(u), u)
    assert total(Hadamard((D, Transposed(D)))) == Trace(product(D, D))
    assert total(DiagonalOf(D)) == Trace(D)


def test_products_are_flat_with_their_scalars_in_front():
    found = product(scale(number(2), (), A), product(D, scale(number(3), (Trace(D),), B)))
    assert found == scale(number(6), (Trace(D),), Product((A, D, B)))
    np.testing.assert_allclose(
        value(found), 6 * np.trace(VALUES["D"]) * VALUES["A"] @ VALUES["D"] @ VALUES["B"], rtol=1e-12
    )


def test_row_sums():
    np.testing.assert_allclose(value(row_sums(A))[:, 0], VALUES["A"].sum(axis=1), rtol=1e-13)


def test_weight_counts_what_is_read():
    assert [weight(form) for form in (A, transpose(A), product(A, B), Power(A, Fraction(2)))] == [1, 2, 2, 2]

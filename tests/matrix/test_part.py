"""Forms with named axes, against NumPy's broadcasting."""

import numpy as np
import pytest

from symbackprop.matrix.form import Coefficient, Compared, Scaled, Trace
from symbackprop.matrix.part import NoForm, Part, bare, finished, merged, oriented, part, spread, times, union
from symbackprop.terms.build import UNIT, number
from symbackprop.terms.poly import ZERO, Dim, Index, Poly
from symbackprop.terms.term import Axis, Relation

from .values import read, value_of

SIZES = {"N": 3, "H": 5}
N, H = Poly.of(Dim("N")), Poly.of(Dim("H"))
n, i = Index("n"), Index("i")
AXES = {n: Axis(n, ZERO, N - 1), i: Axis(i, ZERO, H - 1)}
RNG = np.random.default_rng(3)
VALUES = {"A": RNG.normal(size=(3, 5)), "E": RNG.normal(size=(5, 3)), "D": RNG.normal(size=(5, 5)),
          "v": RNG.normal(size=3), "u": RNG.normal(size=5), "s": RNG.normal(size=())}  # fmt: skip
A, E, D, v, u, s = read("A", N, H), read("E", H, N), read("D", H, H), read("v", N), read("u", H), read("s")
PARTS = {
    "matrix": (part(A, n, i), VALUES["A"]),
    "turned matrix": (part(E, i, n), VALUES["E"].T),
    "vector along rows": (part(v, n), VALUES["v"][:, None]),
    "vector along columns": (part(u, i), VALUES["u"]),
    "scalar": (part(s), VALUES["s"]),
    "number": (Part(coefficient=number(7)), 7),
    "scaled matrix": (part(Scaled(number(2), (s, Trace(D)), A), n, i),
                      2 * VALUES["s"] * np.trace(VALUES["D"]) * VALUES["A"]),
}  # fmt: skip


@pytest.mark.parametrize(("item", "expected"), PARTS.values(), ids=PARTS)
def test_spread_repeats_along_what_is_not_there(item, expected):
    full = np.broadcast_to(expected, (3, 5))
    np.testing.assert_allclose(value_of(spread(item, (n, i), AXES), VALUES, SIZES), full, rtol=1e-13)
    np.testing.assert_allclose(value_of(spread(item, (i, n), AXES), VALUES, SIZES), full.T, rtol=1e-13)


def test_scalars_stand_in_front():
    item = part(Scaled(number(2), (s,), A), n, i)
    assert item == Part(number(2), (s,), A, (n, i))
    assert bare(item) == Part(form=A, indices=(n, i))
    assert times(part(v, n), item) == Part(number(2), (s,), v, (n,))
    assert part(Scaled(number(2), (s,), Coefficient(number(3)))) == Part(number(6), (s,))
    assert finished(item) == Scaled(number(2), (s,), A)


def test_conditions_stand_in_front_of_what_they_may_guard():
    guard = Compared(Relation.GT, s, s)
    assert finished(Part(scalars=(s, guard))) == Scaled(UNIT, (guard,), s)


def test_the_elementwise_product_of_parts_turned_differently():
    found = merged(part(Scaled(number(2), (), A), n, i), part(Scaled(number(3), (s,), E), i, n))
    assert found.indices == (n, i)
    expected = 6 * VALUES["s"] * VALUES["A"] * VALUES["E"].T
    np.testing.assert_allclose(value_of(finished(found), VALUES, SIZES), expected, rtol=1e-13)


def test_orientation():
    assert oriented(part(A, n, i), n, i) is A
    np.testing.assert_array_equal(value_of(oriented(part(A, n, i), i, n), VALUES, SIZES), VALUES["A"].T)
    assert part(A, n, i).other(n) is i


def test_the_indices_of_all_rows_first_as_most_matrices_have_it():
    straight, turned, along, number_ = part(A, n, i), part(E, i, n), part(v, n), Part(coefficient=number(2))
    assert union([straight, turned, turned]) == (i, n)
    assert union([straight, turned]) == union([straight, along]) == (n, i)
    assert union([turned, straight]) == (i, n)
    assert union([along, number_]) == (n,)
    assert union([number_]) == ()
    with pytest.raises(NoForm, match="a term has the 3 indices n, i, j"):
        union([straight, part(u, Index("j"))])

"""Sums of guarded products, taken apart, put together, multiplied and solved: the same values at all positions."""

from itertools import product

import pytest

from symbackprop.terms.addend import Addend
from symbackprop.terms.build import (
    NIL,
    UNIT,
    access,
    at_least_zero,
    compare,
    guarded,
    indicator,
    mul,
    poly_value,
    reduce,
)
from symbackprop.terms.equalities import equal_to
from symbackprop.terms.poly import ZERO, Dim, Index, Poly
from symbackprop.terms.term import Axis, Reduction, Relation, Where
from tests.claims.small import EXTENT, same_values
from tests.terms.exact import Exact, numbers

I, J, T = Index("i"), Index("j"), Index("t")
HERE, THERE, TIME = Poly.of(I), Poly.of(J), Poly.of(T)
N, H = Poly.of(Dim("N")), Poly.of(Dim("H"))
AXIS = Axis(I, ZERO, N - 1)
SIZES = [{"N": n, "H": h} for n, h in product((1, 2, 3, 5), (1, 2, 4))]


@pytest.mark.parametrize("other", [THERE, THERE + 1, N - 1 - THERE, 2 * THERE, ZERO, THERE - TIME], ids=str)
@pytest.mark.parametrize("more", [NIL, poly_value(HERE - 1), poly_value(N - 2 - HERE)], ids=str)
def test_a_sum_that_an_equation_fixes_is_its_one_addend(other, more):
    """Σ_(i, t) [i = other]·[more >= 0]·x[i, j]·y[t], over i and t."""
    axes = (AXIS, Axis(T, ZERO, H - 1))
    around = Axis(J, ZERO, N - 1)
    fixed = compare(Relation.EQ, poly_value(HERE), poly_value(other))
    guards = (fixed, compare(Relation.GE, more, NIL))
    body = mul(access("x", (HERE, THERE)), access("y", (TIME,)))
    addend = Addend.of(axes, guarded(guards, body))
    position = next((p for guard in addend.guards if (p := equal_to(guard, I)) is not None), None)
    if position is None:  # [i = 0 and i >= 1]
        assert addend.value is NIL
        return
    solved = addend.at(AXIS, position, [around])
    assert AXIS not in solved.axes
    assert I not in solved.term.free
    for sizes in SIZES[:6]:
        value = Exact(sizes, numbers(3))
        for here in value.positions([around]):
            assert value(solved.term, here) == value(reduce(Reduction.SUM, axes, guarded(guards, body)), here)


def test_an_addend_is_taken_apart_and_put_together():
    value = guarded([at_least_zero(HERE - 1), at_least_zero(N - 3 - HERE)], access("x", (HERE,)))
    addend = Addend.of([AXIS], value)
    assert len(addend.guards) == 2
    assert not isinstance(addend.value, Where)
    assert addend.term is reduce(Reduction.SUM, [AXIS], value)
    assert Addend.of([], UNIT) == Addend((), (), UNIT)


# --- over the elements of a network ----------------------------------------------------------------------
K, L = Index("~k"), Index("~l")
BOUND = tuple(Axis(index, Poly.of(0), EXTENT - 1) for index in (K, L))


def w(index):
    return access("w", [Poly.of(index)])


def test_products_of_sums() -> None:
    left = Addend(BOUND[:1], (at_least_zero(Poly.of(K) - 1),), w(K))
    right = Addend(BOUND[1:], (at_least_zero(EXTENT - 2 - Poly.of(L)),), mul(w(L), access("s")))
    assert same_values(left.times(right).product, mul(left.product, right.product))


def test_a_range_from_zero_and_one_value_of_an_index() -> None:
    shifted = Axis(K, Poly.of(1), EXTENT - 1)
    addend = Addend((shifted,), (at_least_zero(Poly.of(K) - Poly.of(I)),), mul(w(K), access("s")))
    moved = addend.from_zero(shifted)
    assert not moved.axes[0].low.terms
    assert same_values(moved.product, addend.product)
    at_last = mul(indicator(at_least_zero(EXTENT - 1 - Poly.of(I))), access("w", [EXTENT - 1]), access("s"))
    assert same_values(addend.put(K, EXTENT - 1).product, at_last)


def test_a_term_taken_apart_under_names_that_are_not_taken():
    total = reduce(Reduction.SUM, BOUND, mul(w(K), access("A", [Poly.of(L), Poly.of(I)])))
    for term in (mul(total, w(I)), guarded([at_least_zero(Poly.of(I) - 1)], total), w(I), mul(total, w(J), w(I))):
        first = {axis.index for axis in Addend.of_term(term, [I, J]).axes}
        addend = Addend.of_term(term, [I, J, *first])
        assert not {axis.index for axis in addend.axes} & {I, J, *first}
        assert len(addend.axes) == 2 * (term is not w(I))
        assert same_values(addend.term, term)


def test_a_guard_may_read_what_those_before_it_allow():
    """x[i - 1] is read where i >= 1."""
    first, second = at_least_zero(HERE - 1), compare(Relation.GT, access("x", (HERE - 1,)), NIL)
    addend = Addend((AXIS,), (first, second), access("y", (HERE,)))
    sizes, value = {"N": 4, "H": 1}, numbers(3)

    def given(tensor, position):
        assert position[0] >= 0, "read outside"
        return value(tensor, position)

    plain = sum(value("y", (i,)) for i in range(1, 4) if value("x", (i - 1,)) > 0)
    assert Exact(sizes, given)(addend.term) == plain


def test_another_range_and_other_names():
    addend = Addend(BOUND, (at_least_zero(Poly.of(K) - Poly.of(L)),), mul(w(K), w(K), w(L)))
    short = addend.with_axis(Axis(L, Poly.of(0), EXTENT - 2))
    assert [axis.high for axis in short.axes] == [EXTENT - 1, EXTENT - 2]
    assert (short.guards, short.value) == (addend.guards, addend.value)
    swapped = addend.renamed({K: L, L: K})
    assert [axis.index for axis in swapped.axes] == [L, K]
    assert same_values(swapped.term, addend.term)
    assert list(addend.ranges) == [K, L]

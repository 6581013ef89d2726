"""Sums as they are built: what stands in front of them, and what is read only where there is something to sum."""

import pytest

from symbackprop.terms.build import NIL, access, add, compare, map_children, mul, poly_value, reduce, where
from symbackprop.terms.poly import ONE, ZERO, Dim, Index, Poly
from symbackprop.terms.term import Axis, Reduce, Reduction, Relation

K, N = Poly.of(Dim("K")), Poly.of(Dim("N"))
k, n = Index("k"), Index("n")
FEW = [Axis(k, ZERO, K - 5)]  # none at K < 5
SOME = [Axis(k, ZERO, K - 1)]
THERE = compare(Relation.GE, poly_value(K - 5), NIL)
last, first, w = (access("x", [place]) for place in (K - 5, ZERO, Poly.of(k)))
row = access("y", [Poly.of(n)])


def total(axes, body):
    return reduce(Reduction.SUM, axes, body)


def test_what_no_index_of_a_sum_touches_stands_in_front():
    assert total(FEW, mul(row, w)) is mul(row, total(FEW, w))
    assert total(FEW, mul(first, w)) is mul(first, total(FEW, w))
    assert total(SOME, mul(last, w)) is mul(last, total(SOME, w))
    assert total(SOME, row) is mul(poly_value(K), row)


def test_what_is_read_at_sizes_is_read_where_there_is_something_to_sum():
    assert total(FEW, mul(last, w)) is where(THERE, mul(last, total(FEW, w)), NIL)
    token = access("x", [access("token", [K - 5])])
    assert total(FEW, mul(token, w)) is where(THERE, mul(token, total(FEW, w)), NIL)
    inside = total(FEW, add(last, w))
    assert (inside.condition, inside.otherwise) == (THERE, NIL)
    assert isinstance(inside.then, Reduce)


def test_a_count_of_such_reads_too():
    """Σ_k x[N - 2] over k = 0..N - 2 is (N - 1)·x[N - 2] where N >= 2."""
    read = access("x", [N - 2])
    found = total([Axis(k, ZERO, N - 2)], read)
    assert found is where(compare(Relation.GE, poly_value(N - 2), NIL), mul(poly_value(N - ONE), read), NIL)


@pytest.mark.parametrize("body", [mul(last, w), add(last, w), last])
def test_it_is_built_once(body):
    found = total(FEW, body)
    assert map_children(found, lambda inner: map_children(inner, lambda part: part)) is found
    assert total([Axis(n, ZERO, N - 1)], mul(row, found)) is where(
        THERE, mul(total([Axis(n, ZERO, N - 1)], row), found.then), NIL
    )

"""Sums with their kernel turned, against NumPy's correlation and convolution."""

from __future__ import annotations

import numpy as np

from symbackprop.edits.kinds import Kind
from symbackprop.edits.places import open_at
from symbackprop.edits.sum_edits import sum_edits
from symbackprop.terms.build import access, mul, reduce
from symbackprop.terms.poly import Index, Poly
from symbackprop.terms.program import Tensor, TensorKind
from symbackprop.terms.term import Axis, Reduction
from tests.terms.exact import Exact

L, R = Index("l"), Index("r")
KERNEL, DATA = np.array([2, 3, 5]), np.array([1, 0, -1, 4, 7, 2])
TABLE = {
    name: Tensor(name, TensorKind.INPUT, (Poly.of(len(array)),), (Poly.of(0),))
    for name, array in (("K", KERNEL), ("d", DATA))
}


def turned(body, low, high):
    """The sum of the body over r for l from low to high, and what it is with its kernel turned."""
    total = reduce(Reduction.SUM, [Axis(R, Poly.of(0), Poly.of(2))], body)
    ranges = {L: Axis(L, Poly.of(low), Poly.of(high))}
    found = [edit.term for edit in sum_edits(total, TABLE, ranges, open_at) if edit.kind is Kind.KERNEL_FLIPPED]
    value = Exact({}, lambda tensor, position: int({"K": KERNEL, "d": DATA}[tensor][position]))
    return [[value(term, {L: at}) for at in range(low, high + 1)] for term in (total, *found)]


def test_a_correlation_becomes_a_convolution():
    body = mul(access("K", [Poly.of(R)]), access("d", [Poly.of(L) + Poly.of(R)]))
    as_it_was, new = turned(body, 0, 3)
    assert as_it_was == list(np.correlate(DATA, KERNEL))
    assert new == list(np.convolve(KERNEL, DATA)[:4])  # what lies outside is nothing


def test_a_sum_without_a_kernel_stays():
    assert len(turned(access("d", [Poly.of(L) + Poly.of(R)]), 0, 3)) == 1

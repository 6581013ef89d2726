"""What is read the other way round, against NumPy's own turned arrays and convolutions."""

from __future__ import annotations

from itertools import product

import numpy as np
from symbackprop.claims.flips import flipped_subscripts, reversed_sums

from symbackprop.terms.build import access, mul, substitute
from symbackprop.terms.poly import Dim, Index, Poly
from symbackprop.terms.program import Tensor, TensorKind
from symbackprop.terms.term import Access, Axis, Term

I, J, R, L = (Index(name) for name in "ijrl")
N, M = Poly.of(Dim("N")), Poly.of(Dim("M"))
SIZES = {Dim("N"): 3, Dim("M"): 4}
RANGES = {I: Axis(I, Poly.of(0), N - 1), J: Axis(J, Poly.of(0), M - 1)}
TABLE = Tensor("A", TensorKind.INPUT, (N, M), (Poly.of(0), Poly.of(0)))


def position(subscripts, values) -> tuple[int, ...]:
    return tuple(s.evaluate({**SIZES, **values}.__getitem__) for s in subscripts)


def test_each_axis_is_turned_as_numpy_turns_it() -> None:
    array = np.arange(12).reshape(3, 4)
    found = [new for _, new in flipped_subscripts(TABLE, (Poly.of(I), Poly.of(J)), RANGES)]
    assert len(found) == 2
    for new, turned in zip(found, (array[::-1], array[:, ::-1]), strict=True):
        for i, j in product(range(3), range(4)):
            assert array[position(new, {I: i, J: j})] == turned[i, j]


def test_turned_twice_is_as_it_was() -> None:
    for subscripts in ((Poly.of(I), Poly.of(J)), (Poly.of(I) + 1, Poly.of(J)), (Poly.of(I) - 1, M - 2 - Poly.of(J))):
        for how, new in flipped_subscripts(TABLE, subscripts, RANGES):
            back = [again for word, again in flipped_subscripts(TABLE, new, RANGES) if word == how]
            assert tuple(subscripts) in back, (how, new)


def test_a_step_to_the_other_side() -> None:
    found = dict(flipped_subscripts(TABLE, (Poly.of(I) + 2, Poly.of(0)), RANGES))
    new = found["the step the other way"]
    assert new == (Poly.of(I) - 2, Poly.of(0))


def test_a_correlation_becomes_a_convolution() -> None:
    kernel, data = np.array([2, 3, 5]), np.array([1, 0, -1, 4, 7, 2])
    body = mul(access("K", [Poly.of(R)]), access("d", [Poly.of(L) + Poly.of(R)]))
    ranges = {L: Axis(L, Poly.of(0), Poly.of(5)), R: Axis(R, Poly.of(0), Poly.of(2))}
    ((read, turned, new),) = reversed_sums(body, R, ranges, lambda element, _: element)
    assert (read.tensor, turned) == ("d", access("d", [Poly.of(L) - Poly.of(R)]))
    for at in range(2, 6):
        assert sum(value(new, at, r, kernel, data) for r in range(3)) == np.convolve(kernel, data)[at]
    for at in range(4):
        assert sum(value(body, at, r, kernel, data) for r in range(3)) == np.correlate(data, kernel)[at]
    assert not list(reversed_sums(access("d", [Poly.of(L) + Poly.of(R)]), R, ranges, lambda element, _: element))


def value(term: Term, at: int, r: int, kernel: np.ndarray, data: np.ndarray) -> int:
    here = substitute(term, {L: Poly.of(at), R: Poly.of(r)})
    found = 1
    for factor in here.args:  # type: ignore[attr-defined]
        assert isinstance(factor, Access)
        found *= {"K": kernel, "d": data}[factor.tensor][factor.subscripts[0].constant]  # type: ignore[union-attr]
    return int(found)

"""Elements as instances of a pattern: what is put for its indices gives the element, at every position in range."""

from __future__ import annotations

from itertools import product

import numpy as np

from symbackprop.terms.build import access, power, reduce, substitute
from symbackprop.terms.match import matched, matched_sum
from symbackprop.terms.poly import Dim, Index, Poly
from symbackprop.terms.term import Axis, Reduce, Reduction

N = Poly.of(Dim("N"))
I, J, P, Q = (Index(name) for name in "ijpq")
RANGES = {I: Axis(I, Poly.of(0), N - 1), J: Axis(J, Poly.of(1), N - 1)}


def test_what_is_put_for_the_indices_gives_the_element_inside_their_ranges() -> None:
    rng, found_some = np.random.default_rng(0), 0
    for _ in range(600):
        axes = {index: Axis(index, Poly.of(int(rng.integers(0, 2))), N - int(rng.integers(0, 2))) for index in (P, Q)}
        slopes, steps = rng.choice([1, -1], size=2), rng.integers(-1, 2, size=4)
        ours = [Poly.of(index) * int(a) + int(b) for index, a, b in zip((P, Q), slopes, steps[:2], strict=True)]
        theirs = [Poly.of((I, J)[int(k)]) + int(b) for k, b in zip(rng.integers(0, 2, 2), steps[2:], strict=True)]
        pattern, element = access("x", ours), access("x", theirs)
        mapping = matched(pattern, element, axes, RANGES, ())
        fits = [inside(pattern, element, axes, n) for n in (2, 3, 4)]
        assert (mapping is not None) is all(fits)
        if mapping is not None:
            found_some += 1
            assert substitute(pattern, mapping) is element
    assert found_some > 10


def inside(pattern, element, axes, n: int) -> bool:
    """Whether at this size every element that is spoken of is one of the pattern's, by trying all of these."""
    sizes = {Dim("N"): n}

    def at(read, values):
        return tuple(s.evaluate({**sizes, **values}.__getitem__) for s in read.subscripts)

    def span(axis):
        return range(axis.low.evaluate(sizes.__getitem__), axis.high.evaluate(sizes.__getitem__) + 1)

    known = {at(pattern, {P: p, Q: q}) for p, q in product(span(axes[P]), span(axes[Q]))}
    return all(at(element, {I: i, J: j}) in known for i, j in product(span(RANGES[I]), span(RANGES[J])))


def test_the_same_letters_on_both_sides_are_not_mixed_up() -> None:
    pattern, axes = access("x", [Poly.of(J), Poly.of(I)]), {I: RANGES[I], J: RANGES[I]}
    assert matched(pattern, access("x", [Poly.of(I), Poly.of(J)]), axes, RANGES, ()) == {J: Poly.of(I), I: Poly.of(J)}


def test_what_is_no_instance() -> None:
    axes = {P: RANGES[I]}
    twice = access("x", [Poly.of(P), Poly.of(P)])
    assert matched(twice, access("x", [Poly.of(I), Poly.of(J)]), axes, RANGES, ()) is None
    assert matched(twice, access("y", [Poly.of(I), Poly.of(I)]), axes, RANGES, ()) is None
    assert matched(access("x", [2 * Poly.of(P)]), access("x", [2 * Poly.of(I)]), axes, RANGES, ()) is None
    assert matched(access("x", [Poly.of(P)]), access("x", [access("k")]), axes, RANGES, ()) is None


def test_sums() -> None:
    def total(free: Index) -> Reduce:
        bound = Index("~b", 0, True)
        body = power(access("x", [Poly.of(free), Poly.of(bound)]), 2)
        term = reduce(Reduction.SUM, [Axis(bound, Poly.of(0), N - 1)], body)
        assert isinstance(term, Reduce)
        return term

    assert matched_sum(total(P), total(J), {P: RANGES[I]}, RANGES, ()) == {P: Poly.of(J)}
    assert matched_sum(total(P), total(I), {P: RANGES[J]}, RANGES, ()) is None  # not for i = 0

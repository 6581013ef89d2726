"""Covers against enumeration: origin and shape hold exactly the positions written, each once."""

from __future__ import annotations

from itertools import product

import pytest

from symbackprop.terms.build import NIL, access
from symbackprop.terms.cover import Cover, Gap, Overlap, Unproved, cover
from symbackprop.terms.poly import Dim, Floor, Index, Poly
from symbackprop.terms.program import Equation
from symbackprop.terms.prove import Facts
from symbackprop.terms.term import Axis

Size = Poly | int
C, H, K, M, N, T, W = (Poly.of(Dim(name)) for name in "CHKMNTW")
c, h, i, j, n, p, r, t, w = (Poly.of(Index(name)) for name in "chijnprtw")


def axis(index: Poly, low: Size, high: Size) -> Axis:
    assert index.index is not None
    return Axis(index.index, Poly.of(low), Poly.of(high))


def left(*subscripts: Size, over: tuple[Axis, ...] = ()) -> Equation:
    return Equation("T", tuple(Poly.of(subscript) for subscript in subscripts), over, NIL)


RN, RM = axis(n, 0, N - 1), axis(i, 0, N - 1)
COVERS = {
    "one": [left(n, over=(RN,))],
    "scalar": [left()],
    "first and rest": [left(0, n, over=(RN,)), left(t, n, over=(axis(t, 1, T), RN))],
    "last and rest": [left(T, n, over=(RN,)), left(t, n, over=(axis(t, 0, T - 1), RN))],
    "three boxes": [left(0), left(1), left(t, over=(axis(t, 2, T + 1),))],
    "not from zero": [left(t, over=(axis(t, 1, T),))],
    "may be empty": [left(0), left(t, over=(axis(t, 1, T - 1),))],
    "even and odd": [left(2 * r, over=(axis(r, 0, N - 1),)), left(2 * r + 1, over=(axis(r, 0, N - 1),))],
    "even and odd of N": [
        left(2 * r, over=(axis(r, 0, (N + 1) // 2 - 1),)),
        left(2 * r + 1, over=(axis(r, 0, N // 2 - 1),)),
    ],
    "two of three": [
        left(3 * r + p, over=(axis(r, 0, N - 1), axis(p, 0, 1))),
        left(3 * r + 2, over=(axis(r, 0, N - 1),)),
    ],
    "mixed radix": [left(n, (c * H + h) * W + w, over=(RN, axis(c, 0, C - 1), axis(h, 0, H - 1), axis(w, 0, W - 1)))],
    "mixed radix of windows": [
        left(
            (c * (H + K - 1) + h) * (W // 2 + 1) + w,
            over=(axis(c, 0, C - 1), axis(h, 0, H + K - 2), axis(w, 0, W // 2)),
        )
    ],
    "mixed radix that may be empty": [
        left(c * (H // 2) + h, over=(axis(c, 0, C - 1), axis(h, 0, H // 2 - 1))),
    ],
    "reversed": [left(T - 1 - t, over=(axis(t, 0, T - 1),))],
    "shifted": [left(i + 2, over=(RM,)), left(0), left(1)],
    "two dimensions": [
        left(0, 0),
        left(0, j, over=(axis(j, 1, M),)),
        left(i, 0, over=(axis(i, 1, N),)),
        left(i, j, over=(axis(i, 1, N), axis(j, 1, M))),
    ],
    "pinwheel": [
        left(i, j, over=(axis(i, 0, N - 1), axis(j, 0, N))),
        left(i, j, over=(axis(i, N, 2 * N), axis(j, 0, N - 1))),
        left(i, j, over=(axis(i, N + 1, 2 * N), axis(j, N, 2 * N))),
        left(i, j, over=(axis(i, 0, N), axis(j, N + 1, 2 * N))),
        left(N, N),
    ],
    "concatenated": [
        left(i, over=(RM,)),
        left(i + N, over=(axis(i, 0, M - 1),)),
        left(i + N + M, over=(axis(i, 0, K - 1),)),
    ],
    "columns that depend": [
        left(i, j, over=(RM, axis(j, 0, M + K - 1))),
        left(i, j, over=(axis(i, N, 2 * N), axis(j, 0, K - 1))),
        left(i, j, over=(axis(i, N, 2 * N), axis(j, K, M + K - 1))),
    ],
}


@pytest.mark.parametrize("name", COVERS)
def test_covers_hold_exactly_what_is_written(name: str) -> None:
    equations = COVERS[name]
    found = cover(equations)
    assert isinstance(found, Cover)
    assert not found.needs
    dims = [Dim(letter) for letter in "CHKMNTW"]
    for sizes in ((1,) * 7, (2, 3, 2, 3, 5, 2, 2), (3, 2, 1, 2, 4, 7, 3)):
        values: dict[Dim | Index, int] = dict(zip(dims, sizes, strict=True))
        written = []
        for equation in equations:
            ranges = [
                range(a.low.evaluate(values.__getitem__), a.high.evaluate(values.__getitem__) + 1)
                for a in equation.axes
            ]
            for point in product(*ranges):
                inside = {**values, **dict(zip((a.index for a in equation.axes), point, strict=True))}
                written.append(
                    tuple(s.evaluate(inside.__getitem__) for s in equation.subscripts if isinstance(s, Poly))
                )
        origin, shape = ([p.evaluate(values.__getitem__) for p in polys] for polys in (found.origin, found.shape))
        box = product(*(range(o, o + e) for o, e in zip(origin, shape, strict=True)))
        assert sorted(written) == sorted(box)


def test_shapes_are_in_their_simplest_form() -> None:
    found = cover(COVERS["even and odd of N"])
    assert isinstance(found, Cover)
    assert found.shape == (N,)


def test_a_range_that_may_be_negative_is_a_need() -> None:
    found = cover([left(0), left(1), left(t, over=(axis(t, 2, T - 1),))])
    assert found == Cover((Poly.of(0),), (T,), (T - 2,))
    known = cover([left(0), left(1), left(t, over=(axis(t, 2, T - 1),))], Facts().nonnegative_too([T - 2]))
    assert known == Cover((Poly.of(0),), (T,))


def test_a_radix_may_be_a_need() -> None:
    found = cover([left(h * (W - K + 1) + w, over=(axis(h, 0, H - K), axis(w, 0, W - K)))])
    assert found == Cover((Poly.of(0),), ((H - K + 1) * (W - K + 1),), (H - K + 1, W - K + 1))
    overlapping = cover([left(h * (W - K) + w, over=(axis(h, 0, H - K), axis(w, 0, W - K)))])
    assert isinstance(overlapping, Overlap)


def test_a_lowest_weight_of_zero_is_an_overlap() -> None:
    assert isinstance(cover([left((N - 1) * h, over=(axis(h, 0, H - 1),))]), Overlap | Gap)


@pytest.mark.parametrize("sizes", tuple(product((1, 2, 3, 5), (1, 3, 7))))
def test_whole_multiples_leave_a_floor(sizes: tuple[int, int]) -> None:
    below, above = sizes
    values = {"K": below, "N": above}
    for poly, written in (
        ((N - K) // K, "N//K - 1"),
        ((2 * N * K + N + K - 1) // K, "2*N + 1 + (N - 1)//K"),
        ((N + K) // (N + K), "1"),
    ):
        assert poly.evaluate(lambda atom: values[atom.name]) == eval(written, {}, values)
        assert all(len(a.numerator.terms) <= 2 for a in poly.atoms() if isinstance(a, Floor))


def test_overlaps_are_shown_by_example() -> None:
    first, second = left(0), left(t, over=(axis(t, 0, T),))
    assert cover([first, second]) == Overlap(first, second, (0,), {"T": 1})
    sliding = left(i + j, over=(RM, axis(j, 0, M - 1)))
    found = cover([sliding])
    assert isinstance(found, Overlap)
    assert found.first is found.second is sliding
    twice = left(n, over=(RN, axis(j, 0, M - 1)))
    assert isinstance(cover([twice]), Overlap)


def test_gaps_are_shown_by_example() -> None:
    assert cover([left(0), left(t, over=(axis(t, 2, T),))]) == Gap((1,), {"T": 2})
    diagonal = cover([left(i, i, over=(RM,))])
    assert diagonal == Gap((0, 1), {"N": 2})
    assert isinstance(cover([left(2 * r, over=(axis(r, 0, N - 1),))]), Gap)


def test_a_gather_is_not_proved() -> None:
    gather = Equation("T", (access("token", [n]),), (RN,), NIL)
    assert isinstance(cover([gather]), Unproved)

"""Boxes of positions: those of a left side, joined, and covered by a hull, against the positions themselves."""

import random
from itertools import product

import pytest

from symbackprop.terms.box import Progression, boxes_of, hull_of, joined, simpler_sum
from symbackprop.terms.build import NIL
from symbackprop.terms.poly import ONE, ZERO, Dim, Index, Poly
from symbackprop.terms.program import Equation
from symbackprop.terms.prove import Facts
from symbackprop.terms.term import Axis

I, J = Index("i"), Index("j")
HERE, THERE = Poly.of(I), Poly.of(J)
N, W = Poly.of(Dim("N")), Poly.of(Dim("W"))
SIZES = [{"N": n, "W": w} for n, w in product((1, 2, 3, 5), repeat=2)]


def at(poly, values):
    return poly.evaluate(lambda atom: values[atom.name])


def of_box(box, sizes):
    axes = [
        [at(p.base, sizes) + at(p.stride, sizes) * step for step in range(at(p.count, sizes))] for p in box
    ]  # fmt: skip
    return list(product(*axes))


def of_equation(equation, sizes):
    ranges = [range(at(axis.low, sizes), at(axis.high, sizes) + 1) for axis in equation.axes]
    for position in product(*ranges):
        values = {**sizes, **{axis.index.name: p for axis, p in zip(equation.axes, position, strict=True)}}
        yield tuple(at(subscript, values) for subscript in equation.subscripts)


def left(subscripts, **ends):
    axes = [Axis(Index(name), Poly.of(low), high) for name, (low, high) in ends.items()]
    return Equation("a", tuple(map(Poly.of, subscripts)), tuple(axes), NIL)


BOXES = {
    "plain": left([HERE, THERE], i=(0, N - 1), j=(0, W - 1)),
    "shifted": left([HERE + 2], i=(1, N)),
    "backwards": left([N - 1 - HERE], i=(0, N - 1)),
    "mixed radix": left([HERE * W + THERE], i=(0, N - 1), j=(0, W - 1)),
    "mixed radix backwards": left([HERE * W - THERE], i=(0, N - 1), j=(0, W - 1)),
    "strided": left([3 * HERE + 1, ZERO], i=(0, N - 1)),
    "unrolled": left([4 * HERE + THERE], i=(0, N - 1), j=(0, Poly.of(1))),
    "a point": left([N - 1], **{}),
}


@pytest.mark.parametrize("name", BOXES)
def test_the_boxes_of_a_left_side_are_its_positions(name):
    boxes = boxes_of(BOXES[name], Facts())
    assert boxes is not None
    for sizes in SIZES:
        written = sorted(of_equation(BOXES[name], sizes))
        assert sorted(position for box in boxes for position in of_box(box, sizes)) == written


@pytest.mark.parametrize(
    "equation",
    [
        left([HERE, HERE], i=(0, N - 1)),
        left([HERE * 2 + THERE], i=(0, N - 1), j=(0, W - 1)),  # overlaps for W > 2, has gaps for W = 1
        left([HERE], i=(0, N - 1), j=(0, W - 1)),  # each position W times
        left([HERE // 2], i=(0, N - 1)),
    ],
    ids=["diagonal", "overlap", "several times", "floor"],
)
def test_what_is_no_box(equation):
    assert boxes_of(equation, Facts()) is None


def interval(low, high):
    return (Progression(Poly.of(low), ONE, Poly.of(high) - low + 1),)


@pytest.mark.parametrize("seed", range(30))
def test_pieces_join_to_what_they_were_cut_from(seed):
    """A box cut by guillotine into several; their order does not matter."""
    rng = random.Random(seed)
    whole = (Progression(ZERO, ONE, N + 6), Progression(ONE, ONE, W + 4))
    pieces = [whole]
    for _ in range(rng.randint(1, 4)):
        box = pieces.pop(rng.randrange(len(pieces)))
        axis = rng.randrange(2)
        p, first = box[axis], Poly.of(rng.randint(1, 2))
        for part in (Progression(p.base, ONE, first), Progression(p.base + first, ONE, p.count - first)):
            pieces.append((*box[:axis], part, *box[axis + 1 :]))
    rng.shuffle(pieces)
    facts = Facts().nonnegative_too(p.count for piece in pieces for p in piece)
    found = joined(pieces, facts) or hull_of(pieces, facts)
    assert found is not None
    for sizes in SIZES:
        if all(at(p.count, sizes) >= 0 for piece in pieces for p in piece):
            assert sorted(of_box(found, sizes)) == sorted(q for piece in pieces for q in of_box(piece, sizes))


def test_interleaved_progressions_join():
    three = [(Progression(Poly.of(start), Poly.of(3), N),) for start in range(3)]
    assert joined(three, Facts()) == (Progression(ZERO, ONE, 3 * N),)
    assert joined(three[:2], Facts()) is None


def test_gaps_and_overlaps_are_no_box():
    assert joined([interval(0, N - 1), interval(N, N + W)], Facts()) == interval(0, N + W)
    assert joined([interval(0, N - 1), interval(N + 1, N + W)], Facts()) is None
    assert joined([interval(0, N), interval(N, N + W)], Facts()) is None
    assert hull_of([interval(0, N), interval(N, N + W)], Facts()) is None


def test_a_pinwheel_has_a_hull():
    def box(low, high, left_end, right):
        return interval(low, high) + interval(left_end, right)

    pieces = [box(0, 0, 0, 1), box(0, 1, 2, 2), box(2, 2, 1, 2), box(1, 2, 0, 0), box(1, 1, 1, 1)]
    assert joined(pieces, Facts()) is None
    assert hull_of(pieces, Facts()) == box(0, 2, 0, 2)


@pytest.mark.parametrize("low", range(4))
def test_halves_add_up(low):
    halves = (N + low) // 2 + (N + 1 + low) // 2
    assert simpler_sum(halves, Facts()) == N + low
    for sizes in SIZES:
        assert at(simpler_sum(N // 2 + N // 3, Facts()), sizes) == sizes["N"] // 2 + sizes["N"] // 3

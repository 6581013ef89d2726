"""Ranges, guards and left sides: against every position at small sizes."""

from itertools import product

import pytest

from symbackprop.terms.build import access
from symbackprop.terms.domains import (
    Span,
    kept_inside,
    named_by,
    plain_subscripts,
    spans_of,
    tightened,
)
from symbackprop.terms.poly import ZERO, Dim, Index, Poly
from symbackprop.terms.program import DType, Tensor, TensorKind
from symbackprop.terms.prove import Facts
from symbackprop.terms.term import Axis
from tests.terms.exact import Exact, numbers

I, J, T = Index("i"), Index("j"), Index("t")
HERE, THERE, TIME = Poly.of(I), Poly.of(J), Poly.of(T)
N, H = Poly.of(Dim("N")), Poly.of(Dim("H"))
SIZES = [{"N": n, "H": h} for n, h in product((1, 2, 3, 5), (1, 2, 4))]


def at(poly, values):
    return poly.evaluate(lambda atom: values[atom.name])


def inside(axis, sizes):
    return set(range(at(axis.low, sizes), at(axis.high, sizes) + 1))


def tensor(name, shape, origin=None, **rest):
    return Tensor(name, TensorKind.INPUT, shape, origin or (ZERO,) * len(shape), **rest)


# --- spans -------------------------------------------------------------------------------------------------
ENDS = [(ZERO, N - 1), (Poly.of(1), N - 1), (ZERO, N), (N, N + H), (ZERO, ZERO), (H - 1, N + H - 2),
        (ZERO, Poly.of(-1))]  # fmt: skip


@pytest.mark.parametrize("outer", ENDS, ids=str)
@pytest.mark.parametrize("inner", ENDS, ids=str)
def test_what_is_said_of_two_spans_holds_for_all_sizes(outer, inner):
    one, other = Span(*outer), Span(*inner)
    for sizes in SIZES:
        wide, narrow = (inside(Axis(I, span.low, span.high), sizes) for span in (one, other))
        if one.holds(other):
            assert narrow <= wide
        if one.misses(other):
            assert not narrow & wide
    assert one.holds(one)
    assert one.misses(other) == other.misses(one)


def test_plain_cases_are_told():
    whole, first, after = Span(ZERO, N - 1), Span.at(ZERO), Span.at(N)
    assert whole.holds(first)
    assert not first.holds(whole)
    assert after.misses(whole)
    assert first.point
    assert not whole.point


def test_a_subscript_names_itself_or_what_is_declared_of_a_gather():
    table = {
        "label": tensor("label", (N,), dtype=DType.INT, high=H),
        "free": tensor("free", (N,), dtype=DType.INT),
    }
    assert named_by(HERE + 1, table) == Span.at(HERE + 1)
    assert named_by(access("label", (HERE,)), table) == Span(ZERO, H - 1)
    assert named_by(access("free", (HERE,)), table) is None
    assert named_by(access("elsewhere", (HERE,)), table) is None


# --- guards and ranges -------------------------------------------------------------------------------------
AXIS = Axis(I, ZERO, N - 1)
BOUNDS = [HERE, HERE - 1, HERE - N, N - 2 - HERE, -HERE, N + 3 - HERE, HERE + 2, HERE - H, 2 * HERE - 1, HERE + THERE,
          HERE // 2 - 1, N - 1, HERE - THERE, HERE * HERE - 1]  # fmt: skip


@pytest.mark.parametrize("poly", BOUNDS, ids=str)
def test_a_guard_that_becomes_a_bound_leaves_the_same_positions(poly):
    found = tightened(AXIS, poly, Facts())
    if found is not None:
        for sizes in SIZES:
            wanted = {i for i in inside(AXIS, sizes) if at(poly, {**sizes, "i": i}) >= 0}
            assert inside(found, sizes) == wanted
    if found is AXIS:
        assert Facts.of([AXIS]).proves(poly)


def test_which_guards_become_bounds():
    told = {str(poly): tightened(AXIS, poly, Facts()) for poly in BOUNDS}
    assert told["i - 1"] == Axis(I, Poly.of(1), N - 1)
    assert told["N - i - 2"] == Axis(I, ZERO, N - 2)
    assert told["i + 2"] is AXIS
    assert told["N - i + 3"] is AXIS
    assert told["i - H"] == Axis(I, H, N - 1)
    left = {str(poly) for poly in BOUNDS if told[str(poly)] is None}
    assert left == {str(p) for p in (2 * HERE - 1, HERE + THERE, HERE // 2 - 1, N - 1, HERE - THERE, HERE * HERE - 1)}


@pytest.mark.parametrize("position", [THERE, THERE + 1, N - 1 - THERE, ZERO, N - 1, THERE - 1, N], ids=str)
def test_guards_keep_a_position_on_its_axis(position):
    around = Axis(J, ZERO, N - 1)
    guards = kept_inside(position, AXIS, Facts.of([around]))
    for sizes in SIZES:
        value = Exact(sizes, numbers(0))
        for here in value.positions([around]):
            there = value.poly(position, here)
            assert all(value(guard, here) for guard in guards) == (there in inside(AXIS, sizes))
    assert (guards == ()) == (position in (THERE, N - 1 - THERE, ZERO, N - 1))


# --- left sides ----------------------------------------------------------------------------------------------
def test_plain_subscripts_run_over_the_whole_tensor():
    whole = tensor("a", (N, H), (ZERO, Poly.of(1)))
    over = (Axis(I, ZERO, N - 1), Axis(J, Poly.of(1), H))
    assert plain_subscripts((HERE, THERE), over, whole) == (I, J)
    assert plain_subscripts((HERE, THERE), over[::-1], whole) == (I, J)
    assert plain_subscripts((THERE, HERE), over, whole) is None
    assert plain_subscripts((HERE, THERE), (*over, Axis(T, ZERO, ZERO)), whole) is None
    assert plain_subscripts((HERE, THERE), over[:1], whole) is None
    assert plain_subscripts((HERE, THERE + 1), over, whole) is None
    assert plain_subscripts((HERE, HERE), over, whole) is None
    assert plain_subscripts((HERE, Poly.of(1)), over[:1], whole) is None
    assert plain_subscripts((HERE, access("label", (HERE,))), over[:1], whole) is None
    short = (Axis(I, ZERO, N - 2), over[1])
    assert plain_subscripts((HERE, THERE), short, whole) is None
    assert plain_subscripts((), (), tensor("s", ())) == ()


def test_ends_that_are_written_differently_are_the_same():
    halves = tensor("a", (N // 2 + (N + 1) // 2,))
    assert plain_subscripts((HERE,), (Axis(I, ZERO, N - 1),), halves) == (I,)
    assert [str(span) for span in spans_of(tensor("a", (N,), (Poly.of(1),)))] == [str(Span(Poly.of(1), N))]

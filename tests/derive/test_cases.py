"""Which elements a contribution goes to, told by their own indices: against every position it goes to."""

from itertools import product

import pytest

from symbackprop.derive.cases import case_of, covers, merged, united
from symbackprop.derive.reverse import Contribution
from symbackprop.terms.build import FALSE, NIL, UNIT, access, at_least_zero, compare, fresh_indices, guarded, logic_not
from symbackprop.terms.poly import ZERO, Dim, Index, Poly
from symbackprop.terms.program import DType, Tensor, TensorKind
from symbackprop.terms.term import Axis, Relation
from tests.terms.exact import Exact, numbers

I, J = fresh_indices(2, [])  # as the reverse sweep names them
SPOT, OTHER = Index("@0"), Index("@1")
HERE, THERE, N, W = Poly.of(I), Poly.of(J), Poly.of(Dim("N")), Poly.of(Dim("W"))
ROW = Tensor("a", TensorKind.INTERMEDIATE, (N + W,), (ZERO,))
GRID = Tensor("b", TensorKind.INTERMEDIATE, (N, W), (ZERO, ZERO))
SIZES = [{"N": n, "W": w} for n, w in product((1, 2, 4), (1, 2, 3))]
OVER = (Axis(I, ZERO, N - 1), Axis(J, ZERO, W - 1))
POSITIVE = compare(Relation.GT, access("y", [HERE]), NIL)


def contribution(tensor, subscripts, axes, *guards):
    return Contribution(tensor.name, tuple(subscripts), tuple(axes), guarded(guards, UNIT), "reader")


def reached(c, sizes, value):
    """The positions that it goes to."""
    found = set()
    for at in value.positions(c.axes):
        if value(c.value, at):
            found.add(tuple(value.poly(s, at) for s in c.subscripts))
    return found


def said(case, tensor, spots, sizes, value):
    """The positions in the box at which the guards hold."""
    if not case.possible:
        return set()
    axes = [Axis(spot, span.low, span.high) for spot, span in zip(spots, case.box, strict=True)]
    return {tuple(at[spot] for spot in spots) for at in value.positions(axes) if all(value(g, at) for g in case.guards)}


TOLD = {
    "all": contribution(ROW, [HERE], [Axis(I, ZERO, N + W - 1)]),
    "shifted": contribution(ROW, [HERE + 1], OVER[:1]),
    "backwards": contribution(ROW, [N - HERE], OVER[:1]),
    "a point": contribution(ROW, [N - 1], []),
    "a window": contribution(ROW, [HERE + THERE], OVER),
    "a window backwards": contribution(ROW, [HERE - THERE + W], OVER),
    "a bound": contribution(ROW, [HERE], OVER[:1], at_least_zero(HERE - 1)),
    "two bounds": contribution(ROW, [HERE], OVER[:1], at_least_zero(HERE - 1), at_least_zero(N - 3 - HERE)),
    "data": contribution(ROW, [HERE], OVER[:1], POSITIVE),
    "data, shifted": contribution(ROW, [HERE + 1], OVER[:1], POSITIVE),
    "both": contribution(GRID, [HERE, THERE], OVER, POSITIVE),
    "a diagonal part": contribution(GRID, [HERE, THERE], OVER, at_least_zero(HERE - THERE)),
    "somewhere": contribution(ROW, [HERE], OVER),
    "nothing": contribution(ROW, [HERE], OVER[:1], FALSE),
}


@pytest.mark.parametrize("name", TOLD)
def test_the_case_is_where_it_goes(name):
    c = TOLD[name]
    tensor = ROW if c.target == "a" else GRID
    spots = [SPOT, OTHER][: tensor.rank]
    case = case_of(c, tensor, spots)
    assert case is not None
    for seed, sizes in enumerate(SIZES):
        value = Exact(sizes, numbers(seed))
        assert said(case, tensor, spots, sizes, value) == reached(c, sizes, value), sizes


@pytest.mark.parametrize(
    "c",
    [
        contribution(ROW, [2 * HERE], OVER[:1]),  # leaves positions out
        contribution(GRID, [HERE, HERE], OVER[:1]),
        contribution(ROW, [access("label", [HERE])], OVER[:1]),
        contribution(ROW, [HERE], OVER, compare(Relation.GT, access("y", [THERE]), NIL)),  # for some j
    ],
    ids=["stride", "diagonal", "gather", "some position"],
)
def test_what_indices_do_not_tell(c):
    tensor = ROW if c.target == "a" else GRID
    assert case_of(c, tensor, [SPOT, OTHER][: tensor.rank]) is None


def test_both_branches_together_are_all():
    there = contribution(ROW, [HERE], [Axis(I, ZERO, N + W - 1)], POSITIVE)
    beyond = contribution(ROW, [HERE], [Axis(I, ZERO, N + W - 1)], logic_not(POSITIVE))
    cases = [case for c in (there, beyond) if (case := case_of(c, ROW, [SPOT])) is not None]
    assert not covers(cases, ROW)
    (one,) = merged(cases)
    assert one.guards == ()
    assert covers([one], ROW)


def test_boxes_that_cover_an_axis_together():
    parts = [contribution(ROW, [HERE], [Axis(I, *ends)]) for ends in ((N, N + W - 1), (ZERO, N - 1))]
    cases = [case for c in parts if (case := case_of(c, ROW, [SPOT])) is not None]
    assert covers(cases, ROW)
    assert not covers(cases[:1], ROW)


@pytest.mark.parametrize(
    "parts",
    [
        [TOLD["shifted"]],
        [TOLD["a bound"], TOLD["a point"]],
        [TOLD["data"], TOLD["a point"]],
        [TOLD["shifted"], TOLD["two bounds"]],
    ],
    ids=["one", "two", "with data", "one in the other"],
)
def test_the_guards_of_several_hold_where_any_goes(parts):
    table = {"y": Tensor("y", TensorKind.INPUT, (N + W,), (ZERO,)), "label": label()}
    cases = [case for c in parts if (case := case_of(c, ROW, [SPOT])) is not None]
    guards = united(cases, ROW, [SPOT], table)
    assert guards is not None
    for seed, sizes in enumerate(SIZES):
        value = Exact(sizes, numbers(seed))
        wanted = set().union(*(reached(c, sizes, value) for c in parts))
        every = value.positions([ROW.axis(0, SPOT)])
        assert {(at[SPOT],) for at in every if all(value(guard, at) for guard in guards)} == wanted


def label():
    return Tensor("label", TensorKind.INPUT, (N,), (ZERO,), dtype=DType.INT, high=N)


def test_nothing_goes_nowhere():
    assert united([], ROW, [SPOT], {}) == (FALSE,)

"""Contributions in normal form, and the adjoint's equations, against the contributions as they were: every position is
added up in fractions, at small sizes."""

from __future__ import annotations

import random
from collections.abc import Sequence
from fractions import Fraction
from itertools import product

import pytest

from symbackprop.derive.reverse import Contribution
from symbackprop.derive.tidy import adjoint_equations, normal_form, solved_form
from symbackprop.terms.build import NIL, access, compare, mul, poly_value, split_guards, where
from symbackprop.terms.poly import ZERO, Dim, Index, Poly
from symbackprop.terms.program import Equation, Op, Tensor, TensorKind
from symbackprop.terms.show import show
from symbackprop.terms.term import Access, Axis, Relation, Subscript, Term, Where
from tests.terms import written as page
from tests.terms.written import SIZES, At, positions, value

N, K = (Poly.of(dim) for dim in SIZES)
A, B, C = (Index(name) for name in "abc")
a, b, c = (Poly.of(index) for index in (A, B, C))
DELTA = Tensor("d_u", TensorKind.INTERMEDIATE, (N, K), (ZERO, ZERO), axes=("i", "k"), adjoint_of="u")
POINTS: list[At] = [dict(zip(SIZES, point, strict=True)) for point in product((1, 2, 4), (2, 3))]
Sums = dict[tuple[int, ...], Fraction]


@pytest.fixture(autouse=True)
def labels(monkeypatch: pytest.MonkeyPatch) -> None:
    """The elements of `label` are positions along the second axis, which is two long at least."""
    real = page.element
    monkeypatch.setattr(page, "element", lambda t, at: Fraction(sum(at) * sum(at) % 2) if t == "label" else real(t, at))


def over(index: Index, low: Poly | int, high: Poly | int) -> Axis:
    return Axis(index, Poly.of(low), Poly.of(high))


def at_least(left: Poly | int, right: Poly | int) -> Term:
    return compare(Relation.GE, poly_value(Poly.of(left)), poly_value(Poly.of(right)))


def v(*indices: Index) -> Term:
    return access("v", [Poly.of(index) for index in indices])


def contribution(subscripts: Sequence[Subscript | int], axes: Sequence[Axis], rhs: Term) -> Contribution:
    return Contribution("u", tuple(Poly.of(s) if isinstance(s, int) else s for s in subscripts), tuple(axes), rhs, "z")


LABEL = Access("label", (a,))
CASES = {
    "as it is": contribution([a, b], [over(A, 0, N - 1), over(B, 0, K - 1)], v(A, B)),
    "a sum": contribution([a, b], [over(A, 0, N - 1), over(B, 0, K - 1), over(C, 0, N)], v(A, B, C)),
    "turned": contribution([b, a], [over(A, 0, K - 1), over(B, 0, N - 1)], v(A, B)),
    "shifted": contribution([a - 1, b], [over(A, 1, N), over(B, 0, K - 1)], v(A, B)),
    "backwards": contribution([N - 1 - a, b], [over(A, 0, N - 1), over(B, 0, K - 1)], v(A, B)),
    "backwards, a part": contribution([N - a, b], [over(A, 1, N - 1), over(B, 0, K - 1)], v(A, B)),
    "a row": contribution([0, b], [over(B, 0, K - 1)], v(B)),
    "the last row": contribution([N - 1, b], [over(B, 0, K - 1), over(C, 0, K)], v(B, C)),
    "behind a bound": contribution(
        [a, b], [over(A, 0, N - 1), over(B, 0, K - 1)], where(at_least(a, 1), v(A, B), NIL)
    ),
    "behind an upper bound": contribution(
        [a, b], [over(A, 0, N - 1), over(B, 0, K - 1)], where(at_least(N - 2, a), v(A, B), NIL)
    ),
    "behind a bound on two": contribution(
        [a, b], [over(A, 0, N - 1), over(B, 0, K - 1)], where(at_least(a, b), v(A, B), NIL)
    ),
    "behind data": contribution(
        [a, b], [over(A, 0, N - 1), over(B, 0, K - 1)],
        where(compare(Relation.GT, v(A, B), NIL), v(B, A), NIL),
    ),
    "a window": contribution([a + c, b], [over(A, 0, N - 2), over(B, 0, K - 1), over(C, 0, 1)], v(A, B, C)),
    "a diagonal": contribution([a, a], [over(A, 0, N - 1)], where(at_least(K - 1, a), v(A), NIL)),
    "looked up": contribution([a, LABEL], [over(A, 0, N - 1)], v(A)),
    "looked up, and summed": contribution([a, LABEL], [over(A, 0, N - 1), over(C, 0, K)], v(A, C)),
    "looked up, the same often": contribution([0, LABEL], [over(A, 0, N - 1)], v(A)),
    "an index that an equality fixes": contribution(
        [a, b], [over(A, 0, N - 1), over(B, 0, K - 1), over(C, 0, N)],
        where(compare(Relation.EQ, poly_value(c - a), NIL), v(A, B, C), NIL),
    ),
    "an equality that leaves the range": contribution(
        [a, b], [over(A, 0, N - 1), over(B, 0, K - 1), over(C, 1, N - 2)],
        where(compare(Relation.EQ, poly_value(c + a - 1), NIL), v(A, B, C), NIL),
    ),
    "a sum that may be empty": contribution(
        [a, b], [over(A, 0, N - 1), over(B, 0, K - 1), over(C, 2, N - 1)], v(A, B, C)
    ),
    "written inside only where the sum is not empty": contribution(
        [2, b], [over(B, 0, K - 1), over(C, 2, N - 1)], v(B, C)
    ),
    "a mixed radix": contribution([2 * a + c, b], [over(A, 0, N // 2 - 1), over(C, 0, 1), over(B, 0, K - 1)],
                                  v(A, B, C)),
}  # fmt: skip


def added(subscripts: Sequence[Subscript], axes: Sequence[Axis], rhs: Term, at: At, out: Sums) -> None:
    for here in positions(axes, at):
        number = value(rhs, here)
        if number:
            place = tuple(
                s.evaluate(here.__getitem__) if isinstance(s, Poly) else value(s, here).numerator for s in subscripts
            )
            out[place] = out.get(place, Fraction(0)) + number


def meant(parts: Sequence[Contribution], at: At) -> Sums:
    out: Sums = {}
    for part in parts:
        added(part.subscripts, part.axes, part.value, at, out)
    return {place: number for place, number in out.items() if number}


def computed(equations: Sequence[Equation], at: At) -> Sums:
    """What `=` gives, each position once at most, and `+=` adds; nothing is written outside, be it a 0."""
    out: Sums = {}
    for equation in equations:
        guards, _ = split_guards(equation.rhs)
        for here in positions(equation.axes, at):
            if all(value(guard, here) for guard in guards):
                places = [s.evaluate(here.__getitem__) for s in equation.subscripts if isinstance(s, Poly)]
                sizes = [at[size] for s, size in zip(equation.subscripts, SIZES, strict=True) if isinstance(s, Poly)]
                assert all(0 <= place < size for place, size in zip(places, sizes, strict=True)), f"{places} is outside"
    assigned: set[tuple[int, ...]] = set()
    for equation in equations:
        if equation.op is Op.ASSIGN:
            for here in positions(equation.axes, at):
                place = tuple(s.evaluate(here.__getitem__) for s in equation.subscripts if isinstance(s, Poly))
                assert place not in assigned, f"{place} twice"
                assigned.add(place)
        added(equation.subscripts, equation.axes, equation.rhs, at, out)
    if assigned:
        assert assigned == set(product(range(at[SIZES[0]]), range(at[SIZES[1]]))), "`=` leaves something out"
    return {place: number for place, number in out.items() if number}


@pytest.mark.parametrize("name", CASES)
def test_the_normal_form_adds_the_same(name: str) -> None:
    for form in (normal_form, solved_form):
        found = form(CASES[name], DELTA)
        for at in POINTS:
            assert meant([found], at) == meant([CASES[name]], at), (form, found, at)


@pytest.mark.parametrize("name", CASES)
def test_the_equations_of_one_contribution(name: str) -> None:
    equations = adjoint_equations(DELTA, [normal_form(CASES[name], DELTA)], {})
    for at in POINTS:
        assert computed(equations, at) == meant([CASES[name]], at), (equations, at)


@pytest.mark.parametrize("seed", range(40))
def test_the_equations_of_several(seed: int) -> None:
    parts = [CASES[name] for name in random.Random(seed).choices(list(CASES), k=3)]
    equations = adjoint_equations(DELTA, [normal_form(part, DELTA) for part in parts], {})
    for at in POINTS:
        assert computed(equations, at) == meant(parts, at), (equations, at)


PLAIN = ("as it is", "a sum", "turned", "shifted", "backwards", "looked up", "looked up, and summed",
         "an index that an equality fixes", "behind a bound on two", "behind data")  # fmt: skip


@pytest.mark.parametrize("name", PLAIN)
def test_what_covers_all_of_it_is_one_equation(name: str) -> None:
    """Over its own axes, which have the tensor's names; what is summed stands in a sum."""
    (equation,) = adjoint_equations(DELTA, [normal_form(CASES[name], DELTA)], {})
    assert equation.op is Op.ASSIGN
    assert [axis.index.name for axis in equation.axes] == ["i", "k"]
    assert equation.subscripts == (Poly.of(Index("i")), Poly.of(Index("k")))


def test_several_that_cover_all_of_it_are_one() -> None:
    (equation,) = adjoint_equations(DELTA, [normal_form(CASES[name], DELTA) for name in PLAIN[:4]], {})
    assert equation.op is Op.ASSIGN


def test_boxes_that_cover_it_together_are_assignments() -> None:
    rows = [contribution([a, b], [over(A, *ends), over(B, 0, K - 1)], v(A, B)) for ends in ((0, N - 2), (N - 1, N - 1))]
    equations = adjoint_equations(DELTA, [normal_form(row, DELTA) for row in rows], {})
    assert [equation.op for equation in equations] == [Op.ASSIGN] * 2
    equations = adjoint_equations(DELTA, [normal_form(row, DELTA) for row in (*rows, rows[1])], {})
    assert [equation.op for equation in equations] == [Op.ASSIGN] * 2  # those of one box are added
    equations = adjoint_equations(DELTA, [normal_form(rows[0], DELTA)], {})
    assert [equation.op for equation in equations] == [Op.ACCUMULATE]


def test_what_goes_to_the_same_elements_under_other_names_is_added() -> None:
    """Channels by their group: u[2·a + b] and u[2·c + b], each element once."""
    groups = Tensor("d_u", TensorKind.INTERMEDIATE, (2 * N,), (ZERO,), axes=("i",), adjoint_of="u")
    parts = [
        contribution(
            [2 * Poly.of(index) + b], [over(index, 0, N - 1), over(B, 0, 1)], access(name, [Poly.of(index), b])
        )
        for index, name in ((A, "v"), (C, "w"))
    ]
    (equation,) = adjoint_equations(groups, [normal_form(part, groups) for part in parts], {})
    assert equation.op is Op.ASSIGN
    for at in POINTS:
        out: Sums = {}
        added(equation.subscripts, equation.axes, equation.rhs, at, out)
        assert {place: number for place, number in out.items() if number} == meant(parts, at)


def test_nothing_is_added() -> None:
    (equation,) = adjoint_equations(DELTA, [], {})
    assert equation.rhs is NIL
    assert all(computed([equation], at) == {} for at in POINTS)


def test_a_guard_becomes_a_range() -> None:
    found = normal_form(CASES["behind a bound"], DELTA)
    assert not isinstance(found.value, Where)
    assert next(axis.low for axis in found.axes if axis.index.name == "i") == 1
    assert isinstance(normal_form(CASES["behind a bound on two"], DELTA).value, Where)


def test_common_factors_stand_in_front() -> None:
    p, y = access("p", [a, b]), access("y", [a, b])
    size = poly_value(Poly.of(Dim("N")))
    parts = [
        contribution([a, b], CASES["as it is"].axes, mul(sign, read, access("w", [b]), size))
        for sign, read in ((1, p), (-1, y))
    ]
    (equation,) = adjoint_equations(DELTA, [normal_form(part, DELTA) for part in parts], {})
    assert show(equation.rhs) in ("N·w[k]·(p[i, k] - y[i, k])", "w[k]·N·(p[i, k] - y[i, k])")

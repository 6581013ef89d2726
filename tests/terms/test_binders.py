"""Reductions and substitution against enumeration in fractions, at small sizes, empty ranges among them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import permutations

import pytest

from symbackprop.terms.binders import (
    first_places,
    fresh_indices,
    map_children,
    map_renamed,
    open_reduce,
    replace_terms,
    substitute,
)
from symbackprop.terms.build import NIL, access, add, compare, logic_and, mul, poly_value, power, reduce, where
from symbackprop.terms.poly import ONE, ZERO, Index, Poly
from symbackprop.terms.term import (
    Access,
    Axis,
    Mul,
    PolyValue,
    Reduce,
    Reduction,
    Relation,
    Term,
    Where,
    subterms,
)
from tests.terms import written as page
from tests.terms.written import INDICES, REDUCTIONS, SIZES, At, Draw, Written, agrees, element, value

N, K = (Poly.of(dim) for dim in SIZES)
i, j = INDICES
p, q = Index("p"), Index("q")
POINTS: list[At] = [
    dict(zip((*SIZES, i, j), point, strict=True)) for point in ((1, 1, 0, 1), (1, 3, 2, 0), (2, 1, 1, 1), (3, 2, 0, 2))
]
SUM = Reduction.SUM


def over(index: Index, size: Poly, low: int = 0) -> Axis:
    return Axis(index, Poly.of(low), size - 1)


def read(tensor: str, *indices: Index) -> Term:
    return access(tensor, [Poly.of(index) for index in indices])


@pytest.mark.parametrize("seed", range(100))
def test_values_are_those_that_were_written(seed: int) -> None:
    draw = Draw(random.Random(seed), reductions=True)
    for _ in range(3):
        written = draw.expression(4, INDICES)
        found = [agrees(written, point) for point in POINTS]
        assert False not in found, (written.made, found)


def test_most_of_what_is_drawn_has_reductions_and_a_value() -> None:
    draw = Draw(random.Random(0), reductions=True)
    drawn = [draw.expression(4, INDICES) for _ in range(100)]
    assert sum(any(isinstance(part, Reduce) for part in subterms(each.made)) for each in drawn) > 60
    assert sum(agrees(each, POINTS[3]) is True for each in drawn) > 50


@pytest.mark.parametrize("reduction", Reduction)
def test_the_names_of_bound_indices_do_not_matter(reduction: Reduction) -> None:
    """Nor the order of the axes: the reduction is one object."""
    first = reduce(reduction, [over(p, N), over(q, K)], mul(read("x", p, i), read("y", q)))
    renamed = reduce(reduction, [over(q, N), over(p, K)], mul(read("x", q, i), read("y", p)))
    turned = reduce(reduction, [over(q, K), over(p, N)], mul(read("x", p, i), read("y", q)))
    assert first is renamed is turned
    assert first.free == {i}
    assert reduce(reduction, [over(p, N), over(q, K)], mul(read("x", q, i), read("y", p))) is not first


def test_nested_reductions_of_one_kind_are_one() -> None:
    for reduction in Reduction:
        inner = reduce(reduction, [over(q, K)], power(read("x", p, q), 2))
        whole = reduce(reduction, [over(p, N)], inner)
        assert isinstance(whole, Reduce)
        assert len(whole.axes) == 2
        assert whole is reduce(reduction, [over(q, K), over(p, N)], power(read("x", p, q), 2))
    other = reduce(Reduction.MAX, [over(p, N)], reduce(SUM, [over(q, K)], read("x", p, q)))
    assert [len(part.axes) for part in subterms(other) if isinstance(part, Reduce)] == [1, 1]


def test_what_a_sum_does_not_touch_stands_outside() -> None:
    found = reduce(SUM, [over(p, N)], mul(read("x", i), read("y", p), 3))
    assert found is mul(3, read("x", i), reduce(SUM, [over(p, N)], read("y", p)))
    guard = compare(Relation.GE, poly_value(Poly.of(i)), NIL)
    inside = compare(Relation.GE, poly_value(Poly.of(p)), poly_value(Poly.of(i)))
    found = reduce(SUM, [over(p, N)], where(logic_and(guard, inside), read("y", p), NIL))
    assert isinstance(found, Where)
    assert found is where(guard, reduce(SUM, [over(p, N)], where(inside, read("y", p), NIL)), NIL)
    assert reduce(SUM, [over(p, N)], NIL) is NIL
    assert reduce(SUM, [], read("x", i)) is read("x", i)
    product = reduce(Reduction.PRODUCT, [over(p, N)], mul(read("x", i), read("y", p)))
    assert isinstance(product, Reduce)  # of a product it would be a power


@pytest.mark.parametrize(("low", "counted"), [(0, True), (1, True), (2, False), (5, False)])
def test_an_axis_that_is_not_read_is_counted_only_where_the_count_is_right(low: int, counted: bool) -> None:
    """Σ of 1 from 2 to N - 1 is 0 where N is 1, not -1."""
    found = reduce(SUM, [over(p, N, low)], read("x", i))
    assert isinstance(found, Reduce) != counted
    assert isinstance(found, Mul) == counted
    for size in range(1, 8):
        at: At = {SIZES[0]: size, i: 2}
        assert value(found, at) == max(size - low, 0) * element("x", [2])


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_opening_and_closing_is_nothing(reduction: Reduction) -> None:
    whole = reduce(reduction, [over(p, N), over(q, K)], add(power(read("x", p, q, i), 2), read("y", q)))
    assert isinstance(whole, Reduce)
    taken = [Index("~0", 0, True), Index("~2", 0, True)]
    axes, body = open_reduce(whole, taken)
    names = {axis.index for axis in axes}
    assert body.free == {i, *names}
    assert names.isdisjoint(taken)
    assert body.height == 0
    assert reduce(reduction, axes, body) is whole


def test_fresh_indices_are_the_same_every_time() -> None:
    first = fresh_indices(3, [Index("~1"), p])
    assert [index.name for index in first] == ["~0", "~2", "~3"]
    assert all(index.fresh for index in first)
    assert first == fresh_indices(3, [p, Index("~1")])


@pytest.mark.parametrize("seed", range(60))
def test_substituting_is_moving_the_point(seed: int) -> None:
    """Free indices alone are replaced, at once, also where a reduction binds one of the same name as comes in."""
    rng = random.Random(seed)
    draw = Draw(rng, reductions=True)
    for _ in range(3):
        term = draw.expression(4, INDICES).made
        swapped = {i: Poly.of(j), j: Poly.of(i)}
        moved = {i: Poly.of(p) + 1, j: Poly.of(rng.choice((i, p, q)))}
        for mapping in (swapped, moved, {i: ZERO, j: ONE}):
            found = substitute(term, mapping)
            assert found.free <= {index for poly in mapping.values() for index in poly.indices()}
            for point in POINTS:
                at = {**point, p: 2, q: 0}
                inner = {**at, **{index: poly.evaluate(at.__getitem__) for index, poly in mapping.items()}}
                assert same(found, term, at, inner), (term, mapping, point)
    assert substitute(term, {Index("elsewhere"): ZERO}) is term


def same(found: Term, term: Term, at: At, inner: At) -> bool:
    """Whether two terms have one value, each at its point; none of the found one is asked for where there is none."""
    try:
        expected = value(term, inner)
    except ZeroDivisionError:
        return True
    return value(found, at) == expected


def test_a_bound_index_that_would_be_captured_is_refused() -> None:
    whole = reduce(SUM, [over(p, N)], mul(read("x", p), read("y", p, i)))
    with pytest.raises(AssertionError, match="captured"):
        substitute(whole, {i: Poly.of(Index("", 1))})


class WithScalar(Draw):
    """Some leaves are the scalar s."""

    def leaf(self, scope: Sequence[Index]) -> Written:
        return Written(S, lambda at: element("s", ())) if self.rng.random() < 0.3 else super().leaf(scope)


S = access("s")


@pytest.mark.parametrize("seed", range(40))
def test_replacing_a_term_is_giving_it_another_value(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes in has indices of its own, a reduction among its parts, and stands under binders afterwards."""
    written = WithScalar(random.Random(seed), reductions=True).expression(4, INDICES)
    new = add(read("y", i, j), reduce(SUM, [over(p, N)], read("x", p, i)))
    found = replace_terms(written.made, {S: new})
    assert S not in set(subterms(found))
    for point in POINTS:
        wanted = value(new, point)
        with monkeypatch.context() as patch:
            patch.setattr(page, "element", lambda t, at, wanted=wanted: wanted if t == "s" else element(t, at))
            try:
                expected = value(written.made, point)
            except ZeroDivisionError:
                continue
        assert value(found, point) == expected


@pytest.mark.parametrize("seed", range(30))
def test_a_walk_that_changes_nothing_gives_the_same_object(seed: int) -> None:
    term = Draw(random.Random(seed), reductions=True).expression(4, INDICES).made
    for inner in subterms(term):
        assert map_children(inner, lambda child: child) is inner


def test_a_walk_that_puts_reductions_under_a_binder_captures_nothing() -> None:
    """The body becomes as high as its binder's number: it is bound again, under another."""
    whole = reduce(SUM, [over(p, N)], mul(read("x", p), read("y", p)))
    total = reduce(SUM, [over(q, K)], power(read("z", q), 2))
    found = map_children(whole, lambda body: add(body, mul(total, read("w", i))))
    meant = reduce(SUM, [over(p, N)], add(mul(read("x", p), read("y", p)), mul(total, read("w", i))))
    assert found is meant
    for point in POINTS:
        size = point[SIZES[0]]
        products = sum(element("x", [r]) * element("y", [r]) for r in range(size))
        squares = sum(element("z", [r]) ** 2 for r in range(point[SIZES[1]]))
        assert value(found, point) == products + size * squares * element("w", [point[i]])


def test_where_indices_first_stand() -> None:
    term = add(mul(read("x", j), read("y", i, p)), access("z", [access("u", [Poly.of(q)])]))
    places = first_places(term, {i, j, p, q, Index("elsewhere")})
    assert sorted(places.values()) == [0, 1, 2, 3]
    assert places[i] < places[p]
    for order in permutations((i, j, p)):
        assert first_places(read("x", *order), {i, j, p}) == {index: place for place, index in enumerate(order)}
    assert first_places(read("x", i, j, i), {j}) == {j: 0}


@pytest.mark.parametrize("seed", range(40))
def test_a_renaming_gives_what_building_anew_gives(seed: int) -> None:
    """`map_renamed` leaves normal forms as they are; `map_children` makes them again."""
    draw = Draw(random.Random(seed), reductions=True)
    for _ in range(5):
        term = draw.expression(4, INDICES).made
        names: dict[Index, Poly] = {i: Poly.of(q), j: Poly.of(p)}

        def anew(inner: Term, names: dict[Index, Poly] = names) -> Term:
            if isinstance(inner, Access | PolyValue) or not inner.free & names.keys():
                return substitute(inner, names)
            return map_children(inner, anew)

        if not isinstance(term, Access | PolyValue) and term.free:
            assert map_renamed(term, lambda part, names=names: substitute(part, names)) is anew(term)
            back = {q: Poly.of(i), p: Poly.of(j)}
            assert substitute(substitute(term, names), back) is term

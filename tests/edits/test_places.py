"""The places of a term, and the whole with another term at one of them."""

from symbackprop import zoo
from symbackprop.edits import places
from symbackprop.stages import derived_of
from symbackprop.terms.build import UNIT, access, add, apply, compare, mul, number, reduce, where
from symbackprop.terms.poly import ZERO, Dim, Index, Poly
from symbackprop.terms.show import show
from symbackprop.terms.term import Access, Axis, Compare, Function, Reduction, Relation, children_of

N, K = Poly.of(Dim("N")), Poly.of(Dim("K"))
n, k = Index("n"), Index("k")
RANGES = {n: Axis(n, ZERO, N - 1)}
x, y = access("x", [Poly.of(n), Poly.of(k)]), access("y", [Poly.of(k)])
SUM = reduce(Reduction.SUM, [Axis(k, ZERO, K - 1)], mul(x, apply(Function.TANH, y)))
GUARDED = where(compare(Relation.GT, access("c", [Poly.of(n)]), number(0)), SUM, number(3))


def test_outermost_first_and_neither_conditions_nor_subscripts():
    found = [place.term for place in places(add(GUARDED, UNIT), RANGES)]
    assert found[0] is add(GUARDED, UNIT)
    assert found.index(GUARDED) < found.index(SUM)
    assert [len(term.free & {n}) for term in found if isinstance(term, Access)] == [1, 0]
    assert not any(isinstance(term, Compare) for term in found)


def test_a_reduction_is_opened_and_its_axes_are_in_sight():
    (place,) = [place for place in places(SUM, RANGES) if isinstance(place.term, Access) and place.term.tensor == "y"]
    (index,) = place.term.free
    assert place.ranges[index] == Axis(index, ZERO, K - 1)
    assert place.ranges[n] == RANGES[n]
    assert place.whole(UNIT) is reduce(Reduction.SUM, [Axis(k, ZERO, K - 1)], mul(x, apply(Function.TANH, UNIT)))


def test_into_conditions_where_that_is_asked_for():
    found = [place for place in places(GUARDED, RANGES, into=children_of) if isinstance(place.term, Compare)]
    (place,) = found
    turned = compare(Relation.GT, number(0), place.term.left)
    assert place.whole(turned) is where(turned, SUM, number(3))


def test_every_place_of_the_zoo_with_itself_is_the_whole():
    for name in ("mlp", "lstm", "gcn", "crf"):
        for equation in derived_of(zoo.load(name).to_program()).backward.equations:
            ranges = {axis.index: axis for axis in equation.axes}
            for place in places(equation.rhs, ranges):
                assert place.whole(place.term) is equation.rhs, f"{show(equation)}: {place.term!r}"

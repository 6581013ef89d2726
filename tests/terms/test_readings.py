"""Under which conditions a part is read: against every path to it, at every small position."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import product

import pytest

from symbackprop.terms.build import (
    NIL,
    access,
    add,
    apply,
    compare,
    integer_condition,
    logic_and,
    logic_not,
    logic_or,
    mul,
    poly_value,
    reduce,
    where,
)
from symbackprop.terms.poly import ZERO, Dim, Index, Poly
from symbackprop.terms.readings import Occurrence, Reading, TooManyPaths, misfits, occurrences, on_paths, readings
from symbackprop.terms.term import (
    Access,
    Axis,
    Connective,
    Function,
    Logic,
    Reduce,
    Reduction,
    Relation,
    Term,
    Truth,
)

N, n, k = Dim("N"), Index("n"), Index("k")
U, V = access("u", [Poly.of(n)]), access("v", [Poly.of(n)])


def at_least(left: Poly, right: Poly | int) -> Term:
    return compare(Relation.GE, poly_value(left), poly_value(Poly.of(right) if isinstance(right, int) else right))


A, B, C = (at_least(Poly.of(n), 1), at_least(Poly.of(N), Poly.of(n) + 2), at_least(Poly.of(N), 3))


def expo(term: Term) -> Term:
    return apply(Function.EXP, term)


def test_both_branches_read_it():
    assert readings(where(A, mul(V, expo(V)), V), lambda _: True)[V] == Reading()


def test_one_branch_reads_it():
    assert readings(where(A, mul(V, expo(V)), NIL), lambda _: True)[V] == Reading((A,))


def test_some_of_three_branches_read_it():
    found = readings(where(A, V, where(B, expo(V), U)), lambda _: True)
    assert found[V] == Reading((logic_or(A, B),))
    assert found[U] == Reading((logic_not(A), logic_not(B)))


def test_a_condition_that_may_not_be_asked_is_left_out():
    found = readings(where(A, where(B, V, NIL), U), lambda condition: condition not in (A, logic_not(A)))
    assert found[V] == Reading((B,), exact=False)
    assert not found[U].exact


def test_at_some_position_of_a_reduction():
    """v is read at none of the positions before k = n, which a condition without k does not say."""
    inner = where(at_least(Poly.of(k), Poly.of(n)), mul(expo(V), access("w", [Poly.of(k)])), NIL)
    total = reduce(Reduction.MAX, [Axis(k, ZERO, Poly.of(3))], inner)
    assert readings(where(A, total, NIL), lambda _: True)[V] == Reading((A,), exact=False)


def test_twenty_steps_are_one_condition_each():
    """Along the paths there are 2^20 sets of conditions."""
    value = V
    for step in range(20):
        value = where(at_least(Poly.of(N), step + 2), mul(value, expo(value)), value)
    assert readings(value, lambda _: True)[V] == Reading()
    assert len(list(occurrences(value))) < 150


def test_more_paths_than_are_followed():
    """Nothing fits, whatever is known, so that every path is asked about."""
    value = V
    for step in range(20):
        value = where(at_least(Poly.of(N), step + 2), mul(value, expo(value)), value)
    with pytest.raises(TooManyPaths):
        list(misfits(value, lambda term: term is V, lambda place: False))
    assert len(list(on_paths(value, lambda term: term is value))) == 1


# --- against all paths -------------------------------------------------------------------------------------
class Random:
    """Values that are each made of those before them."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)

    def condition(self, bound: bool) -> Term:
        indices = [Poly.of(n), Poly.of(N), *([Poly.of(k)] if bound else [])]
        one = at_least(self.rng.choice(indices), self.rng.choice((1, 1, 2, 3)))
        one = logic_not(one) if self.rng.random() < 0.3 else one
        kind = self.rng.choice((None, None, None, logic_and, logic_or))
        return one if kind is None else kind(one, self.condition(bound))

    def value(self) -> Term:
        values: list[Term] = [V, expo(V), U]
        for _ in range(self.rng.randint(2, 6)):
            last, other = values[-1], self.rng.choice(values[-3:])
            match self.rng.randrange(5):
                case 0:
                    made = where(self.condition(False), mul(last, expo(other)), last)
                case 1:
                    made = add(where(self.condition(False), other, NIL), expo(last))
                case 2:
                    made = where(self.condition(False), last, where(self.condition(False), other, NIL))
                case 3:
                    inner = where(self.condition(True), expo(mul(last, access("w", [Poly.of(k)]))), other)
                    made = add(reduce(Reduction.SUM, [Axis(k, ZERO, Poly.of(2))], inner), other)
                case _:
                    made = mul(last, expo(other))
            values.append(made)
        return values[-1]


def holds(condition: Term, at: dict[object, int]) -> bool:
    match condition:
        case Truth(value):
            return value
        case Logic(Connective.AND, args):
            return all(holds(arg, at) for arg in args)
        case Logic(Connective.OR, args):
            return any(holds(arg, at) for arg in args)
    relation = integer_condition(condition)
    assert relation is not None
    assert relation[0] is Relation.GE
    return relation[1].evaluate(at.__getitem__) >= 0


def paths(root: Term) -> Iterator[Occurrence]:
    """As a tree, each place as often as it stands there."""
    yield Occurrence(root)
    stack = [Occurrence(root)]
    while stack:
        for child in stack.pop().children():
            yield child
            stack.append(child)


def is_read(several: list[Occurrence], at: dict[object, int]) -> bool:
    for place in several:
        axes = place.axes
        for position in product(range(3), repeat=len(axes)):
            here = at | {axis.index: value for axis, value in zip(axes, position, strict=True)}
            if all(holds(guard, here) for guard in place.guards):
                return True
    return False


@pytest.mark.parametrize("seed", range(200))
def test_a_reading_is_the_disjunction_of_all_paths(seed):
    root = Random(seed).value()
    several: dict[Term, list[Occurrence]] = {}
    for place in paths(root):
        several.setdefault(place.term, []).append(place)
    found = readings(root, lambda _: True)
    assert found.keys() >= {term for term, at in several.items() if not any(place.inside for place in at)}
    for term, reading in found.items():
        for size, position in product(range(1, 6), range(4)):
            at: dict[object, int] = {N: size, n: position}
            wanted, told = is_read(several[term], at), all(holds(guard, at) for guard in reading.guards)
            assert wanted == told if reading.exact else told or not wanted, (term, at)


def test_most_readings_are_exact():
    found = [reading for seed in range(60) for reading in readings(Random(seed).value(), lambda _: True).values()]
    assert sum(reading.exact for reading in found) > 0.8 * len(found)


@pytest.mark.parametrize("seed", range(60))
def test_what_does_not_fit_is_what_does_not_fit_on_some_path(seed):
    """u may be read where n >= 1 alone, which is asked of the conditions as they stand."""
    root = Random(seed).value()

    def fits(place: Occurrence) -> bool:
        axes = place.axes
        return all(
            position >= 1
            for size, position in product(range(1, 6), range(4))
            for inner in product(range(3), repeat=len(axes))
            if all(
                holds(guard, {N: size, n: position, **{a.index: i for a, i in zip(axes, inner, strict=True)}})
                for guard in place.guards
            )
        )

    def wanted(term: Term) -> bool:
        return isinstance(term, Access) and term.tensor == "u"

    expected = {place for place in paths(root) if wanted(place.term) and not fits(place)}
    assert set(misfits(root, wanted, fits)) == expected


def test_the_parts_of_a_body_are_met_with_the_reductions_around_them():
    inner = where(at_least(Poly.of(k), Poly.of(n)), expo(mul(V, access("w", [Poly.of(k)]))), NIL)
    total = reduce(Reduction.SUM, [Axis(k, ZERO, Poly.of(3))], inner)
    assert isinstance(total, Reduce)
    met = list(occurrences(where(A, total, NIL)))
    (read,) = (place for place in met if isinstance(place.term, Access) and place.term.tensor == "w")
    assert read.inside == (total,)
    assert read.guards[0] is A
    assert len(read.guards) == 2

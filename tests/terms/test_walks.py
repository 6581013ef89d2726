"""Walks meet each object once: against plain recursions along all paths, on random terms that share their parts."""

import random
import sys

import pytest

from symbackprop.terms.build import access, add, apply, compare, mul, number, power, reduce, where
from symbackprop.terms.poly import ZERO, Dim, Index, Poly
from symbackprop.terms.term import (
    Access,
    Add,
    Apply,
    Axis,
    Function,
    Reduce,
    Reduction,
    Relation,
    Where,
    children_of,
    subterms,
)
from symbackprop.terms.walks import depth, fold, parents_first, read_outside_sums, shared, size, values_of, visits

I = Index("i")
SIZE = Poly.of(Dim("N"))
AXIS = Axis(I, ZERO, SIZE - 1)


def random_term(seed):
    """A term of about thirty objects, most of which stand in several places."""
    rng = random.Random(seed)
    terms = [access(name, [Poly.of(I)]) for name in "abc"]
    for _ in range(25):
        one, other, third = (rng.choice(terms[-6:]) for _ in range(3))
        options = (
            add(one, other, number(rng.randint(1, 3))),
            mul(one, other),
            power(one, rng.choice([-1, 2])),
            apply(rng.choice([Function.TANH, Function.EXP]), one),
            where(compare(Relation.GT, one, other), third, other),
            reduce(Reduction.MAX, [AXIS], one),
        )
        terms.append(rng.choice(options))
    return terms[-1]


def plain_depth(term):
    return 1 + max(map(plain_depth, children_of(term)), default=0)


def plain_size(term):
    return 1 + sum(map(plain_size, children_of(term)))


def plain_reads(term):
    match term:
        case Access(tensor, _):
            return {tensor}
        case Where(_, then, otherwise):
            return plain_reads(then) | plain_reads(otherwise)
        case _ if type(term).__name__ == "Reduce":
            return set()
        case _:
            return set().union(*map(plain_reads, children_of(term)))


TERMS = [random_term(seed) for seed in range(40)]  # of at most some thousand paths, which plain walks can go along


def test_the_terms_share_their_parts():
    assert sum(size(term) > 2 * len(list(subterms(term))) for term in TERMS) > 20


@pytest.mark.parametrize("term", TERMS, ids=range(len(TERMS)))
def test_folds_give_what_recursions_give(term):
    assert depth(term) == plain_depth(term)
    assert size(term) == plain_size(term)
    assert read_outside_sums(term) == plain_reads(term)


@pytest.mark.parametrize("term", TERMS, ids=range(len(TERMS)))
def test_parents_stand_before_what_is_inside_them(term):
    order = parents_first(term)
    place = {inner: number for number, inner in enumerate(order)}
    assert len(place) == len(order) == len(list(subterms(term)))
    assert all(place[inner] < place[child] for inner in order for child in children_of(inner))


@pytest.mark.parametrize("term", TERMS, ids=range(len(TERMS)))
def test_what_is_shared_has_several_parents(term):
    every = list(subterms(term))
    parents = {inner: sum(children_of(other).count(inner) for other in every) for inner in every}
    compound = {inner for inner in every if children_of(inner) and parents[inner] > 1}
    assert {inner for inner in shared(term) if children_of(inner)} <= compound
    assert {inner for inner in compound if isinstance(inner, Where)} <= shared(term)


def test_each_object_is_combined_once_however_many_paths_lead_to_it():
    term, met = access("a"), []
    for _ in range(100):
        term = apply(Function.ATAN2, term, apply(Function.EXP, term))  # 2^100 paths
    fold(term, lambda inner, _: met.append(inner))
    assert len(met) == len(set(met)) == 201
    assert size(term) > 2**100


def test_no_term_is_too_deep():
    term = access("a")
    for _ in range(10 * sys.getrecursionlimit()):
        term = apply(Function.TANH, term)
    assert depth(term) == size(term) == 10 * sys.getrecursionlimit() + 1
    assert read_outside_sums(term) == {"a"}
    assert len(parents_first(term)) == depth(term)
    assert sum(1 for _ in visits(term, {}, lambda total: {})) == depth(term)


def test_what_is_known_is_not_asked_again():
    a = access("a")
    known = {a: 10}
    assert fold(mul(a, apply(Function.EXP, a)), lambda _, parts: 1 + sum(parts), known=known) == 22
    assert known[apply(Function.EXP, a)] == 11


def test_values_leave_conditions_and_subscripts_out():
    a, b, gather = access("a"), access("b"), access("label", [Poly.of(I)])
    condition = compare(Relation.GT, a, b)
    assert values_of(where(condition, a, b)) == (a, b)
    assert values_of(condition) == ()
    assert values_of(access("z", [gather])) == ()
    assert values_of(add(a, b)) == children_of(add(a, b))


def test_visits_are_the_same_where_indices_run_alike() -> None:
    def over(size: Poly) -> Reduce:
        k = Index("k")
        total = reduce(Reduction.SUM, [Axis(k, ZERO, size - 1)], apply(Function.EXP, access("b", [Poly.of(k)])))
        assert isinstance(total, Reduce)
        return total

    one, same, other = over(SIZE), mul(access("a"), over(SIZE)), over(SIZE + 1)
    met = list(visits(add(one, same, other), {}, lambda total: {axis.index: axis.extent for axis in total.axes}))
    extents = [tuple(here.values()) for term, here in met if isinstance(term, Apply)]
    assert sorted(map(str, extents)) == sorted(map(str, [(SIZE,), (SIZE + 1,)]))
    assert [here for term, here in met if isinstance(term, Add)] == [{}]
    assert sum(isinstance(term, Reduce) for term, _ in met) == 2

"""Equal terms are one object, and what each says of itself is so: against recursions over random terms."""

from __future__ import annotations

import random

import pytest

from symbackprop.terms.build import access, mul, open_reduce, reduce, substitute
from symbackprop.terms.poly import Dim, Index, Poly
from symbackprop.terms.term import Access, Axis, Connective, PolyValue, Reduce, Reduction, Term, accesses, subterms
from tests.terms.written import INDICES, Draw

I, J = INDICES
TERMS = [Draw(random.Random(seed), reductions=True).expression(3, INDICES).made for seed in range(120)]


def inside(term: Term) -> list[Term]:
    """What stands in its fields, however deep in tuples."""
    fields, found = [getattr(term, name) for name in term.__match_args__], []
    while fields:
        value = fields.pop()
        if isinstance(value, tuple):
            fields += value
        elif isinstance(value, Term):
            found.append(value)
    return found


def free(term: Term) -> set[Index]:
    found = {index for part in inside(term) for index in free(part)}
    if isinstance(term, PolyValue):
        found |= set(term.poly.indices())
    if isinstance(term, Access):
        found |= {index for s in term.subscripts if isinstance(s, Poly) for index in s.indices()}
    return found - {axis.index for axis in term.axes} if isinstance(term, Reduce) else found


def tensors(term: Term) -> set[str]:
    own = {term.tensor} if isinstance(term, Access) else set()
    return own.union(*map(tensors, inside(term)))


def every(term: Term) -> set[Term]:
    return {term}.union(*map(every, inside(term)))


@pytest.mark.parametrize("seed", range(120))
def test_what_a_term_says_of_itself(seed: int) -> None:
    term = TERMS[seed]
    assert term.free == free(term)
    assert term.tensors == tensors(term)
    met = list(subterms(term))
    assert met[0] is term
    assert len(met) == len(set(met))
    assert set(met) == every(term)
    assert set(accesses(term)) == {each for each in every(term) if isinstance(each, Access)}
    levels = [axis.index.level for each in every(term) if isinstance(each, Reduce) for axis in each.axes]
    assert term.height == max(levels, default=0)


def test_one_object_for_equal_terms_and_digests_that_tell_others_apart() -> None:
    again = [Draw(random.Random(seed), reductions=True).expression(3, INDICES).made for seed in range(120)]
    assert all(one is other for one, other in zip(TERMS, again, strict=True))
    parts = {part for term in TERMS for part in subterms(term)}
    assert len({part.digest for part in parts}) == len(parts) > 300


@pytest.mark.parametrize("seed", range(120))
def test_blind_is_the_same_under_other_names(seed: int) -> None:
    """Of an injective renaming."""
    renamed = substitute(TERMS[seed], {I: Poly.of(Index("p")), J: Poly.of(Index("q"))})
    assert renamed.blind == TERMS[seed].blind
    assert (renamed is TERMS[seed]) == (not TERMS[seed].free)


def test_bound_indices_have_no_names() -> None:
    def total(name: str) -> Term:
        index = Index(name)
        axis = Axis(index, Poly.of(0), Poly.of(Dim("N")) - 1)
        return reduce(
            Reduction.SUM, [axis], mul(access("x", [Poly.of(index)]), access("y", [Poly.of(index), Poly.of(I)]))
        )

    one, other = total("k"), total("m")
    assert one is other
    assert isinstance(one, Reduce)
    axes, body = open_reduce(one, taken=[I])
    assert reduce(Reduction.SUM, axes, body) is one
    assert one.axes[0].extent == Poly.of(Dim("N"))
    assert total("i") is not one  # there I is bound
    assert str(one.axes[0]).endswith("=0..N - 1")


def test_its_text() -> None:
    assert repr(access("x", [Poly.of(I), access("label", [0])])) == "Access('x', (i, Access('label', (0))))"
    long = mul(*(access(f"x{place}") for place in range(60)))
    assert repr(long).count("Access") < 41
    assert "…" in repr(long)
    assert [each.opposite for each in (Connective.AND, Connective.OR)] == [Connective.OR, Connective.AND]

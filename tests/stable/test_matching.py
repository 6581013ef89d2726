"""Terms at other subscripts, and where along its axes a reduction reads a term: against values at every position."""

from __future__ import annotations

from itertools import product

import pytest

from symbackprop.stable.matching import holds, instantiate, position, within
from symbackprop.terms.build import NIL, access, add, mul, poly_value, reduce, sub, where
from symbackprop.terms.conditions import at_least_zero
from symbackprop.terms.poly import Dim, Index, Poly
from symbackprop.terms.term import Access, Axis, Reduce, Reduction, Term
from tests.terms.exact import Exact, numbers

I, J, S = Index("i"), Index("j"), Index("s")
HERE, THERE, STEP, K = Poly.of(I), Poly.of(J), Poly.of(S), Poly.of(Dim("K"))
AXES = (Axis(S, Poly.of(0), K - 1),)
PLAIN = numbers(5)
LABEL = access("label", [HERE])


def given(tensor: str, place: tuple[int, ...]):
    return (2 * place[0] + 1) % 4 if tensor == "label" else PLAIN(tensor, place)


VALUE = Exact({"K": 4}, given)
POINTS = [{I: i, J: j, S: s} for i, j, s in product(range(3), range(3), range(4))]
u, v, w = access("u", [HERE, STEP]), access("v", [STEP]), access("w", [HERE])
INSIDE = at_least_zero(HERE - STEP)


def whole_sum(body: Term) -> Reduce:
    found = reduce(Reduction.LOGSUMEXP, AXES, body)
    assert isinstance(found, Reduce)
    return found


@pytest.mark.parametrize("at", [STEP, THERE, Poly.of(0), K - 1, THERE + 1, LABEL], ids=str)
@pytest.mark.parametrize("body", [u, mul(v, u), add(u, w), where(INSIDE, u, v), access("x", [STEP, STEP])], ids=repr)
def test_what_stands_in_a_reduction_is_found_and_at_its_place(body: Term, at: Poly | Access) -> None:
    candidate = instantiate(body, {S: at})
    if candidate is None:  # a gather has no place in a condition on indices
        assert isinstance(at, Access)
        assert INSIDE in (getattr(body, "condition", None),)
        return
    for here in POINTS:
        there = VALUE.element(at, here) if isinstance(at, Access) else VALUE.poly(at, here)
        assert VALUE(candidate, here) == VALUE(body, {**here, S: int(there)})
    assert holds(whole_sum(body), candidate)
    found = position(AXES, body, candidate)
    assert found is not None
    assert instantiate(body, dict(zip((S,), found, strict=True))) is candidate


def test_what_does_not_stand_there() -> None:
    for body, other in ((u, v), (u, access("u", [THERE, STEP])), (add(u, v), add(u, access("v", [HERE]))), (u, NIL),
                        (mul(2, u), u), (add(u, w), sub(u, w))):  # fmt: skip
        assert not holds(whole_sum(body), other), (body, other)
        assert position(AXES, body, other) is None


def test_the_candidate_may_have_more_in_a_reduction_not_at_a_place() -> None:
    at = add(access("u", [HERE, THERE]), access("v", [THERE]))
    assert not holds(whole_sum(add(u, v, access("w", [STEP]))), at)  # the candidate has to have all that the body has
    assert holds(whole_sum(add(u, v)), add(at, w))
    assert position(AXES, add(u, v), add(at, w)) is None


def test_summands_within_others() -> None:
    for part, every, expected in ((u, add(u, v), True), (add(u, v), add(u, v), True), (add(u, v), u, False),
                                  (mul(2, u), add(u, v), False), (poly_value(K), add(u, poly_value(K + HERE)), True),
                                  (w, add(u, v), False),
                                  (add(u, v), add(u, v, w), True), (add(u, v), add(u, mul(2, v)), False)):  # fmt: skip
        assert within(part, every) is expected, (part, every)


def test_bound_indices_are_not_captured() -> None:
    """Σ_s u[i, s]·v[j] at j = s reads v at the s outside."""
    inner = reduce(Reduction.SUM, AXES, mul(u, access("z", [THERE, STEP])))
    for at in (STEP, access("label", [STEP])):
        found = instantiate(inner, {J: at})
        assert found is not None
        for here in POINTS:
            there = VALUE.element(at, here) if isinstance(at, Access) else here[S]
            assert VALUE(found, here) == VALUE(inner, {**here, J: int(there)})


def test_a_gather_stands_only_where_an_index_stood_alone() -> None:
    assert instantiate(access("v", [STEP + 1]), {S: LABEL}) is None
    assert instantiate(poly_value(STEP), {S: LABEL}) is None
    assert instantiate(v, {S: LABEL}) is access("v", [LABEL])

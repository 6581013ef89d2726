"""Each kind of edit, made where it can be and nowhere else."""

import pytest

from symbackprop.edits import Edits, Factor, Kind, places
from symbackprop.terms.build import (
    NIL,
    access,
    add,
    compare,
    logic_and,
    logic_not,
    mul,
    neg,
    number,
    poly_value,
    power,
    reduce,
    where,
)
from symbackprop.terms.poly import ZERO, Dim, Index, Poly
from symbackprop.terms.program import Tensor, TensorKind, zeros
from symbackprop.terms.term import Axis, Reduction, Relation

N, K = Poly.of(Dim("N")), Poly.of(Dim("K"))
n, m, k = (Index(name) for name in "nmk")
RANGES = {n: Axis(n, ZERO, N - 1), m: Axis(m, ZERO, N - 1)}
TABLE = {
    name: Tensor(name, TensorKind.INPUT, shape, zeros(len(shape)))
    for name, shape in {"x": (N, N), "u": (N,), "v": (N,), "s": (), "w": (K,), "h": (N + K,)}.items()
}
EDITS = Edits(TABLE, tuple(TABLE), ("N",), (Factor(access("v", [Poly.of(k)]), (Axis(k, ZERO, N - 1),)),))


def at(tensor, *subscripts):
    return access(tensor, [s if isinstance(s, Poly) else Poly.of(s) for s in subscripts])


def total(index, high, body):
    return reduce(Reduction.SUM, [Axis(index, ZERO, high - 1)], body)


def made(term, kind):
    """What the edits of that kind at the head of the term make of it."""
    first = next(places(term, RANGES))
    return [edit.term for edit in EDITS(first) if edit.kind is kind]


u, v, s = at("u", n), at("v", n), access("s", [])
LAST = compare(Relation.GT, poly_value(Poly.of(n)), poly_value(N - 2))
POSITIVE = compare(Relation.GT, s, NIL)


@pytest.mark.parametrize(
    ("kind", "term", "expected"),
    [
        (Kind.NEGATED, add(u, s), [add(neg(u), s), add(u, neg(s))]),
        (Kind.ADDEND_DROPPED, add(u, s), [s, u]),
        (Kind.FACTOR_DROPPED, mul(u, s, poly_value(N)), [mul(s, poly_value(N)), mul(u, poly_value(N))]),
        (Kind.SCALE_DROPPED, mul(u, s, power(poly_value(N), -1)), [mul(u, s)]),
        (Kind.FACTOR_ADDED, s, [mul(s, at("v", n)), mul(s, at("v", m))]),
        (Kind.POWER, power(s, 2), [power(s, e) for e in (1, 3, -2, 4)]),
        (Kind.GUARD_TURNED, where(POSITIVE, u, v), [where(logic_not(POSITIVE), u, v)]),
        (
            Kind.GUARD_DROPPED,
            where(logic_and(POSITIVE, LAST), u, v),
            [where(LAST, u, v), where(POSITIVE, u, v), u],
        ),
        (Kind.SUM_DROPPED, total(k, K, at("w", k)), [at("w", ZERO)]),
        (Kind.SUM_OVER_ANOTHER, total(k, N, at("x", n, k)), [total(k, N, at("x", k, i)) for i in (n, m)]),
        (Kind.UNDER_THE_SUM, mul(u, total(k, N, at("x", k, m))), [total(k, N, mul(at("x", k, m), at("u", k)))]),
        (Kind.TRANSPOSED, at("x", n, m), [at("x", m, n)]),
        (Kind.ANOTHER_TENSOR, u, [v]),
        (Kind.AXIS_FLIPPED, u, [at("u", N - 1 - Poly.of(n))]),
        (Kind.STEP_FLIPPED, at("h", Poly.of(n) + 1), [where(
            compare(Relation.GE, poly_value(Poly.of(n) - 1), NIL), at("h", Poly.of(n) - 1), NIL,
        )]),
        (Kind.ANOTHER_INDEX, u, [at("u", m)]),
        (Kind.NEGATED, u, []),
        (Kind.TRANSPOSED, at("x", n, n), []),
        (Kind.ANOTHER_TENSOR, at("w", ZERO), []),
    ],
)  # fmt: skip
def test_what_is_made(kind, term, expected):
    found = made(term, kind)
    assert set(found) == set(expected), found
    assert len(found) == len(expected)


def test_addends_are_scaled_by_two_and_by_sizes():
    half, size = power(number(2), -1), poly_value(N)
    assert set(made(add(u, s), Kind.ADDEND_SCALED)) == {
        add(mul(scale, one), other)
        for one, other in ((u, s), (s, u))
        for scale in (number(2), half, size, power(size, -1))
    }


def test_the_bound_of_a_guard_moves_both_ways():
    found = made(where(LAST, u, NIL), Kind.GUARD_MOVED)
    assert set(found) == {
        where(compare(Relation.GT, poly_value(Poly.of(n)), poly_value(N - step)), u, NIL) for step in (1, 3)
    }


def test_a_kernel_is_turned_round():
    """Σ_k w[k]·h[n + k] becomes Σ_k w[k]·h[n - k], nothing where that lies outside."""
    (found,) = made(total(k, K, mul(at("w", k), at("h", Poly.of(n) + Poly.of(k)))), Kind.KERNEL_FLIPPED)
    back = Poly.of(n) - Poly.of(k)
    inside = compare(Relation.GE, poly_value(back), NIL)
    assert found is total(k, K, where(inside, mul(at("w", k), at("h", back)), NIL))


def test_what_may_lie_outside_is_guarded():
    shifted = made(u, Kind.SHIFTED)
    assert len(shifted) == 2
    for term in shifted:
        assert term.condition.free == {n}
        assert term.otherwise is NIL

"""Sums with their common factors in front: the same numbers in no more operations, and divided by nothing new."""

from __future__ import annotations

import random

import pytest

from symbackprop.cost.operations import count_equation
from symbackprop.terms.brackets import collect, collect_all
from symbackprop.terms.build import NIL, access, add, compare, div, mul, neg, poly_value, power, reduce, sub, where
from symbackprop.terms.poly import Poly
from symbackprop.terms.program import Equation
from symbackprop.terms.term import Add, Axis, Mul, Reduction, Relation, Term, Where
from tests.terms.written import INDICES, SIZES, At, Draw, value

N, K = (Poly.of(dim) for dim in SIZES)
I, J = INDICES
i, j = (Poly.of(index) for index in INDICES)
p, y, w, s = access("p", [i, j]), access("y", [i, j]), access("w", [j]), access("s")
AXES = (Axis(I, Poly.of(0), N - 1), Axis(J, Poly.of(0), K - 1))
POINTS: list[At] = [
    dict(zip((*SIZES, *INDICES), point, strict=True))
    for point in ((3, 2, 0, 1), (1, 2, 0, 0), (2, 5, 1, 4), (1, 1, 0, 0), (4, 3, -2, 3))
]


def work(term: Term) -> int:
    """The operations at one position, functions (a quotient's) among them."""
    count = count_equation(Equation("y", (i, j), AXES, term))
    both = count.multiply_adds + count.functions
    return both.evaluate({**POINTS[0], SIZES[0]: 1, SIZES[1]: 1}.__getitem__)


def sums(rng: random.Random, guards: bool = True) -> Term:
    """Sums of products that share factors and coefficients, some behind guards."""
    draw = Draw(rng)
    drawn = draw.expression if guards else lambda _, scope: draw.leaf(scope)
    shared = [drawn(1, INDICES).made for _ in range(3)] + [power(poly_value(N), -1), p, w]
    parts = []
    for _ in range(rng.choice((2, 3, 4))):
        part = mul(rng.choice((-2, -1, 1, 1, 3)), *rng.sample(shared, rng.choice((1, 2, 3))))
        if guards and rng.random() < 0.3:
            part = where(draw.condition(INDICES).made, part, NIL)
        parts.append(part)
    if rng.random() < 0.3:
        parts = [mul(add(*parts), rng.choice(shared)), rng.choice(shared)]
    return add(*parts)


@pytest.mark.parametrize("seed", range(80))
def test_the_same_numbers_wherever_there_were_any(seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(5):
        term = sums(rng)
        found = collect(term)
        for at in POINTS:
            try:
                expected = value(term, at)
            except ZeroDivisionError:
                continue
            assert value(found, at) == expected, (term, found, at)


@pytest.mark.parametrize("seed", range(40))
def test_no_more_operations(seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(5):
        term = sums(rng, guards=False)
        assert work(collect(term)) <= work(term), (term, collect(term))


def test_textbook_forms() -> None:
    size = poly_value(N)
    found = collect(sub(div(p, size), div(y, size)))
    assert isinstance(found, Mul)
    assert set(found.args) == {power(size, -1), sub(p, y)}
    assert collect(add(mul(2, p), mul(2, y))) is Mul(mul(2, add(p, y)).args)
    assert collect(sub(mul(w, p), mul(w, p, p))) is mul(w, collect(sub(p, mul(p, p))))
    assert collect(neg(p)) is neg(p)
    assert collect(add(p, y)) is add(p, y)
    assert collect(add(s, power(s, -1))) is add(s, power(s, -1))
    assert collect(add(mul(s, add(p, y)), neg(mul(s, y)))) is mul(s, p)  # brackets opened, where that is shorter


def test_a_guard_of_all_stands_in_front() -> None:
    inside = compare(Relation.GE, poly_value(i), poly_value(j))
    found = collect(add(where(inside, mul(w, p), NIL), where(inside, mul(w, y), NIL)))
    assert found is where(inside, mul(w, add(p, y)), NIL)


def test_a_factor_that_a_guard_keeps_finite_stays_behind_it() -> None:
    """1/(N - 1) is no number at N = 1, where neither guard holds."""
    several = compare(Relation.GE, poly_value(N), poly_value(Poly.of(2)))
    many = compare(Relation.GE, poly_value(N), poly_value(Poly.of(3)))
    below = power(poly_value(N - 1), -1)
    term = add(where(several, mul(below, p), NIL), where(many, mul(below, y), NIL))
    one: At = {SIZES[0]: 1, SIZES[1]: 2, I: 0, J: 0}
    assert value(collect(term), one) == value(term, one) == 0


def test_inside_sums_and_behind_guards() -> None:
    total = reduce(Reduction.SUM, [AXES[1]], sub(mul(w, p), mul(w, y)))
    inside = compare(Relation.GE, poly_value(i), poly_value(Poly.of(1)))
    found = collect_all(where(inside, total, NIL))
    assert isinstance(found, Where)
    assert not isinstance(found.then.body, Add)  # type: ignore[attr-defined]
    for at in POINTS:
        assert value(found, at) == value(where(inside, total, NIL), at)

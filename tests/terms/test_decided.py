"""What ranges decide of a condition, against every position at small sizes."""

from __future__ import annotations

from itertools import product

import numpy as np

from symbackprop.interpret.number_system import holds
from symbackprop.terms.build import FALSE, NIL, TRUE, access, compare, integer_condition, poly_value
from symbackprop.terms.conditions import at_least_zero
from symbackprop.terms.decided import decided, facts_about, sharpened
from symbackprop.terms.poly import Dim, Index, Poly
from symbackprop.terms.term import Axis, Relation, Term

I, J, N, M = Index("i"), Index("j"), Dim("N"), Dim("M")
RANGES = {I: Axis(I, Poly.of(0), Poly.of(N) - 1), J: Axis(J, Poly.of(1), Poly.of(M))}
RELATIONS = (Relation.GE, Relation.EQ, Relation.NE)


def conditions(seed: int, count: int) -> list[Term]:
    rng = np.random.default_rng(seed)
    out = []
    for _ in range(count):
        a, b, c, d, e = map(int, rng.integers(-1, 2, size=5))
        poly = a * Poly.of(I) + b * Poly.of(J) + c * Poly.of(N) + d * Poly.of(M) + e
        out.append(compare(RELATIONS[int(rng.integers(3))], poly_value(poly), NIL))
    return out


def truths(condition: Term) -> set[bool]:
    """At all positions, of sizes of which N is the larger."""
    integer = integer_condition(condition)
    if integer is None:
        return {condition is TRUE}
    relation, poly = integer
    found = set()
    for n, m in product(range(1, 6), repeat=2):
        for i, j in product(range(n), range(1, m + 1)) if n >= m else ():
            found.add(holds(relation, poly.evaluate({I: i, J: j, N: n, M: m}.__getitem__), 0))
    return found


def test_decided_is_so_everywhere() -> None:
    larger, known = [at_least_zero(Poly.of(N) - Poly.of(M))], 0
    for condition in conditions(1, 300):
        found = decided(condition, RANGES, larger)
        if condition in (TRUE, FALSE):
            assert found is None
            continue
        assert found is None or truths(condition) == {found}, condition
        known += found is not None
        assert found is not None or len(truths(condition)) == 2, condition  # nothing linear is missed
    assert known > 40


def test_the_sharp_form_holds_where_the_condition_does() -> None:
    for condition in conditions(2, 200):
        sharp = sharpened(condition, RANGES, [at_least_zero(Poly.of(N) - Poly.of(M))])
        both = [condition, sharp]
        for n, m in product(range(1, 5), repeat=2):
            for i, j in product(range(n), range(1, m + 1)) if n >= m else ():
                values = {I: i, J: j, N: n, M: m}
                one, other = (value(each, values) for each in both)
                assert one is other, both


def value(condition: Term, values: dict) -> bool:
    integer = integer_condition(condition)
    return condition is TRUE if integer is None else holds(integer[0], integer[1].evaluate(values.__getitem__), 0)


def test_one_form_at_the_end_of_a_range() -> None:
    last = Poly.of(N) - 1 - Poly.of(I)
    not_last = compare(Relation.NE, poly_value(last), NIL)
    assert sharpened(not_last, RANGES) is at_least_zero(last - 1)
    assert sharpened(at_least_zero(-last), RANGES) is compare(Relation.EQ, poly_value(-last), NIL)


def test_of_values_and_of_what_is_not_spoken_of_nothing_is_said() -> None:
    data = compare(Relation.GT, access("x", [Poly.of(I)]), NIL)
    assert decided(data, RANGES) is None
    assert sharpened(data, RANGES) is data
    facts = facts_about(Poly.of(I), RANGES, [at_least_zero(Poly.of(M) - 3)])
    assert facts.proves(Poly.of(N) - 1 - Poly.of(I))
    assert not facts.proves(Poly.of(M) - 3)

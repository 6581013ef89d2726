"""Equalities between integers, solved: against every assignment of small sizes and positions."""

import random
from itertools import product

import pytest

from symbackprop.terms.build import compare, poly_value
from symbackprop.terms.equalities import equal_to, slope_of, solution, solved
from symbackprop.terms.poly import Dim, Index, Poly
from symbackprop.terms.prove import Facts
from symbackprop.terms.term import Axis, Relation

NAMES = "ijkl"
INDICES = [Index(name) for name in NAMES]
I, J, K, L = (Poly.of(index) for index in INDICES)
N, W = Poly.of(Dim("N")), Poly.of(Dim("W"))


def at(poly, values):
    return poly.evaluate(lambda atom: values[atom.name])


@pytest.mark.parametrize(
    ("poly", "slope"),
    [
        (I, 1),
        (N - I, -1),
        (2 * J - I + 3, -1),
        (2 * I + J, 0),
        (N * I + J, 0),
        (I + I // 2, 0),
        (I * J + I, 0),
        (I * I, 0),
        (I + I * I, 0),
        (J + 1, 0),
        (Poly.of(4), 0),
    ],
    ids=str,
)
def test_an_index_stands_alone(poly, slope):
    assert slope_of(poly, INDICES[0]) == slope
    value = solution(poly, INDICES[0])
    assert (value is not None) == bool(slope)
    if value is not None:
        assert INDICES[0] not in value.indices()
        assert not poly.substitute({INDICES[0]: value}).terms


@pytest.mark.parametrize("seed", range(40))
def test_the_solution_is_where_the_polynomial_is_zero(seed):
    rng = random.Random(seed)
    poly = sum((rng.randint(-2, 2) * atom for atom in (I, J, K, N)), Poly.of(rng.randint(-3, 3)))
    condition = compare(Relation.EQ, poly_value(poly), poly_value(0))
    for index, name in zip(INDICES, NAMES, strict=True):
        value = equal_to(condition, index)
        assert value is solution(poly, index) or poly.constant is not None
        if value is not None:
            for numbers in product(range(-3, 4), repeat=4):
                values = {**dict(zip("jkln", numbers, strict=True)), "N": numbers[0] + 4}
                values |= {other: values.get(other, numbers[3]) for other in NAMES if other != name}
                values[name] = at(value, values)
                assert at(poly, values) == 0


def test_only_equalities_say_what_an_index_is():
    for relation in (Relation.GE, Relation.NE, Relation.GT):
        assert equal_to(compare(relation, poly_value(I), poly_value(J)), INDICES[0]) is None


def ranged(bounds):
    """Facts of indices from 0 on, with what may stand for each size and index."""
    return Facts.of([Axis(index, Poly.of(0), high - 1) for index, high in zip(INDICES, bounds, strict=True)])


def assignments(bounds, most=3):
    for n, w in product(range(1, most + 1), repeat=2):
        sizes = {"N": n, "W": w}
        ranges = [range(at(high, sizes)) for high in bounds]
        for position in product(*ranges):
            yield {**sizes, **dict(zip(NAMES, position, strict=True))}


SYSTEMS = [
    [I - J],
    [I - J, J - K, K - L],
    [I * W + K - (J * W + L)],  # two mixed radixes with digits k, l < W
    [I * W + K - (J * W + L), I - J - 1],
    [2 * I - 2 * J - 1],
    [I + J - N],
    [I - J + N],
    [I - J, K - I, 2 * L - K],
    [3 * I - 2 * J],
    [I - J // 2, J - 2 * K],
]


@pytest.mark.parametrize("equal", SYSTEMS, ids=str)
@pytest.mark.parametrize("bounds", [(N, N, W, W), (N, W, N, W), (W, N, N, N)], ids=str)
def test_a_system_has_the_same_solutions_as_before(equal, bounds):
    found = solved(equal, ranged(bounds))
    met = 0
    for values in assignments(bounds):
        if any(at(poly, values) for poly in equal):
            if found is not None:
                facts, solution = found
                kept = all(at(fact, values) >= 0 for fact in facts.nonnegative)
                said = all(values[atom.name] == at(value, values) for atom, value in solution.items())
                assert not (kept and said)
            continue
        met += 1
        assert found is not None, values
        facts, solution = found
        assert all(at(fact, values) >= 0 for fact in facts.nonnegative)
        assert all(values[atom.name] == at(value, values) for atom, value in solution.items())
    assert met or found is None or equal == [3 * I - 2 * J]


def test_digits_of_equal_numbers_are_equal():
    found = solved([I * W + K - (J * W + L)], ranged((N, N, W, W)))
    assert found is not None
    _, solution = found
    left = [index for index in INDICES if index not in solution]
    assert len(solution) == 2
    assert {str(value) for value in solution.values()} == {str(index) for index in left}


def test_digits_are_not_told_apart_where_they_overlap():
    found = solved([I * W + K - (J * W + L)], ranged((N, N, W + 1, W + 1)))
    assert found is not None
    assert [str(index) for index in found[1]] == ["k"]  # of k = l + (j - i)*W, as it is written


def test_what_was_solved_before_is_put_in():
    facts = ranged((N, N, N, N))
    first = solved([I - J], facts)
    assert first is not None
    again = solved([J - K - 1], first[0], first[1])
    assert again is not None
    values = {"N": 5, "i": 2, "j": 2, "k": 1, "l": 0}
    assert all(values[atom.name] == at(value, values) for atom, value in again[1].items())
    assert len(again[1]) == 2

"""An example satisfies all that was asked; where small values have none, none is found: against all of them."""

from __future__ import annotations

import random
from itertools import product

import pytest

from symbackprop.terms.build import TRUE, compare, logic_and, logic_or, poly_value
from symbackprop.terms.conditions import at_least_zero
from symbackprop.terms.poly import Dim, Index, Poly
from symbackprop.terms.term import Relation, Term
from symbackprop.terms.witness import Variable, find_witness
from tests.terms.exact import Exact, numbers

N, I, J = Dim("N"), Index("i"), Index("j")
SIZE, HERE, THERE = map(Poly.of, (N, I, J))
BOX: list[dict[Variable, int]] = [
    dict(zip((N, I, J), point, strict=True)) for point in product((1, 2, 3, 4, 5, 7), range(-4, 9), range(-4, 9))
]


def at(poly: Poly, values: dict[Variable, int]) -> int:
    return poly.evaluate(values.__getitem__)  # type: ignore[arg-type]


def holds(condition: Term, values: dict[Variable, int]) -> bool:
    sizes = {variable.name: value for variable, value in values.items() if isinstance(variable, Dim)}
    return bool(Exact(sizes, numbers(0))(condition, values))


def drawn(rng: random.Random) -> Poly:
    total = Poly.of(rng.randint(-3, 3))
    for part in rng.sample([SIZE, HERE, THERE, SIZE // 2, HERE * THERE, SIZE * HERE], rng.choice((1, 2, 3))):
        total = total + part * rng.choice((-2, -1, 1, 2))
    return total


@pytest.mark.parametrize("seed", range(40))
def test_an_example_is_found_where_there_is_one_and_is_one(seed: int) -> None:
    rng = random.Random(seed)
    ranges = [HERE, SIZE - 1 - HERE, THERE, SIZE - THERE]
    for _ in range(6):
        facts = [*ranges, *(drawn(rng) for _ in range(rng.choice((0, 1, 2))))]
        distinct = [drawn(rng) for _ in range(rng.choice((0, 1)))]
        either = [at_least_zero(drawn(rng)), compare(Relation.EQ, poly_value(drawn(rng)), poly_value(Poly.of(0)))]
        alternatives = rng.choice(([], [either], [[logic_and(*either), at_least_zero(drawn(rng))]]))
        wanted = drawn(rng)
        found = find_witness(facts, distinct, alternatives, wanted)
        for values in BOX if found is None else [found]:
            fits = (
                all(at(fact, values) >= 0 for fact in (*facts, wanted))
                and all(at(poly, values) != 0 for poly in distinct)
                and all(any(holds(each, values) for each in args) for args in alternatives)
            )
            assert fits is (found is not None), (facts, distinct, alternatives, wanted, values)


def test_the_smallest_come_first() -> None:
    assert find_witness([], [], [], SIZE - 3) == {N: 3}
    assert find_witness([HERE, SIZE - 1 - HERE], [HERE], [], SIZE) == {N: 2, I: 1}
    assert find_witness([], [HERE], [], HERE * HERE) == {I: 1}
    assert find_witness([HERE - 2, 4 - HERE], [HERE - 2], [], HERE) == {I: 3}


def test_what_is_never_so() -> None:
    assert find_witness([HERE, -1 - HERE], [], [], SIZE) is None
    assert find_witness([], [], [], -SIZE) is None
    assert find_witness([SIZE // (SIZE - 1) - 9], [], [], SIZE) is None  # no example divides by 0
    assert find_witness([], [], [[logic_or(at_least_zero(-SIZE), at_least_zero(1 - SIZE))]], SIZE - 2) is None
    assert find_witness([], [], [[TRUE]], SIZE) == {N: 1}

"""What is proved to be >= 0 is, at every small value that the facts allow; and what is plain is proved."""

from __future__ import annotations

import random
from itertools import product

import pytest

from symbackprop.terms.elimination import proves_nonnegative, split, tightened
from symbackprop.terms.poly import Atom, Dim, Floor, Index, Poly

N, K, I, J = Dim("N"), Dim("K"), Index("i"), Index("j")
SIZE, WIDTH, HERE, THERE = map(Poly.of, (N, K, I, J))
# facts are asked at every point; a size is 1 and more
POINTS: list[dict[Atom, int]] = [
    dict(zip((N, K, I, J), point, strict=True))
    for point in product(range(1, 6), range(1, 5), range(-3, 6), range(-3, 6))
]
FACTS = [
    (HERE, SIZE - 1 - HERE),
    (HERE, SIZE - 1 - HERE, THERE, WIDTH - 1 - THERE),
    (HERE, THERE - HERE, SIZE - 1 - THERE),
    (HERE, THERE, SIZE - WIDTH - HERE, WIDTH - 1 - THERE),
    (HERE, SIZE // 2 - 1 - HERE, WIDTH - 2),
    (HERE - 1, 2 * HERE - THERE, THERE - 3),
    (HERE, WIDTH - 1 - HERE, THERE, SIZE - 1 - WIDTH * THERE - HERE),
    (),
]


def at(poly: Poly, point: dict[Atom, int]) -> int:
    return poly.evaluate(point.__getitem__)


def drawn(rng: random.Random) -> Poly:
    """Of degree 2 at most, with a rounded quotient now and then."""
    parts = [SIZE, WIDTH, HERE, THERE, SIZE * WIDTH, WIDTH * THERE, HERE * THERE, SIZE // 2, (HERE + SIZE) // 3]
    total = Poly.of(rng.randint(-3, 3))
    for part in rng.sample(parts, rng.choice((1, 2, 2, 3, 4))):
        total = total + part * rng.choice((-2, -1, 1, 1, 2))
    return total


@pytest.mark.parametrize("facts", FACTS, ids=str)
def test_what_is_proved_is_true(facts: tuple[Poly, ...]) -> None:
    rng = random.Random(str(facts))
    allowed = [point for point in POINTS if all(at(fact, point) >= 0 for fact in facts)]
    assert len(allowed) > 20
    proved = 0
    for _ in range(150):
        goal = drawn(rng)
        if proves_nonnegative(facts, goal):
            proved += 1
            assert all(at(goal, point) >= 0 for point in allowed), goal
    assert proved > 4


def test_what_is_plain_is_proved() -> None:
    ranges = (HERE, SIZE - 1 - HERE, THERE, WIDTH - 1 - THERE)
    for goal in (SIZE - 1, SIZE * WIDTH - 1, HERE + THERE, SIZE + WIDTH - 2 - HERE - THERE,
                 SIZE * WIDTH - 1 - WIDTH * HERE - THERE, (SIZE - 1) * (WIDTH - 1),
                 SIZE - 1 - (HERE // 2), SIZE * SIZE - HERE * HERE):  # fmt: skip
        assert proves_nonnegative(ranges, goal), goal
    for goal in (SIZE - 2, HERE - 1, -HERE, SIZE - 2 - HERE, SIZE - WIDTH, HERE - THERE):
        assert not proves_nonnegative(ranges, goal), goal


def test_from_a_bound_that_is_not_zero() -> None:
    assert proves_nonnegative((THERE - 3,), THERE * THERE - 9)
    assert not proves_nonnegative((THERE - 3,), THERE * THERE - 9 * THERE + 18)  # -2 at 4
    assert proves_nonnegative((HERE + 2,), 3 * HERE + 6)
    assert not proves_nonnegative((HERE + 2,), HERE + 1)


def test_rounding_of_integers_is_made_use_of() -> None:
    assert proves_nonnegative((2 * HERE - 1,), HERE - 1)
    assert not proves_nonnegative((2 * HERE,), HERE - 1)
    assert proves_nonnegative((), SIZE - 2 * (SIZE // 2))
    assert proves_nonnegative((), 2 * (SIZE // 2) + 1 - SIZE)
    assert not proves_nonnegative((), 2 * (SIZE // 2) - SIZE)
    assert proves_nonnegative((HERE,), Poly.of(HERE // SIZE))
    assert not proves_nonnegative((), Poly.of(HERE // SIZE))


@pytest.mark.parametrize("seed", range(20))
def test_a_fact_for_integers_and_an_atom_apart(seed: int) -> None:
    rng = random.Random(seed)
    poly = drawn(rng) * rng.choice((1, 2, 3, 6)) + rng.randint(-5, 5)
    tight = tightened(poly)
    for point in POINTS[::7]:
        assert (at(tight, point) >= 0) == (at(poly, point) >= 0)
        for atom in poly.atoms(deep=False):
            value = at(atom.numerator, point) // at(atom.denominator, point) if isinstance(atom, Floor) else point[atom]
            c, rest = split(poly, atom)
            assert atom not in rest.atoms(deep=False)
            assert at(c, point) * value + at(rest, point) == at(poly, point)


def test_a_goal_that_fails_at_small_sizes_is_not_proved_and_one_that_divides_by_nothing_there_is_searched() -> None:
    n, k = Poly.of(Dim("N")), Poly.of(Dim("K"))
    assert not proves_nonnegative((), n // k - 1)
    assert not proves_nonnegative((n - k,), n // (k - 1) - 1)
    assert proves_nonnegative((n - k,), n // k - 1)

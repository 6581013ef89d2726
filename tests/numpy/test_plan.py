"""The length of a block: what generated modules find, no shorter than what is in use at some moment."""

from __future__ import annotations

import random

import pytest

from symbackprop import load, zoo
from symbackprop.numpy.plan import Asked, block_length


def drawn(rng: random.Random) -> list[Asked]:
    found = []
    for _ in range(rng.randint(0, 40)):
        first = rng.randint(1, 50)
        found.append((rng.choice((0, 4, 64, 1000, rng.randint(1, 10**6))), first, first + rng.randint(0, 30)))
    return found


@pytest.mark.parametrize("seed", range(60))
def test_it_is_what_the_module_finds(seed: int) -> None:
    asked = drawn(random.Random(seed))
    module = load(zoo.load("linear_regression"))
    rounded = {place: ((size + 63) // 64 * 64, first, last) for place, (size, first, last) in enumerate(asked)}
    places, length = module._plan(rounded)
    assert length == block_length(asked)
    moments = range(100)
    assert length >= max(sum(s for s, a, b in rounded.values() if a <= moment <= b) for moment in moments)
    for one, (size, first, last) in rounded.items():
        assert places[one] % 64 == 0
        assert places[one] + size <= length
        for other, (more, begin, end) in rounded.items():
            if one < other and first <= end and begin <= last:
                assert places[one] + size <= places[other] or places[other] + more <= places[one]

"""The cycle that an error names is the shortest there is."""

from __future__ import annotations

import random
from itertools import permutations

import pytest

from symbackprop.schedule.cycle import _shortest_cycle
from symbackprop.schedule.dependence import Dependence
from symbackprop.terms.prove import Facts


@pytest.mark.parametrize("seed", range(80))
def test_shortest(seed: int) -> None:
    rng = random.Random(seed)
    members = list(range(rng.randint(1, 6)))
    edges = {(rng.choice(members), rng.choice(members)) for _ in range(rng.randint(1, 12))}
    edges |= {(a, (a + 1) % len(members)) for a in members}  # strongly connected, as a component is

    def closes(path: tuple[int, ...]) -> bool:
        return all((a, b) in edges for a, b in zip(path, (*path[1:], path[0]), strict=True))

    found = _shortest_cycle(members, [Dependence(a, b, "t", Facts(), {}) for a, b in sorted(edges)])
    length = next(n for n in range(1, len(members) + 1) if any(map(closes, permutations(members, n))))
    assert closes(tuple(found))
    assert len(found) == length

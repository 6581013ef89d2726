"""What cannot be met is told by the assumptions that say it: one, both, all; found in no draw, or shown not to be."""

from __future__ import annotations

import pytest

from symbackprop.feasible import UnmetAssumption, World, described
from symbackprop.terms.build import TRUE
from symbackprop.terms.program import Assumption

FACTS = [Assumption((), TRUE, text, place) for text, place in (("x > 0", "a.py:1"), ("x < 0", "a.py:2"), ("x = 1", ""))]


@pytest.mark.parametrize(("count", "them"), [(1, "it"), (2, "both"), (3, "all of them")])
def test_how_many(count: int, them: str) -> None:
    found = UnmetAssumption(FACTS[:count], {"N": 3}, World.REAL, sure=False)
    assert found.facts == tuple(FACTS[:count])
    assert f"expected data that meet {them}, found none in the draws made at N=3" in str(found)
    assert all(described(fact) in str(found) for fact in FACTS[:count])


def test_what_is_sure() -> None:
    alone = str(UnmetAssumption(FACTS[:1], {}, World.RESIDUES, sure=True))
    assert "that there are none modulo a prime" in alone
    assert "contradict" not in alone
    assert "they contradict each other" in str(UnmetAssumption(FACTS[:2], {"N": 1}, World.REAL, sure=True))


def test_described_as_it_was_written_and_where() -> None:
    assert described(FACTS[0]) == "x > 0 (a.py:1)"
    assert described(FACTS[2]) == "x = 1"
    assert described(Assumption((), TRUE)) == "true"

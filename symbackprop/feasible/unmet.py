"""What cannot be met, told by the assumptions that say it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from symbackprop.errors import SymbackpropError
from symbackprop.terms.program import Assumption
from symbackprop.terms.show import show


class World(Enum):
    """The numbers that elements are of: sixty digits, residues modulo a prime, rationals that are numbers in both."""

    REAL = "real"
    RESIDUES = "residues"
    RATIONAL = "rational"


class UnmetAssumption(SymbackpropError):
    """No data were found for which the declared assumptions hold; `sure` where there are none."""

    def __init__(self, facts: Sequence[Assumption], sizes: Mapping[str, int], world: World, sure: bool) -> None:
        self.facts, self.sure = tuple(facts), sure
        at = ", ".join(f"{name}={value}" for name, value in sizes.items())
        where = (" modulo a prime" if world is World.RESIDUES else "") + (f" at {at}" if at else "")
        them = "it" if len(self.facts) == 1 else "both" if len(self.facts) == 2 else "all of them"
        found, remedy = f"none in the draws made{where}", "state a simpler one, or other sizes"
        if sure and len(self.facts) > 1:
            found, remedy = f"that there are none{where}: they contradict each other", "drop one of them"
        elif sure:
            found, remedy = f"that there are none{where}", "state one that can hold"
        subject = " and ".join(f"assumption {described(fact)}" for fact in self.facts) or "assumptions"
        super().__init__(subject, expected=f"data that meet {them}", found=found, remedy=remedy)


def described(fact: Assumption) -> str:
    """The assumption as it was written, and where."""
    text = fact.text or show(fact.condition)
    return f"{text} ({fact.place})" if fact.place else text


@dataclass(frozen=True, slots=True)
class Unmet(Exception):
    """Facts that could not be met; `sure` where this is shown."""

    facts: tuple[int, ...]
    sure: bool

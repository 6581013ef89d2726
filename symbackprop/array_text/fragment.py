"""A piece of a program on arrays: its text, how strongly it binds, and the axes that its dimensions stand for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from symbackprop.terms.poly import Index


class Level(IntEnum):
    """How strongly an expression binds, in the order of Python's grammar (`@` is bracketed beside `*`)."""

    CHOICE = 0  # a if c else b
    COMPARISON = 1
    OR = 2
    AND = 3
    SUM = 4
    MATMUL = 5
    PRODUCT = 6
    SIGN = 7
    POWER = 8
    ATOM = 9


@dataclass(frozen=True, slots=True)
class Code:
    """An expression with a dimension for each axis. `plain`: a number of Python's own; `called`: what a
    function of the library returns, or a view of that."""

    text: str
    level: Level = Level.ATOM
    axes: tuple[Index, ...] = ()
    plain: bool = False
    called: bool = False

    def at(self, level: Level) -> str:
        """The text where something that binds at least so strongly is wanted."""
        return self.text if self.level >= level else f"({self.text})"

"""A piece of NumPy: its text, how strongly it binds, and the axes that its dimensions stand for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from symbackprop.python_text.bracketed import call, indexed
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
    """An expression with a dimension for each axis. `plain`: a number of Python's own; `numpy`: what a function of
    NumPy returns, or a view of that."""

    text: str
    level: Level = Level.ATOM
    axes: tuple[Index, ...] = ()
    plain: bool = False
    numpy: bool = False

    def at(self, level: Level) -> str:
        """The text where something that binds at least so strongly is wanted."""
        return self.text if self.level >= level else f"({self.text})"

    def over(self, layout: Sequence[Index]) -> Code:
        """Transposed, and with dimensions of length 1, so that it broadcasts against arrays with these axes."""
        own = tuple(axis for axis in layout if axis in self.axes)
        assert set(own) == set(self.axes), (self, layout)
        text, level = self.text, self.level
        if own != self.axes:
            text = f"{self.at(Level.ATOM)}{_transposition([self.axes.index(axis) for axis in own])}"
            level = Level.ATOM
        items = [":" if axis in own else "None" for axis in layout]
        while items and items[0] == "None":
            items.pop(0)
        if "None" in items:
            text, level = indexed(text if level is Level.ATOM else f"({text})", items), Level.ATOM
        return Code(text, level, own, self.plain, self.numpy)

    def exactly(self, layout: Sequence[Index]) -> Code:
        """Transposed to these axes, all of which it has."""
        assert len(layout) == len(self.axes), (self, layout)
        return self.over(layout)


def _transposition(order: Sequence[int]) -> str:
    if order == [1, 0]:
        return ".T"
    moved = [place for place, source in enumerate(order) if place != source]
    if len(moved) == 2:
        return f".swapaxes({moved[0]}, {moved[1]})"
    return f".transpose({', '.join(map(str, order))})"


def numpy_call(function: str, *args: str, axes: tuple[Index, ...] = ()) -> Code:
    """The call of one of NumPy's functions."""
    return Code(call(f"np.{function}", *args), axes=axes, numpy=True)

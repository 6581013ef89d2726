"""Phrases with holes, and what fills them.

Grammar::

    phrase ::= (words | hole)…
    hole   ::= {name}                  one thing: words, mathematics, the number of an equation, or runs of these
             | {name:a, b and c}       several, with what stands between them, and before the last
             | {name:# line|# lines}   a whole number: forms for 1, 2, …, the last one for all others; `#` is the number
                                       in digits

So lists, numbers and their plurals are the table's of a language.

>>> Phrase("{tensor} is read by {readers:a, b and c}.").text(tensor="x", readers=["z", "u", "v"])
'x is read by z, u and v.'
>>> [Phrase("{n:# line|# lines}").text(n=n) for n in (1, 3)]
['1 line', '3 lines']
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import Any

__all__ = ["Kind", "Phrase"]

_HOLE = re.compile(r"\{(?P<name>\w+)(?::(?P<form>[^}]*))?\}")
_LIST = re.compile(r"a(?P<between>.+)b(?P<last>.+)c")


class Kind(Enum):
    """Of a hole: what fills it."""

    ONE = "one"
    SEVERAL = "several"
    NUMBER = "number"


@dataclass(frozen=True)
class Phrase:
    template: str

    def __post_init__(self) -> None:
        if re.search(r"[{}]", _HOLE.sub("", self.template)) or not self.holes:
            raise ValueError(f"not a phrase with holes: {self.template}")

    @cached_property
    def _parts(self) -> tuple[tuple[str, str, str | None], ...]:
        """(words, the name of the hole behind them, its form); no name behind the last words."""
        parts: list[tuple[str, str, str | None]] = []
        end = 0
        for hole in _HOLE.finditer(self.template):
            parts.append((self.template[end : hole.start()], hole["name"], hole["form"]))
            end = hole.end()
        return (*parts, (self.template[end:], "", None))

    @cached_property
    def holes(self) -> Mapping[str, Kind]:
        """The kind of each hole."""
        return {name: _kind(form) for _, name, form in self._parts if name}

    def __call__(self, **given: Any) -> tuple[Any, ...]:
        """The runs of the phrase: its words, and between them what is given for its holes, for each of them."""
        if given.keys() != self.holes.keys():
            raise TypeError(f"{self.template!r} has the holes {sorted(self.holes)}, given are {sorted(given)}")
        runs: list[Any] = []
        for words, name, form in self._parts:
            if words:
                runs.append(words)
            if name:
                runs += _filled(given[name], form)
        return tuple(runs)

    def text(self, **given: Any) -> str:
        """The same as text, where all that is given is text or a number."""
        return "".join(map(str, self(**given)))


def _kind(form: str | None) -> Kind:
    return Kind.ONE if form is None else Kind.SEVERAL if _LIST.fullmatch(form) else Kind.NUMBER


def _filled(given: Any, form: str | None) -> Iterator[Any]:
    if form is None:
        yield from _runs(given)
    elif (found := _LIST.fullmatch(form)) is not None:
        yield from _listed(given, found["between"], found["last"])
    else:
        *few, many = form.split("|")
        yield (few[given - 1] if 0 < given <= len(few) else many).replace("#", str(given))


def _listed(items: Sequence[Any], between: str, last: str) -> Iterator[Any]:
    for place, item in enumerate(items):
        if place:
            yield last if place == len(items) - 1 else between
        yield from _runs(item)


def _runs(item: Any) -> tuple[Any, ...]:
    return item if isinstance(item, tuple) else (item,)

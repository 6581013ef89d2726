"""Names for bound indices: a reduction's own, as a reader is shown them.

A letter runs over one range in a program, wherever it begins in it, and up to a few positions at its end: `0 ≤ t < T`
beside `1 ≤ t ≤ T`, and no `0 ≤ t < D`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain

from symbackprop.terms.poly import Index, Poly
from symbackprop.terms.program import Program, Tensor, highest
from symbackprop.terms.term import Access, Axis, Reduce, Term, accesses

__all__ = ["Letters", "Namer", "Names"]

Names = Mapping[Index, str]
_LETTERS = "ijklmnopqrstuvwabcdefgh"
_EVERY = (*_LETTERS, *(f"{letter}{number}" for number in range(1, 100) for letter in "ijk"))
_PLACES = {letter: place for place, letter in enumerate(_EVERY)}


@dataclass(frozen=True, slots=True)
class Letters:
    """The ranges that the letters of a program have. `ends`: the last values of each."""

    ends: Mapping[str, tuple[Poly, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, tensors: Iterable[Tensor], indices: Iterable[Axis]) -> Letters:
        """Those of the indices that were declared, and of the axes of tensors."""
        found: dict[str, dict[Poly, None]] = {}
        for axis in indices:
            found.setdefault(axis.index.name, {})[axis.high] = None
        for names, origin, shape in dict.fromkeys((t.axes, t.origin, t.shape) for t in tensors):
            for name, end in zip(names, highest(origin, shape), strict=False):
                if name:
                    found.setdefault(name, {})[end] = None
        order = sorted(found, key=lambda name: _PLACES.get(name, len(_PLACES)))
        return cls({name: tuple(found[name]) for name in order})

    def fit(self, name: str, axis: Axis) -> bool:
        """Whether the letter, or what it is without primes, has no other range than that of the axis."""
        return all(_ends_alike(axis, end) for end in self.ends.get(name.rstrip("'"), ()))

    def others(self, axis: Axis) -> Iterator[str]:
        """Letters for an axis of which no tensor says one: those of its range first, then those of none."""
        known = [letter for letter in _EVERY if letter in self.ends]
        yield from (name for name in dict.fromkeys((*known, *self.ends)) if self.fit(name, axis))
        yield from (letter for letter in _EVERY if letter not in self.ends)


def _ends_alike(axis: Axis, end: Poly) -> bool:
    """Whether the axis ends there but for a few positions, or has a single position."""
    if axis.low == axis.high:
        return True
    return axis.high == end if end.constant is not None else (end - axis.high).constant is not None


class Namer:
    """Chooses names for bound indices: that of the axis they run along, else a letter not in use.

    `tensors` gives the axis names; without it bound indices are i, j, k, ... as they come. `letters`: those that have
    ranges, to which the chosen ones are added; without them, as in messages about one equation, none has.
    """

    def __init__(self, tensors: Mapping[str, Tensor] | None = None, letters: Letters | None = None) -> None:
        self.tensors = tensors or {}
        self.are_ranged, self.letters = letters is not None, letters or Letters()

    @classmethod
    def of(cls, program: Program) -> Namer:
        """For the equations of a program, in which each letter has one range."""
        return cls(program.table, Letters.of(program.tensors, program.indices))

    def names(self, term: Reduce, outer: Names, taken: set[str]) -> dict[Index, str]:
        """The names inside the reduction; none is in `taken` (which should hold every free name in sight), and none of
        the names that the free indices of its body have."""
        out = dict(outer)
        used = set(taken) | {outer.get(index, index.name) for index in term.free}
        for axis in term.axes:
            name = self._choose(term.body, axis, used)
            used.add(name)
            out[axis.index] = name
        return out

    def _choose(self, body: Term, axis: Axis, used: set[str]) -> str:
        """Its axis's name, one of another axis that it runs along, one of them with primes, or a letter, which then
        keeps its range."""
        along = [name for access in accesses(body) for name in self._axis_names(access, axis)]
        primed = [f"{name}{dash}" for name in along[:1] for dash in ("'", "''")]
        wanted = [name for name in (*along, *primed) if self.letters.fit(name, axis)]
        name = next(name for name in chain(wanted, self.letters.others(axis)) if name not in used)
        if self.are_ranged and name.rstrip("'") not in self.letters.ends:
            self.letters = Letters({**self.letters.ends, name: (axis.high,)})
        return name

    def _axis_names(self, access: Access, axis: Axis) -> list[str]:
        """Of the axes that it runs along as it is, and then of those along which it is shifted."""
        tensor = self.tensors.get(access.tensor)
        if tensor is None or not tensor.axes:
            return []
        named = [(name, s) for name, s in zip(tensor.axes, access.subscripts, strict=False) if name]
        plain = [name for name, s in named if isinstance(s, Poly) and s.index == axis.index]
        shifted = [name for name, s in named if isinstance(s, Poly) and _shifts(s, axis.index)]
        return [*plain, *shifted]


def _shifts(subscript: Poly, index: Index) -> bool:
    """Whether it is the index and a number that is not 0."""
    rest = subscript - Poly.of(index)
    return rest.constant is not None and rest.constant != 0

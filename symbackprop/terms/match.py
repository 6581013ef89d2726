"""Elements that are read where an equation defines them: positions that are the same but for the names of their
indices, and indices put at a position."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import permutations

from symbackprop.terms.domains import Span
from symbackprop.terms.poly import Atom, Index, Poly
from symbackprop.terms.term import Axis, Subscript

__all__ = ["lies_within", "placed", "renaming"]


def renaming(pattern: Sequence[Subscript], subscripts: Sequence[Subscript]) -> dict[Index, Poly] | None:
    """What to put for each index of `pattern` to get `subscripts`, indices for indices; None where nothing does.

    >>> g, r, i, j, own = Index("g"), Index("r"), Index("i"), Index("j"), Poly.of(3)
    >>> found = renaming([own * Poly.of(g) + Poly.of(r)], [own * Poly.of(j) + Poly.of(i)])
    >>> {str(index): str(poly) for index, poly in found.items()}
    {'g': 'j', 'r': 'i'}
    """
    if len(pattern) != len(subscripts):
        return None
    mapping: dict[Index, Poly] = {}
    for ours, theirs in zip(pattern, subscripts, strict=True):
        if not isinstance(ours, Poly) or not isinstance(theirs, Poly):
            return None
        wanted = [index for index in ours.indices() if index not in mapping]
        free = [index for index in theirs.indices() if all(Poly.of(index) != put for put in mapping.values())]
        for chosen in permutations(free, len(wanted)):
            trial = {**mapping, **{index: Poly.of(other) for index, other in zip(wanted, chosen, strict=True)}}
            if ours.substitute(dict[Atom, Poly](trial.items())) == theirs:
                mapping = trial
                break
        else:
            return None
    return mapping


def lies_within(mapping: Mapping[Index, Poly], axes: Iterable[Axis], ranges: Mapping[Index, Axis]) -> bool:
    """Whether what is put for the axes' indices is an index each, which within `ranges` stays on its axis."""
    for axis in axes:
        index = mapping[axis.index].index if axis.index in mapping else None
        if index is None or index not in ranges or not Span.of(axis).holds(Span.of(ranges[index])):
            return False
    return True


def placed(own: Sequence[Index | None], position: Sequence[Subscript]) -> dict[Index, Poly] | None:
    """What is put for the indices `own`, one for each axis that has one, at the position; None where a position is
    looked up."""
    mapping: dict[Index, Poly] = {}
    for index, subscript in zip(own, position, strict=True):
        if not isinstance(subscript, Poly):
            return None
        if index is not None:
            mapping[index] = subscript
    return mapping

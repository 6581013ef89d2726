"""Names of the axes of what gets a name: the user's letters, or those of the axes that an index runs along."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from symbackprop.terms.namer import Letters
from symbackprop.terms.poly import Index, Poly
from symbackprop.terms.program import Tensor
from symbackprop.terms.term import Access, Axis, Subscript, Term, accesses

__all__ = ["axis_name", "axis_names"]


def axis_names(
    term: Term, axes: Sequence[Axis], tensors: Mapping[str, Tensor], declared: Iterable[Axis],
    left: Sequence[Subscript] = (),
) -> tuple[str, ...]:  # fmt: skip
    """The user's names for free indices; for those of binders the names of the axes they run along, in the term or in
    the subscripts of its equation. `declared`: the user's indices, whose letters have their ranges."""
    letters = Letters.of((), declared)
    reads = [*accesses(term), *(read for subscript in left for read in _gathers(subscript))]
    used = {axis.index.name for axis in axes if not axis.index.fresh}
    names: dict[Index, str] = {}
    for axis in axes:
        name = axis.index.name
        if axis.index.fresh:
            name = axis_name(reads, axis, tensors, letters, used, names)
            used.add(name)
        names[axis.index] = name
    return tuple(names.values())


def axis_name(
    reads: Iterable[Access], axis: Axis, tensors: Mapping[str, Tensor], letters: Letters, used: set[str],
    chosen: Mapping[Index, str],
) -> str:  # fmt: skip
    """A name for an index: that of an axis it runs along; with a number that name, or the one chosen for an index
    beside it in a subscript; else the next letter that is free and runs over no other range."""
    along: list[str] = []
    beside: list[str] = []
    for read in reads:
        names = tensors[read.tensor].axes if read.tensor in tensors else ()
        for name, subscript in zip(names, read.subscripts, strict=False):
            if isinstance(subscript, Poly) and axis.index in subscript.indices():
                along += [name] if name and letters.fit(name, axis) else []
                beside += [chosen[index] for index in subscript.indices() if index in chosen]
    numbered = (f"{name}{n}" for name in (*along[:1], *beside[:1]) for n in range(2, 9))
    fitting = (name for name in (*along, *numbered) if letters.fit(name, axis))
    return next(name for name in (*fitting, *letters.others(axis)) if name not in used)


def _gathers(subscript: Subscript) -> tuple[Access, ...]:
    return (subscript, *accesses(subscript)) if isinstance(subscript, Access) else ()

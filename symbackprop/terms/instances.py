"""Elements and sums as instances of a pattern: what the pattern's indices are there, within their ranges.

`terms.match` renames indices and no more; here an index may be any polynomial, as `x[n + 1]` is an instance of `x[t]`.
"""

from __future__ import annotations

from collections.abc import Mapping

from symbackprop.terms.equalities import slope_of, solution
from symbackprop.terms.held_values import canonical
from symbackprop.terms.poly import Atom, Index, Poly
from symbackprop.terms.prove import Facts
from symbackprop.terms.rewrite import Ranges
from symbackprop.terms.term import Access, Axis, Reduce, Term


def matched(
    pattern: Access, element: Access, axes: Mapping[Index, Axis], ranges: Ranges, sizes: tuple[Term, ...],
    known: Mapping[Index, Poly] | None = None,
) -> dict[Index, Poly] | None:  # fmt: skip
    """What to put for the indices of `axes` so that the pattern is the element, within their ranges; None where
    nothing does. `known`: what some of them are already."""
    if pattern.tensor != element.tensor or len(pattern.subscripts) != len(element.subscripts):
        return None
    mapping = dict(known or {})
    for ours, theirs in zip(pattern.subscripts, element.subscripts, strict=True):
        if not isinstance(ours, Poly) or not isinstance(theirs, Poly):
            return None
        wanted = [index for index in ours.indices() if index not in mapping]
        if len(wanted) > 1 or (wanted and wanted[0] not in axes):
            return None
        if wanted:
            (index,) = wanted
            zero = solution(ours, index)
            if zero is None:
                return None
            mapping[index] = zero.substitute(dict[Atom, Poly](mapping.items())) + slope_of(ours, index) * theirs
        if ours.substitute(dict[Atom, Poly](mapping.items())) != theirs:
            return None
    inside = Facts.of(list(ranges.values()), sizes)
    for index, value in mapping.items():
        if index in (known or {}):
            continue
        axis = axes[index]
        mine = ranges.get(value.index) if value.index is not None else None
        if mine is not None and mine.low == axis.low and mine.high == axis.high:
            continue
        if not (inside.proves(value - axis.low) and inside.proves(axis.high - value)):
            return None
    return mapping


def matched_sum(
    pattern: Reduce, term: Reduce, axes: Mapping[Index, Axis], ranges: Ranges, sizes: tuple[Term, ...]
) -> dict[Index, Poly] | None:
    """The same for a sum, whose free indices are renamed."""
    if pattern.blind != term.blind:
        return None
    (known, places), (key, order) = canonical(pattern), canonical(term)
    if key is not known:
        return None
    facts, mapping = Facts.of(list(ranges.values()), sizes), {}
    for here, there in zip(order, places, strict=True):
        if here not in ranges or not facts.proves(ranges[here].low - axes[there].low):
            return None
        if not facts.proves(axes[there].high - ranges[here].high):
            return None
        mapping[there] = Poly.of(here)
    return mapping

"""Elements and sums as instances of a pattern, such as the element that an equation defines: what the pattern's indices
are there.

`renaming` puts indices for indices; for `matched` an index may be any polynomial within its range, as x[n + 1] is an
instance of x[t].
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import permutations

from symbackprop.terms.binders import replace_terms, substitute
from symbackprop.terms.domains import Span
from symbackprop.terms.equalities import slope_of, solution
from symbackprop.terms.held_values import canonical
from symbackprop.terms.poly import Atom, Index, Poly
from symbackprop.terms.program import Equation
from symbackprop.terms.prove import Facts
from symbackprop.terms.rewrite import Ranges
from symbackprop.terms.term import Access, Axis, PolyValue, Reduce, Subscript, Term, accesses, subterms

__all__ = ["at_looked_up", "lies_within", "matched", "matched_sum", "placed", "renaming", "value_at"]


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


def value_at(equation: Equation, element: Access) -> Term | None:
    """What an equation of plain subscripts gives at the element's position; None where that is looked up."""
    own = [subscript.index if isinstance(subscript, Poly) else None for subscript in equation.subscripts]
    position = placed(own, element.subscripts)
    return None if position is None else substitute(equation.rhs, position)


def at_looked_up(term: Term, mapping: Mapping[Index, Access]) -> Term | None:
    """The term with the integers that elements hold in place of indices; None where one of these stands elsewhere than
    by itself in a subscript."""
    keys = frozenset(mapping)

    def there(element: Access) -> Access:
        parts = (there(s) if isinstance(s, Access) else mapping.get(s.index, s) if s.index else s
                 for s in element.subscripts)  # fmt: skip
        return Access(element.tensor, tuple(parts))

    elements = [element for element in accesses(term) if element.free & keys]
    polys = [inner.poly for inner in subterms(term) if isinstance(inner, PolyValue)]
    polys += [s for element in elements for s in element.subscripts if isinstance(s, Poly) and s.index is None]
    if any(keys.intersection(poly.indices()) for poly in polys):
        return None
    return replace_terms(term, {element: there(element) for element in elements})


# --- any polynomial for an index -----------------------------------------------------------------------------
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
    found = {index: value for index, value in mapping.items() if index not in (known or {})}
    kept = (Span.of(axes[index]).holds(Span.at(value), inside) for index, value in found.items())
    return mapping if all(kept) else None


def matched_sum(
    pattern: Reduce, term: Reduce, axes: Mapping[Index, Axis], ranges: Ranges, sizes: tuple[Term, ...]
) -> dict[Index, Poly] | None:
    """The same for a sum, whose free indices are renamed."""
    if pattern.blind != term.blind:
        return None
    (known, places), (key, order) = canonical(pattern), canonical(term)
    if key is not known:
        return None
    mapping = {there: Poly.of(here) for here, there in zip(order, places, strict=True)}
    if not set(order) <= ranges.keys():
        return None
    facts = Facts.of(list(ranges.values()), sizes)
    kept = (Span.of(axes[there]).holds(Span.of(ranges[here]), facts) for here, there in zip(order, places, strict=True))
    return mapping if all(kept) else None

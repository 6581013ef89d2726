"""Whether one term is another at some position of its bound indices, and terms at other subscripts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from itertools import product as combinations

from symbackprop.terms import build
from symbackprop.terms.build import NIL
from symbackprop.terms.match import at_looked_up
from symbackprop.terms.poly import Index, Poly
from symbackprop.terms.products import negated
from symbackprop.terms.term import Access, Add, Axis, PolyValue, Reduce, Subscript, Term, accesses


def holds(scale: Reduce, candidate: Term) -> bool:
    """Whether the reduction's body, at some position of its indices, is the candidate or some of its summands."""
    axes, body = build.open_reduce(scale, taken=candidate.free)
    return any(within(part, candidate) for _, part in _positions(axes, body, candidate))


def position(axes: Sequence[Axis], body: Term, candidate: Term) -> tuple[Subscript, ...] | None:
    """Where along the axes the body is the candidate."""
    found = (choice for choice, part in _positions(axes, body, candidate) if part is candidate)
    return next(found, None)


def _positions(axes: Sequence[Axis], body: Term, candidate: Term) -> Iterator[tuple[tuple[Subscript, ...], Term]]:
    """Places along the axes that the candidate may stand at, with the body there."""
    options = [_options(axis, body, candidate) for axis in axes]
    for choice in islice(combinations(*options), 64):
        part = instantiate(body, {axis.index: value for axis, value in zip(axes, choice, strict=True)})
        if part is not None:
            yield choice, part


def _options(axis: Axis, body: Term, candidate: Term) -> list[Subscript]:
    """What may stand in the candidate for a bound index of the body; where it is the same all along, the first."""
    if axis.index not in body.free:
        return [axis.low]
    found: dict[Subscript, None] = {}
    own = Poly.of(axis.index)
    theirs: dict[str, list[Access]] = {}
    for access in accesses(candidate):
        theirs.setdefault(access.tensor, []).append(access)
    for access in accesses(body):
        for place, subscript in enumerate(access.subscripts):
            if subscript == own:
                for other in theirs.get(access.tensor, ()):
                    if place < len(other.subscripts) and _indices(other.subscripts[place]) <= candidate.free:
                        found[other.subscripts[place]] = None
    for index in sorted(candidate.free, key=str):
        found[Poly.of(index)] = None
    return list(found)


def within(part: Term, whole: Term) -> bool:
    """Whether the summands of `part` are among those of `whole`."""
    if part is whole:
        return True
    return _summands(build.add(whole, negated(part))) == _summands(whole) - _summands(part)


def _summands(term: Term) -> int:
    if isinstance(term, Add):
        return sum(map(_summands, term.args))
    if isinstance(term, PolyValue):
        return len(term.poly.terms)
    return 0 if term is NIL else 1


def instantiate(term: Term, mapping: Mapping[Index, Subscript]) -> Term | None:
    """The term at other subscripts. An index may become a gather where it stands alone in its subscripts; else None."""
    plain = {index: value for index, value in mapping.items() if isinstance(value, Poly)}
    gathers = {index: value for index, value in mapping.items() if isinstance(value, Access)}
    names = dict(zip(gathers, build.fresh_indices(len(gathers), _names(term, mapping)), strict=True))
    renamed = {**plain, **{index: Poly.of(name) for index, name in names.items()}}
    term = build.substitute(term, renamed)
    return at_looked_up(term, {names[index]: value for index, value in gathers.items()})


def _names(term: Term, mapping: Mapping[Index, Subscript]) -> set[Index]:
    names = set(term.free) | set(mapping)
    for value in mapping.values():
        names |= _indices(value)
    return names


def _indices(subscript: Subscript) -> frozenset[Index]:
    return frozenset(subscript.indices()) if isinstance(subscript, Poly) else subscript.free

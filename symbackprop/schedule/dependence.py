"""Dependences: which instance of an equation must be computed before which instance of another.

Instance I of W writes U[q(I)], instance J of R reads U[p(J)]; where q(I) = p(J), I comes first. A `Dependence` holds
what is known of such a pair: the ranges of both (the reader's bound indices among them), the guards around the read,
the condition under which an accumulated contribution is not zero, and the equal subscripts, solved for as many
indices as they allow (Banerjee, Dependence Analysis, 1997). A gathered subscript stands for an integer of which only
the guards say something: h[parent[b]] behind parent[b] < b is an earlier element, whatever the data.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass, field, replace
from itertools import product
from math import prod
from typing import TypeGuard

from symbackprop.terms.build import NIL, conjuncts
from symbackprop.terms.conditions import scaled_poly
from symbackprop.terms.equalities import solved
from symbackprop.terms.poly import Atom, Index, Poly
from symbackprop.terms.program import Equation, Op
from symbackprop.terms.prove import Facts
from symbackprop.terms.readings import Occurrence, TooManyPaths, occurrences, on_paths
from symbackprop.terms.term import (
    Access,
    Axis,
    Compare,
    Connective,
    Logic,
    Mul,
    Reduce,
    Reduction,
    Relation,
    Subscript,
    Term,
    Where,
)

_MOST_PATHS = 2000  # to the parts of a right-hand side, of which each may be a dependence
_MOST_ROWS = 64  # of conditions that one of several readers has


@dataclass(frozen=True, slots=True)
class Read:
    """An element that an equation reads: under which conditions, for which positions of bound indices."""

    access: Access
    conditions: tuple[Term, ...] = ()
    bound: tuple[Axis, ...] = ()


def reads_of(equation: Equation, tensors: Iterable[str]) -> list[Read]:
    """The reads of any of the tensors, each once: for every set of conditions that leads to it, or where these are
    very many under their disjunction."""
    wanted = frozenset(tensors)
    found: dict[Read, None] = {}
    for root in (*(s for s in equation.subscripts if isinstance(s, Access)), equation.rhs):
        found.update(dict.fromkeys(_reads_of(root, wanted)))
    return list(found)


def _reads_of(root: Term, wanted: frozenset[str]) -> list[Read]:
    try:
        places = list(on_paths(root, lambda term: not term.tensors.isdisjoint(wanted), _MOST_PATHS))
    except TooManyPaths:
        places = [one for place in occurrences(root) for one in _alternatives(place)]
    return [
        Read(place.term, place.guards, place.axes)
        for place in places
        if isinstance(place.term, Access) and place.term.tensor in wanted
    ]


def _alternatives(place: Occurrence) -> Iterator[Occurrence]:
    """The place behind one part of each disjunction, in every way, where these are few."""
    rows = [guard.args if _is_or(guard) else (guard,) for guard in place.guards]
    if prod(map(len, rows)) > _MOST_ROWS:
        yield place
        return
    for guards in product(*rows):
        yield replace(place, guards=tuple(part for guard in guards for part in conjuncts(guard)))


def _is_or(condition: Term) -> TypeGuard[Logic]:
    return isinstance(condition, Logic) and condition.connective is Connective.OR


@dataclass(frozen=True)
class Dependence:
    """Pairs of an instance of `writer` and one of `reader` (places in the list of equations) that read what was
    written. In `facts` and `solution` the writer's indices are renamed by `of_writer`, the reader's by `of_reader`;
    `read` is what the reader reads, where it does."""

    writer: int
    reader: int
    tensor: str
    facts: Facts
    solution: dict[Atom, Poly]
    read: Access | None = None
    _values: dict[tuple[bool, Index], Poly] = field(default_factory=dict, compare=False, repr=False)

    def of_reader(self, index: Index) -> Poly:
        """The reader's index over the pairs, what the equal subscripts determine put in."""
        return self._value(True, index)

    def of_writer(self, index: Index) -> Poly:
        """The writer's index over the pairs, what the equal subscripts determine put in."""
        return self._value(False, index)

    def _value(self, reader: bool, index: Index) -> Poly:
        found = self._values.get((reader, index))
        if found is None:
            renamed = (of_reader if reader else of_writer)(Poly.of(index))
            found = self._values[reader, index] = renamed.substitute(self.solution)
        return found

    def where_zero(self, distance: Poly) -> Dependence | None:
        """The pairs at which a polynomial in the renamed indices is 0; None if there are none."""
        found = solved([distance], self.facts, self.solution)
        if found is None:
            return None
        facts, solution = found
        return replace(self, facts=facts, solution=solution, _values={})


def read_dependence(
    writer: tuple[int, Equation], reader: tuple[int, Equation], read: Read, known: Facts
) -> Dependence | None:
    """What the reader's read needs of the writer; None where they provably never meet."""
    found = _dependence(writer, reader, read.access.subscripts, read.conditions, read.bound, known)
    return None if found is None else replace(found, read=read.access)


def overwrite_dependence(first: tuple[int, Equation], second: tuple[int, Equation], known: Facts) -> Dependence | None:
    """An assignment comes before what is added to the same element."""
    return _dependence(first, second, second[1].subscripts, (), (), known)


def _dependence(
    writer: tuple[int, Equation],
    reader: tuple[int, Equation],
    subscripts: tuple[Subscript, ...],
    conditions: tuple[Term, ...],
    bound: tuple[Axis, ...],
    known: Facts,
) -> Dependence | None:
    equal = [
        of_writer(position_of(written)) - of_reader(position_of(needed))
        for written, needed in zip(writer[1].subscripts, subscripts, strict=True)
    ]
    gathered = {s for s in (*writer[1].subscripts, *subscripts) if isinstance(s, Access)}
    bounds = [*known.nonnegative, *_bounds(writer[1].axes, of_writer), *_bounds((*reader[1].axes, *bound), of_reader)]
    where_written = _needed(writer[1].rhs) if writer[1].op is Op.ACCUMULATE else ()
    distinct = list(known.distinct)
    for renamed, guards in ((of_writer, where_written), (of_reader, conditions)):
        for relation, poly in (found for guard in guards for found in integer_conditions(guard, gathered)):
            match relation:
                case Relation.GE:
                    bounds.append(renamed(poly))
                case Relation.EQ:
                    equal.append(renamed(poly))
                case _:
                    distinct.append(renamed(poly))
    found = solved(equal, Facts(tuple(bounds), tuple(distinct)))
    if found is None:
        return None
    facts, solution = found
    return Dependence(writer[0], reader[0], writer[1].target, facts, solution)


def _needed(term: Term) -> tuple[Term, ...]:
    """Conditions that hold wherever the term is not 0, of indices that are free in it."""
    match term:
        case Where(condition, then, otherwise) if otherwise is NIL:
            return (condition, *_needed(then))
        case Mul(args):
            return tuple(condition for arg in args for condition in _needed(arg))
        case Reduce(Reduction.SUM, axes, body):
            bound = {axis.index for axis in axes}
            return tuple(c for part in _needed(body) for c in conjuncts(part) if c.free.isdisjoint(bound))
        case _:
            return ()


def _bounds(axes: Iterable[Axis], renamed: _Renaming) -> Iterator[Poly]:
    for axis in axes:
        index = renamed(Poly.of(axis.index))
        yield from (index - axis.low, axis.high - index)
        yield axis.high - axis.low


def position_of(subscript: Subscript) -> Poly:
    """The subscript as a number; what is looked up as an index of its own."""
    return subscript if isinstance(subscript, Poly) else Poly.of(Index(f"[{subscript.digest.hex()}]"))


def integer_conditions(condition: Term, gathered: Set[Access]) -> Iterator[tuple[Relation, Poly]]:
    """The integer relations that a conjunction is known to hold, between the gathered positions too."""
    for part in conjuncts(condition):
        if isinstance(part, Compare):
            left, right = _as_position(part.left, gathered), _as_position(part.right, gathered)
            if left is not None and right is not None:
                strict = part.relation is Relation.GT
                yield (Relation.GE, left - right - 1) if strict else (part.relation, left - right)


def _as_position(term: Term, gathered: Set[Access]) -> Poly | None:
    """The term as a polynomial in sizes, indices and gathered positions."""

    def looked_up(inner: Term) -> Poly | None:
        return position_of(inner) if isinstance(inner, Access) and inner in gathered else None

    found = scaled_poly(term, looked_up)
    return found[0] if found is not None and found[1] == 1 else None


# --- the two sides' indices, kept apart ----------------------------------------------------------------
class _Renaming:
    """Each index under a name of its side."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix

    def __call__(self, poly: Poly) -> Poly:
        indices = poly.indices()
        if not indices:
            return poly
        return poly.substitute({index: Poly.of(Index(f"{self.prefix}{index}")) for index in indices})


of_writer, of_reader = _Renaming("<"), _Renaming(">")


__all__ = ["Dependence", "Read", "overwrite_dependence", "read_dependence", "reads_of"]

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
from symbackprop.terms.elimination import split
from symbackprop.terms.poly import ZERO, Atom, Floor, Index, Poly, floor_div
from symbackprop.terms.program import Equation, Op
from symbackprop.terms.prove import Facts
from symbackprop.terms.readings import Occurrence, TooManyPaths, occurrences, on_paths
from symbackprop.terms.term import (
    Access,
    Add,
    Axis,
    Compare,
    Connective,
    Logic,
    Mul,
    Number,
    PolyValue,
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
    written. In `facts` and `solution` the writer's indices are renamed by `of_writer`, the reader's by `of_reader`."""

    writer: int
    reader: int
    tensor: str
    facts: Facts
    solution: dict[Atom, Poly]
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
        solved = _solve([distance], self.facts, self.solution)
        if solved is None:
            return None
        facts, solution = solved
        return Dependence(self.writer, self.reader, self.tensor, facts, solution)


def read_dependence(
    writer: tuple[int, Equation], reader: tuple[int, Equation], read: Read, known: Facts
) -> Dependence | None:
    """What the reader's read needs of the writer; None where they provably never meet."""
    return _dependence(writer, reader, read.access.subscripts, read.conditions, read.bound, known)


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
    solved = _solve(equal, Facts(tuple(bounds), tuple(distinct)), {})
    if solved is None:
        return None
    facts, solution = solved
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
    match term:
        case PolyValue(poly):
            return poly
        case Number(value) if value.denominator == 1:
            return Poly.of(int(value))
        case Access() if term in gathered:
            return position_of(term)
        case Add(args):
            parts = [_as_position(arg, gathered) for arg in args]
            return None if None in parts else sum((part for part in parts if part is not None), ZERO)
        case Mul((Number(value), other)) if value.denominator == 1:
            inner = _as_position(other, gathered)
            return None if inner is None else inner * int(value)
        case _:
            return None


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


# --- solving equal subscripts --------------------------------------------------------------------------
def _solve(equal: list[Poly], facts: Facts, solution: dict[Atom, Poly]) -> tuple[Facts, dict[Atom, Poly]] | None:
    """Facts and solution with the polynomials = 0; None where that is impossible.

    An index with coefficient 1 or -1 is put in everywhere; what has none is split by radix or stays a fact.
    """
    solution = dict(solution)
    waiting = [poly.substitute(solution) for poly in equal]
    kept: list[Poly] = []
    bounds = Facts().nonnegative_too(poly.substitute(solution) for poly in facts.nonnegative)
    while waiting:
        poly = waiting.pop()
        if not poly.terms:
            continue
        if poly.constant is not None or bounds.proves(poly - 1) or bounds.proves(-poly - 1):
            return None
        parts = _radix_split(poly, bounds)
        if parts is not None:
            waiting += parts
            continue
        index = _unit_index(poly)
        if index is None:
            kept.append(poly)
            continue
        coefficient, rest = split(poly, index)
        value = rest * -(coefficient.constant or 0)
        step: dict[Atom, Poly] = {index: value}
        solution = {atom: old.substitute(step) for atom, old in solution.items()} | step
        waiting = [other.substitute(step) for other in (*waiting, *kept)]
        kept = []
        bounds = Facts().nonnegative_too(fact.substitute(step) for fact in bounds.nonnegative)
    out = Facts(bounds.nonnegative, tuple(poly.substitute(solution) for poly in facts.distinct)).equal_too(kept)
    return None if out.contradictory() else (out, solution)


def _unit_index(poly: Poly) -> Index | None:
    """An index that the equality poly = 0 determines."""
    hidden = {inner for atom in poly.atoms(deep=False) if isinstance(atom, Floor) for inner in Poly.of(atom).indices()}
    for index in poly.indices():
        if index not in hidden and poly.degree(index) == 1 and poly.coefficient(index).constant in (1, -1):
            return index
    return None


def _radix_split(poly: Poly, facts: Facts) -> list[Poly] | None:
    """q*a + r = 0 with |r| < q is a = 0 and r = 0: the digits of equal mixed-radix numbers are equal."""
    for index in poly.indices():
        q = poly.coefficient(index)
        if q.constant in (0, 1, -1):
            continue
        if facts.proves(-q - 1):
            q = -q
        elif not facts.proves(q - 1):
            continue
        quotient, rest = _divided(poly, q)
        if (facts.proves(q - 1 - rest) and facts.proves(rest + q - 1)) and (quotient.terms or rest.terms):
            return [quotient, rest]
    return None


def _divided(poly: Poly, q: Poly) -> tuple[Poly, Poly]:
    """(a, r) with poly = q*a + r: into a goes every index whose coefficient is a multiple of q, and of the rest what q
    divides."""
    quotient, left = ZERO, poly
    for index in poly.indices():
        coefficient = poly.coefficient(index)
        factor = _multiple(coefficient, q)
        if factor is not None:
            quotient = quotient + factor * Poly.of(index)
            left = left - coefficient * Poly.of(index)
    alone = left.without_indices()
    if q.constant is not None:
        whole = Poly({monomial: c // q.constant for monomial, c in alone.terms if c % q.constant == 0 or not monomial})
    else:
        whole = _multiple(alone, q) or ZERO
    return quotient + whole, left - whole * q


def _multiple(poly: Poly, q: Poly) -> Poly | None:
    """poly / q where q divides it: exactly by a monomial or integer, or as an integer multiple."""
    if not poly.terms:
        return ZERO
    k, rest = divmod(poly.terms[0][1], q.terms[0][1])
    if not rest and poly == q * k:
        return Poly.of(k)
    exact = floor_div(poly, q)
    return exact if exact * q == poly else None


__all__ = ["Dependence", "Read", "overwrite_dependence", "read_dependence", "reads_of"]

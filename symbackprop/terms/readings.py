"""Under which conditions each part of a term is read, by any of the places in which it stands.

    Where(c, u*exp(u), u)        u is read everywhere
    Where(c, u*exp(u), 0)        u is read where c holds
    Where(c, u, Where(d, u, 0))  u is read where c or d holds

A part that stands in many places is one object: what is asked of it is asked once, under the disjunction of its places'
conditions, and along each path to it only where that does not answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from symbackprop.terms.build import (
    at_least_zero,
    conjuncts,
    integer_condition,
    logic_not,
)
from symbackprop.terms.conditions import either, shared_by, simplified
from symbackprop.terms.poly import Index, Poly
from symbackprop.terms.prove import Facts
from symbackprop.terms.term import Axis, Logic, Reduce, Relation, Term, Where, children_of, subterms
from symbackprop.terms.walks import parents_first

MOST_PATHS = 20_000  # to the parts of one term
_MOST_WORDS = 60  # of a condition that tells readers apart, written out


@dataclass(frozen=True, slots=True)
class Reading:
    """The guards behind which something is read, and whether it is read wherever they hold."""

    guards: tuple[Term, ...] = ()
    exact: bool = True

    def also(self, guards: Iterable[Term], exact: bool = True) -> Reading:
        """Behind further guards."""
        return Reading(tuple(dict.fromkeys((*self.guards, *guards))), self.exact and exact)


_EVERYWHERE = Reading()


@dataclass(frozen=True, slots=True)
class Occurrence:
    """Where a term stands: behind these guards, inside these reductions."""

    term: Term
    guards: tuple[Term, ...] = ()
    inside: tuple[Reduce, ...] = ()

    @property
    def axes(self) -> tuple[Axis, ...]:
        """Those of the reductions around it."""
        return tuple(axis for reduction in self.inside for axis in reduction.axes)

    def children(self) -> Iterator[Occurrence]:
        """The places of the terms directly inside."""
        match self.term:
            case Where(condition, then, otherwise):
                yield Occurrence(condition, self.guards, self.inside)
                yield Occurrence(then, (*self.guards, *conjuncts(condition)), self.inside)
                yield Occurrence(otherwise, (*self.guards, *conjuncts(logic_not(condition))), self.inside)
            case Reduce(_, _, body):
                yield Occurrence(body, self.guards, (*self.inside, self.term))
            case _:
                yield from (Occurrence(child, self.guards, self.inside) for child in children_of(self.term))


def nonempty(axes: Iterable[Axis], facts: Facts | None = None) -> tuple[Term, ...]:
    """That there is a position along each of the axes, where that depends on sizes."""
    extents = [axis.high - axis.low for axis in axes]
    known = Facts() if facts is None else facts
    return tuple(at_least_zero(e) for e in extents if not known.proves(e))


def readings(root: Term, usable: Callable[[Term], bool]) -> dict[Term, Reading]:
    """How each part of the term is read, those that use the index of a reduction inside it left out.

    `usable`: whether a condition may be asked wherever the whole term is; others are left out, and the reading then is
    not exact.
    """
    return _Readings(usable, positions=True).of(root)


def occurrences(root: Term) -> Iterator[Occurrence]:
    """Every part of the term once, behind what its readers have in common."""
    return _Readings().occurrences(root)


def misfits(root: Term, wanted: Callable[[Term], bool], fits: Callable[[Occurrence], bool]) -> Iterator[Occurrence]:
    """The places of wanted parts that do not fit; what fits behind fewer guards fits behind more."""
    if not any(map(wanted, subterms(root))):
        return
    doubtful = {place.term for place in occurrences(root) if wanted(place.term) and not fits(place)}
    holders = _holders(root, doubtful)
    for place in on_paths(root, holders.__contains__):
        if place.term in doubtful and not fits(place):
            yield place


def on_paths(root: Term, entered: Callable[[Term], bool], most: int = MOST_PATHS) -> Iterator[Occurrence]:
    """The occurrences of all parts that are entered, one for each set of guards that leads there.

    Raises TooManyPaths where they are more than `most`.
    """
    stack = [Occurrence(root)]
    seen: set[Occurrence] = set()
    while stack:
        place = stack.pop()
        if place in seen or not entered(place.term):
            continue
        seen.add(place)
        if len(seen) > most:
            raise TooManyPaths
        yield place
        stack.extend(reversed(list(place.children())))


class TooManyPaths(RecursionError):
    """More ways lead to the parts of a term than are followed."""


def _holders(root: Term, wanted: set[Term]) -> set[Term]:
    """The parts in which any of the wanted ones stands."""
    found: set[Term] = set()
    for term in reversed(parents_first(root)) if wanted else ():
        if term in wanted or not found.isdisjoint(children_of(term)):
            found.add(term)
    return found


class _Readings:
    """`usable`: as for `readings`; `positions`: whether a reduction reads nothing where it has no position."""

    def __init__(self, usable: Callable[[Term], bool] = lambda condition: True, positions: bool = False) -> None:
        self.usable, self.positions = usable, positions
        self.bodies: dict[Reduce, dict[Term, Reading]] = {}

    def occurrences(self, root: Term) -> Iterator[Occurrence]:
        """Every part, behind what its readers have in common."""
        stack: list[tuple[dict[Term, Reading], Reading, tuple[Reduce, ...]]] = [(self.of(root), Reading(), ())]
        while stack:
            found, before, inside = stack.pop()
            bound = _bound(inside[-1]) if inside else None
            for term, reading in found.items():
                if bound is None or term.free & bound:  # others are parts of what is around
                    here = before.also(reading.guards)
                    yield Occurrence(term, here.guards, inside)
                    if isinstance(term, Reduce):
                        stack.append((self.in_body(term), here, (*inside, term)))

    def in_body(self, term: Reduce) -> dict[Term, Reading]:
        """The readings of the parts of its body that use its indices, and of the outermost ones that do not."""
        if term not in self.bodies:
            self.bodies[term] = self.of(term.body, _bound(term))
        return self.bodies[term]

    def of(self, root: Term, bound: frozenset[Index] | None = None) -> dict[Term, Reading]:
        """The readings of all parts, or of those down to the first that use none of the bound indices."""
        arrived: dict[Term, list[Reading]] = {root: [_EVERYWHERE]}
        found: dict[Term, Reading] = {}
        for term in parents_first(root):
            if term in arrived:
                here = found[term] = either_of(arrived[term])
                if bound is None or term.free & bound:
                    for child, reading in self._children(term, here):
                        arrived.setdefault(child, []).append(reading)
        return found

    def _children(self, term: Term, here: Reading) -> Iterator[tuple[Term, Reading]]:
        match term:
            case Reduce():
                bound = _bound(term)
                somewhere = here.also(nonempty(term.axes)) if self.positions else here
                for part, reading in self.in_body(term).items():
                    if not part.free & bound:  # read at any of its positions
                        guards = [guard for guard in reading.guards if not guard.free & bound]
                        yield part, somewhere.also(guards, reading.exact and len(guards) == len(reading.guards))
            case Where():
                for place in Occurrence(term).children():
                    guards = [guard for guard in place.guards if self.usable(guard)]
                    yield place.term, here.also(guards, len(guards) == len(place.guards))
            case _:
                for child in children_of(term):
                    yield child, here


def _bound(term: Reduce) -> frozenset[Index]:
    return frozenset(axis.index for axis in term.axes)


# --- one reading for several -------------------------------------------------------------------------------
def either_of(several: Sequence[Reading]) -> Reading:
    """Where any of them is read."""
    if len(several) == 1 or _EVERYWHERE in several:
        return several[0] if len(several) == 1 else _EVERYWHERE
    exact = simplified([reading.guards for reading in several if reading.exact])
    rest = [reading.guards for reading in several if not reading.exact]
    rest = [row for row in rest if not any(set(other) <= set(row) for other in exact)]
    rows = simplified([*exact, *rest]) if rest else exact
    found = _disjunction(rows)
    if found is not None:
        return Reading(found, not rest)
    plain = simplified(tuple(guard for guard in row if not isinstance(guard, Logic)) for row in rows)
    return Reading(shared_by(rows), False).also(_disjunction(plain) or _hull(plain))


def _hull(rows: Sequence[tuple[Term, ...]]) -> Iterator[Term]:
    """The bounds that all rows imply: of every polynomial that each of them bounds the weakest."""
    bounds: list[dict[Poly, int]] = []  # poly >= -number
    for row in rows:
        found: dict[Poly, int] = {}
        bounds.append(found)
        for relation, poly in filter(None, map(integer_condition, row)):
            number = poly.constant_part
            if relation is Relation.GE:
                found[poly - number] = min(number, found.get(poly - number, number))
            elif relation is Relation.EQ:
                found |= {poly - number: number, number - poly: -number}
    for poly in bounds[0]:
        if all(poly in found for found in bounds):
            yield at_least_zero(poly + max(found[poly] for found in bounds))


def _disjunction(rows: Sequence[tuple[Term, ...]]) -> tuple[Term, ...] | None:
    """Guards that hold where those of some row do; None where they are too many words."""
    if len(rows) == 1:
        return rows[0]
    shared, other = either(rows)
    if _words(other, _MOST_WORDS) > _MOST_WORDS:
        return None
    return tuple(dict.fromkeys((*shared, *conjuncts(other))))


def _words(term: Term, most: int) -> int:
    """How many terms it has as a tree, counted a little beyond `most`."""
    total = 1
    for child in children_of(term):
        if total > most:
            break
        total += _words(child, most - total)
    return total


__all__ = [
    "MOST_PATHS",
    "Occurrence",
    "Reading",
    "TooManyPaths",
    "either_of",
    "misfits",
    "nonempty",
    "occurrences",
    "on_paths",
    "readings",
]

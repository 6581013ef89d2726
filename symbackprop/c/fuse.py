"""Neighbouring nests over the same range become one, if one reads at a position what the other has written there.

Two nests may run together where every tensor that one writes and the other touches is touched at the nest's own
position: in each read and each write, in one and the same dimension, stands the index (and the same number beside it).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from symbackprop.c.levels import CHEAP
from symbackprop.c.nests import (
    Nest,
    NestFunction,
    Note,
    Product,
    Statement,
    Store,
    Subscripts,
    When,
    as_read,
    body_of,
    reads_of,
    statements_in,
    values_of,
    with_body,
    written_by,
)
from symbackprop.c.vectors import LEAST
from symbackprop.lower.substitution import at_places
from symbackprop.lower.values import Loop, Map, MapOp, Value, inside
from symbackprop.terms.poly import Atom, Index, Poly

_QUICK = CHEAP | {MapOp.DIVIDE, MapOp.FLOOR_DIVIDE, MapOp.SQRT, MapOp.FLOOR, MapOp.CEILING}
Accesses = dict[str, list[Subscripts]]


def fuse(function: NestFunction) -> NestFunction:
    return replace(function, body=_fused(function.body))


def _fused(body: Sequence[Statement]) -> tuple[Statement, ...]:
    out: list[Statement] = []
    for statement in body:
        last = next((place for place in reversed(range(len(out))) if not isinstance(out[place], Note)), None)
        previous = None if last is None else out[last]
        if (
            isinstance(statement, Nest) and isinstance(previous, Nest)
            and not _leaves_vectors(previous, statement) and may_run_together(previous, statement)
        ):  # fmt: skip
            assert last is not None
            notes = out[last + 1 :]
            del out[last + 1 :]
            out[last] = Nest(previous.axis, (*previous.body, *notes, *along(statement, previous.axis.index)))
        else:
            out.append(statement)
    return tuple(with_body(each, _fused(body_of(each))) if body_of(each) else each for each in out)


def _leaves_vectors(first: Nest, second: Nest) -> bool:
    """Whether one would compute functions position by position, for which it has vectors, since the other one has nests
    inside."""
    simple = [nest for nest in (first, second) if all(isinstance(each, Store | Note) for each in nest.body)]
    if len(simple) != 1 or (simple[0].axis.extent.constant or 0) < LEAST:
        return False
    values = [value for statement in simple[0].body for value in values_of(statement)]
    return any(isinstance(part, Map) and part.op not in _QUICK for value in values for part in inside(value))


def may_run_together(first: Nest, second: Nest) -> bool:
    if (first.axis.low, first.axis.high) != (second.axis.low, second.axis.high):
        return False
    wrote, read = _written(first), _read(first)
    wrote_then, read_then = _written(second), _read(second)
    for name in wrote.keys() | wrote_then.keys():
        if (name not in wrote and name not in read) or (name not in wrote_then and name not in read_then):
            continue
        ours = [*wrote.get(name, ()), *read.get(name, ())]
        theirs = [*wrote_then.get(name, ()), *read_then.get(name, ())]
        if not _at_its_own(ours, first.axis.index, theirs, second.axis.index):
            return False
    return True


def _at_its_own(ours: Sequence[Subscripts], index: Index, theirs: Sequence[Subscripts], other: Index) -> bool:
    for dimension in range(len(ours[0])):
        here = {subscripts[dimension] for subscripts in ours}
        there = {
            s.substitute({other: Poly.of(index)}) if isinstance(s, Poly) else s
            for s in (subscripts[dimension] for subscripts in theirs)
        }
        if len(here | there) == 1:
            (subscript,) = here
            if isinstance(subscript, Poly) and subscript.indices() == (index,) and subscript.coefficient(index) == 1:
                return True
    return False


def _written(nest: Nest) -> Accesses:
    out: Accesses = {}
    for statement in statements_in(nest.body):
        written = written_by(statement)
        if written is not None:
            out.setdefault(written[0], []).append(written[1])
    return out


def _read(nest: Nest) -> Accesses:
    out: Accesses = {}
    for statement in statements_in(nest.body):
        for read in reads_of(statement):
            out.setdefault(read.tensor, []).append(read.subscripts)
    return out


# --- an index in the place of another ------------------------------------------------------------------
def along(nest: Nest, index: Index) -> tuple[Statement, ...]:
    """The body of the nest, along another index."""
    places: dict[Atom, Poly] = {nest.axis.index: Poly.of(index)}
    return tuple(moved(statement, places, frozenset({index})) for statement in nest.body)


def moved(statement: Statement, places: dict[Atom, Poly], new: frozenset[Index]) -> Statement:
    def at(value: Value) -> Value:
        return at_places(value, places, new)

    match statement:
        case Store(tensor, subscripts, value, op):
            places_in = tuple(s.substitute(places) if isinstance(s, Poly) else at(s) for s in subscripts)
            return Store(tensor, places_in, at(value), op)
        case Product(_, subscripts, _, left, right):
            own = tuple(s.substitute(places) if isinstance(s, Poly) else at(s) for s in subscripts)
            return replace(statement, subscripts=own, left=as_read(at(left)), right=as_read(at(right)))
        case When(mask, body):
            return When(at(mask), _moved(body, places, new))
        case Nest(axis, body):
            return Nest(type(axis)(axis.index, axis.low.substitute(places), axis.high.substitute(places)),
                        _moved(body, places, new))  # fmt: skip
        case Loop(_, low, high, _, body):
            return replace(statement, low=low.substitute(places), high=high.substitute(places),
                           body=_moved(body, places, new))  # fmt: skip
        case Note():
            return statement
        case _:
            raise TypeError(f"not a statement: {statement!r}")


def _moved(body: Iterable[Statement], places: dict[Atom, Poly], new: frozenset[Index]) -> tuple[Statement, ...]:
    return tuple(moved(statement, places, new) for statement in body)


__all__ = ["fuse", "moved"]

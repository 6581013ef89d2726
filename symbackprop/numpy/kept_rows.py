"""Of the recurrences that predict runs, the rows that it needs.

Forward keeps all of them, for backward. Predict calls the same function with storage in which row r takes the place of
row r - R. That is enough where one loop alone writes along an axis, row t + w in turn t, and whatever is read was
followed by fewer than R rows:

    in the loop    row t + w - d    d + 1 rows
    before it      row first + w - d, which is written there    d rows
    after it       row last + w - d    d + 1 rows
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from symbackprop.numpy.array import Allocate, Array, Buffer, Function, If, Loop, Role, Statement, own_out, reads
from symbackprop.numpy.windows import sliceable
from symbackprop.terms.poly import Poly

Loops = tuple[Loop[Statement], ...]


@dataclass(frozen=True, slots=True)
class Rows:
    """The last `count` rows along an axis of what the tensor is stored in."""

    tensor: str
    axis: int
    count: int


@dataclass(frozen=True, slots=True)
class _Use:
    """An array that a statement reads or writes: the place of that statement, or of the one that it stands in, and the
    loops around it."""

    place: int
    loops: Loops
    array: Array
    writes: bool


def rows_needed(functions: Sequence[Function], outputs: Sequence[str]) -> tuple[Rows, ...]:
    """Of what the functions, which run one after another, allocate: that of which a few rows are enough."""
    body = [statement for function in functions for statement in function.body]
    uses: dict[str, list[_Use]] = {}
    for use in _uses(body):
        uses.setdefault(use.array.buffer.name, []).append(use)
    found = []
    for statement in body:
        match statement:
            case Allocate(Buffer(name, role=Role.TENSOR) as buffer, None) if name not in outputs:
                rows = _rows(buffer, uses.get(name, ()))
                found += [rows] if rows is not None else []
    return tuple(found)


def _uses(statements: Sequence[Statement], place: int | None = None, loops: Loops = ()) -> Iterator[_Use]:
    for number, statement in enumerate(statements):
        here = number if place is None else place
        match statement:
            case Loop():
                yield from _uses(statement.body, here, (*loops, statement))
            case If():
                yield from _uses((*statement.body, *statement.otherwise), here, loops)
            case _:
                yield from (_Use(here, loops, each, False) for each in reads(statement) if isinstance(each, Array))
                out = own_out(statement)
                if out is not None:
                    yield _Use(here, loops, out, True)


def _rows(buffer: Buffer, uses: Sequence[_Use]) -> Rows | None:
    """Along the first axis of which they are fewer than all."""
    inside = [use for use in uses if use.loops]
    if not inside or len({(use.place, id(use.loops[0])) for use in inside}) > 1:
        return None
    if any(use.array.axes and not sliceable(use.array) for use in uses):
        return None
    for axis, size in enumerate(buffer.shape):
        count = _count(axis, uses, inside[0].place, inside[0].loops[0])
        if count is not None and not (size.constant is not None and size.constant <= count):
            return Rows(buffer.name, axis, count)
    return None


def _count(axis: int, uses: Sequence[_Use], place: int, loop: Loop[Statement]) -> int | None:
    """How many rows are enough; None where all are needed, or who knows."""
    at = [(use, use.array.subscripts[axis]) for use in uses]
    turn = Poly.of(loop.variable)
    offsets = {row - turn for use, row in at if use.place == place and use.writes}
    if len(offsets) != 1 or any(offset.indices() for offset in offsets):
        return None
    (written,) = offsets
    first, last = (loop.high, loop.low) if loop.descending else (loop.low, loop.high)
    counts = [1]
    for use, row in at:
        newest = turn if use.place == place else first if use.place < place else last
        ago = (row - written - newest if loop.descending else newest + written - row).constant
        least = 1 if use.place < place else 0
        if ago is None or ago < least or (use.place > place and use.writes):
            return None
        counts.append(int(ago) + 1 - least)
    return max(counts)


__all__ = ["Rows", "rows_needed"]

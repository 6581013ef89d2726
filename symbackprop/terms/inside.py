"""Whether every element that is read or written lies inside its tensor, under the conditions of its branch.

A `Where` adds its condition to the facts of one branch and its negation to those of the other (not to its own reads), a
reduction adds its indices' ranges. What is added to a tensor may leave it where the condition in front of the whole is
false.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from symbackprop.terms.build import NIL
from symbackprop.terms.check_program import MalformedProgram
from symbackprop.terms.domains import Span, named_by, spans_of
from symbackprop.terms.poly import Dim, Index, Poly
from symbackprop.terms.program import Equation, Op, Program, Tensor
from symbackprop.terms.prove import Facts
from symbackprop.terms.readings import Occurrence, misfits
from symbackprop.terms.show import show
from symbackprop.terms.term import Access, Axis, Reduce, Term, Where


@dataclass(frozen=True, slots=True)
class Read:
    """An element read, what is known where it stands, and the reductions around it."""

    access: Access
    facts: Facts
    axes: tuple[Axis, ...]
    inside: tuple[Reduce, ...]


def reads_outside(
    term: Term, axes: tuple[Axis, ...], conditions: tuple[Term, ...], fits: Callable[[Read], bool]
) -> Iterator[Read]:
    """The reads of the term that do not fit, gathering subscripts included.

    `axes`, `conditions`: what is known around the term. `fits` may be asked about a read under less than is known at
    one of its places.
    """

    def read_at(place: Occurrence) -> Read:
        assert isinstance(place.term, Access)
        around = (*axes, *place.axes)
        return Read(place.term, Facts.of(around, (*conditions, *place.guards)), around, place.inside)

    places = misfits(term, lambda part: isinstance(part, Access), lambda place: fits(read_at(place)))
    return map(read_at, places)


def is_inside(read: Read, table: Mapping[str, Tensor]) -> bool:
    """Whether it provably is."""
    return all(read.facts.proves(margin.room) for margin in margins(read, table))


def check_inside(program: Program) -> Program:
    """The program itself; MalformedProgram where a small example shows that an element lies outside its tensor.

    What is neither proved nor refuted passes: products of sizes and indices are beyond the proofs.
    """
    table = program.table
    sizes = tuple(assumption.condition for assumption in program.assumptions if not assumption.axes)
    for equation in program.equations:
        outside = [*reads_outside(equation.rhs, equation.axes, sizes, lambda read: is_inside(read, table))]
        known = _where_written(equation, Facts.of(equation.axes, sizes))
        gathered = [s for s in equation.subscripts if isinstance(s, Access)]
        written = [Read(access, known, equation.axes, ()) for access in (*gathered, equation.lhs)]
        for read in (*outside, *written):
            for _, room in margins(read, table):
                witness = None if read.facts.proves(room) else read.facts.refutes(room)
                if witness is not None:
                    raise _outside(equation, read.access, table[read.access.tensor], witness)
    return program


def _where_written(equation: Equation, facts: Facts) -> Facts:
    match equation:
        case Equation(op=Op.ACCUMULATE, rhs=Where(condition, _, otherwise)) if otherwise is NIL:
            return facts.assume(condition)
        case _:
            return facts


class Margin(NamedTuple):
    """`room`, which must not be negative, is left between the subscript in `place` and an end of its axis."""

    place: int
    room: Poly


def margins(read: Read, table: Mapping[str, Tensor]) -> Iterator[Margin]:
    """Those of each subscript, but for an index that runs over the whole of its axis. A gather counts by the values
    of its source, where these are bounded."""
    for place, (subscript, whole) in enumerate(
        zip(read.access.subscripts, spans_of(table[read.access.tensor]), strict=True)
    ):
        named = named_by(subscript, table)
        if named is None or (isinstance(subscript, Poly) and _runs_over(subscript.index, whole, read.axes)):
            continue
        yield from (Margin(place, room) for room in whole.room(named))


def _runs_over(index: Index | None, whole: Span, axes: tuple[Axis, ...]) -> bool:
    return index is not None and any((a.index, a.low, a.high) == (index, whole.low, whole.high) for a in axes)


def _outside(
    equation: Equation, access: Access, tensor: Tensor, witness: Mapping[Dim | Index, int]
) -> MalformedProgram:
    span = ", ".join(f"{low}..{high}" for low, high in zip(tensor.origin, tensor.highest, strict=True))
    values = ", ".join(f"{atom} = {value}" for atom, value in witness.items())
    return MalformedProgram(
        show(equation), expected=f"{show(access)} inside {tensor.name}[{span}]", found=f"outside at {values}"
    )


__all__ = ["Margin", "Read", "check_inside", "is_inside", "margins", "reads_outside"]

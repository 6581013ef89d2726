"""Whether every element that is read or written lies inside its tensor, under the conditions of its branch.

A `Where` adds its condition to the facts of one branch and its negation to those of the other (not to its own reads), a
reduction adds its indices' ranges. What is added to a tensor may leave it where the condition in front of the whole is
false.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from symbackprop.terms.build import NIL
from symbackprop.terms.check import MalformedProgram
from symbackprop.terms.domains import named_by, spans_of
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
    return all(read.facts.proves(margin) for margin in _margins(read.access, table))


def check_inside(program: Program) -> Program:
    """The program itself; MalformedProgram where a small example shows that an element lies outside its tensor.

    What is neither proved nor refuted passes: products of sizes and indices are beyond the proofs.
    """
    table = program.table
    sizes = tuple(assumption.condition for assumption in program.assumptions if not assumption.axes)
    for equation in program.equations:
        outside = [*reads_outside(equation.rhs, equation.axes, sizes, lambda read: is_inside(read, table))]
        reads = [(read.access, read.facts) for read in outside]
        written = _where_written(equation, Facts.of(equation.axes, sizes))
        gathered = [s for s in equation.subscripts if isinstance(s, Access)]
        for access, known in (*reads, *((s, written) for s in gathered), (equation.lhs, written)):
            for poly in _margins(access, table):
                witness = None if known.proves(poly) else known.refutes(poly)
                if witness is not None:
                    raise _outside(equation, access, table[access.tensor], witness)
    return program


def _where_written(equation: Equation, facts: Facts) -> Facts:
    match equation:
        case Equation(op=Op.ACCUMULATE, rhs=Where(condition, _, otherwise)) if otherwise is NIL:
            return facts.assume(condition)
        case _:
            return facts


def _margins(access: Access, table: Mapping[str, Tensor]) -> Iterator[Poly]:
    """What must not be negative: from the subscripts to either end of their axes."""
    tensor = table[access.tensor]
    for subscript, whole in zip(access.subscripts, spans_of(tensor), strict=True):
        named = named_by(subscript, table)
        if named is not None:
            yield from (named.low - whole.low, whole.high - named.high)


def _outside(
    equation: Equation, access: Access, tensor: Tensor, witness: Mapping[Dim | Index, int]
) -> MalformedProgram:
    span = ", ".join(f"{low}..{high}" for low, high in zip(tensor.origin, tensor.highest, strict=True))
    values = ", ".join(f"{atom} = {value}" for atom, value in witness.items())
    return MalformedProgram(
        show(equation), expected=f"{show(access)} inside {tensor.name}[{span}]", found=f"outside at {values}"
    )


__all__ = ["Read", "check_inside", "is_inside", "reads_outside"]

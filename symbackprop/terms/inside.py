"""Whether every element that is read or written lies inside its tensor, under the conditions of its branch.

The walk is over terms: a `Where` adds its condition to the facts of one branch and its negation to those of the other
(not to its own reads), a reduction adds its indices' ranges. What is added to a tensor may leave it where the condition
in front of the whole is false.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from symbackprop.terms.build import NIL, logic_not
from symbackprop.terms.check import MalformedProgram
from symbackprop.terms.poly import Dim, Index, Poly
from symbackprop.terms.program import Equation, Op, Program, Tensor
from symbackprop.terms.prove import Facts
from symbackprop.terms.show import show
from symbackprop.terms.term import Access, Axis, Reduce, Term, Where, children_of


@dataclass(frozen=True, slots=True)
class Read:
    """An element read, what is known where it stands, and the reductions around it."""

    access: Access
    facts: Facts
    axes: tuple[Axis, ...]
    inside: tuple[Reduce, ...]


def reads_of(term: Term, axes: tuple[Axis, ...], facts: Facts) -> Iterator[Read]:
    """Every read of the term, once for each set of facts; gathering subscripts are reads too."""
    stack: list[tuple[Term, Facts, tuple[Axis, ...], tuple[Reduce, ...]]] = [(term, facts, axes, ())]
    seen: dict[Facts, set[Term]] = {}
    while stack:
        top, known, ranges, inside = stack.pop()
        if not top.tensors:
            continue
        done = seen.setdefault(known, set())
        if top in done:
            continue
        done.add(top)
        match top:
            case Access():
                yield Read(top, known, ranges, inside)
                stack.extend((child, known, ranges, inside) for child in children_of(top))
            case Where(condition, then, otherwise):
                stack.append((condition, known, ranges, inside))
                stack.append((then, known.assume(condition), ranges, inside))
                stack.append((otherwise, known.assume(logic_not(condition)), ranges, inside))
            case Reduce(_, bound, body):
                stack.append((body, known.with_axes(bound), (*ranges, *bound), (*inside, top)))
            case _:
                stack.extend((child, known, ranges, inside) for child in children_of(top))


def check_inside(program: Program) -> Program:
    """The program itself; MalformedProgram where a small example shows that an element lies outside its tensor.

    What is neither proved nor refuted passes: products of sizes and indices are beyond the proofs.
    """
    sizes = [assumption.condition for assumption in program.assumptions if not assumption.axes]
    for equation in program.equations:
        facts = Facts.of(equation.axes, sizes)
        reads = [(read.access, read.facts) for read in reads_of(equation.rhs, equation.axes, facts)]
        written = _where_written(equation, facts)
        gathered = [s for s in equation.subscripts if isinstance(s, Access)]
        for access, known in (*reads, *((s, written) for s in gathered), (equation.lhs, written)):
            for poly in margins(access, program.table):
                witness = None if known.proves(poly) else known.refutes(poly)
                if witness is not None:
                    raise _outside(equation, access, program.table[access.tensor], witness)
    return program


def _where_written(equation: Equation, facts: Facts) -> Facts:
    match equation:
        case Equation(op=Op.ACCUMULATE, rhs=Where(condition, _, otherwise)) if otherwise is NIL:
            return facts.assume(condition)
        case _:
            return facts


def margins(access: Access, table: Mapping[str, Tensor]) -> Iterator[Poly]:
    """What must not be negative: from the subscripts to either end of their axes."""
    tensor = table[access.tensor]
    for subscript, low, high in zip(access.subscripts, tensor.origin, tensor.highest, strict=True):
        if isinstance(subscript, Poly):
            yield from (subscript - low, high - subscript)
            continue
        bound = table[subscript.tensor].high
        if bound is not None:
            yield from (-low, high - bound + 1)


def _outside(
    equation: Equation, access: Access, tensor: Tensor, witness: Mapping[Dim | Index, int]
) -> MalformedProgram:
    span = ", ".join(f"{low}..{high}" for low, high in zip(tensor.origin, tensor.highest, strict=True))
    values = ", ".join(f"{atom} = {value}" for atom, value in witness.items())
    return MalformedProgram(
        show(equation), expected=f"{show(access)} inside {tensor.name}[{span}]", found=f"outside at {values}"
    )


__all__ = ["Read", "check_inside", "margins", "reads_of"]

"""An optimiser's equations to two functions: of the scalars, once a step, and of the elements."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass
from typing import Generic, TypeVar

from symbackprop.errors import InvalidArgument
from symbackprop.lower.lowering import lower_function
from symbackprop.lower.values import Function
from symbackprop.schedule import schedule
from symbackprop.terms.poly import Poly
from symbackprop.terms.program import Equation, Program, TensorKind
from symbackprop.terms.show import Namer, Printer
from symbackprop.terms.term import Access, PolyValue, Reduce, subterms
from symbackprop.terms.wild import known_of

F = TypeVar("F")  # values.Function, or what a target makes of it


@dataclass(frozen=True, slots=True)
class UpdateIR(Generic[F]):
    """What `update` is made of.

    `scalars`: from `lr` and `t` to what else has rank 0; `elements`: the next values, `next_w` and those of the
    `states`; `arguments`: the tensors that `elements` reads, `w` and `g` first; `title`: how the optimiser was called.
    """

    title: str
    program: Program
    states: tuple[str, ...]
    scalars: F
    elements: F
    given: tuple[str, ...]  # what `scalars` reads
    arguments: tuple[str, ...]


def lower_update(title: str, program: Program, states: Sequence[str]) -> UpdateIR[Function]:
    """Lowers the program of an optimiser, whose output `next_x` replaces the input `x`.

    Raises InvalidArgument for equations that are not element by element, since elements are updated block by block, and
    for an input that no step has.
    """
    table = program.table
    for equation in program.equations:
        _check_elementwise(program, equation)
    scalar = tuple(equation for equation in program.equations if not table[equation.target].rank)
    element = tuple(equation for equation in program.equations if table[equation.target].rank)
    known = known_of(program)
    taken = {*table, *program.dims}
    inputs = {tensor.name for tensor in program.of_kind(TensorKind.INPUT)}
    _check_given(inputs, states)
    numbers = {equation.target for equation in scalar}
    arguments = _in_order(program, {"w", "g", *states} | (_read(element) & (inputs | numbers)))
    given = _in_order(program, inputs & (_read(scalar) | {name for name in arguments if not table[name].rank}))
    elements = lower_function("elements", program, schedule(program, element), arguments, known, taken)
    return UpdateIR(
        title,
        program,
        tuple(states),
        lower_function("scalars", program, schedule(program, scalar), given, known, taken),
        elements,
        given,
        arguments,
    )


def _read(equations: Sequence[Equation]) -> frozenset[str]:
    return frozenset[str]().union(*(equation.reads() for equation in equations))


def _in_order(program: Program, names: Set[str]) -> tuple[str, ...]:
    return tuple(tensor.name for tensor in program.tensors if tensor.name in names)


def _check_given(inputs: Set[str], states: Sequence[str]) -> None:
    """What an update has is all that there may be."""
    known = ("w", "g", *states, "lr", "t")
    for name in sorted(inputs - {*known}):
        raise InvalidArgument(f"optimizer: {name}", expected=f"inputs among {', '.join(known)}", found="another one",
                              remedy="name it in states, or write its number into the equations")  # fmt: skip


def _check_elementwise(program: Program, equation: Equation) -> None:
    """T[i] = an expression in elements [i] and scalars, over all i; or a scalar of scalars."""
    indices = tuple(Poly.of(axis.index) for axis in equation.axes)
    inside = list(subterms(equation.rhs))
    accesses = [term for term in inside if isinstance(term, Access)]
    good = (
        len(indices) == program.table[equation.target].rank < 2
        and equation.subscripts == indices
        and len(program.definitions[equation.target]) == 1
        and all(access.subscripts in ((), indices) for access in accesses)
        and not any(isinstance(term, Reduce) for term in inside)
        and not any(isinstance(term, PolyValue) and (term.poly.dims() or term.poly.indices()) for term in inside)
    )
    if not good:
        raise InvalidArgument(
            f"optimizer: {equation.target}", expected="an equation of elements [i] and scalars, for all i",
            found=Printer(Namer.of(program)).equation(equation),
        )  # fmt: skip


__all__ = ["UpdateIR", "lower_update"]

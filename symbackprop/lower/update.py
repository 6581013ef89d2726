"""An optimiser's equations to two functions: of the scalars, once a step, and of the elements, in place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace

from symbackprop.errors import InvalidArgument
from symbackprop.lower.array import Allocate, Array, Buffer, Function, Map, MapOp, Statement, whole, written
from symbackprop.lower.buffers import bodies_of, buffers_in, rewrite
from symbackprop.lower.function import lower_function
from symbackprop.schedule import schedule
from symbackprop.terms.poly import Poly
from symbackprop.terms.program import Equation, Program, TensorKind
from symbackprop.terms.show import Namer, Printer
from symbackprop.terms.term import Access, PolyValue, Reduce, subterms
from symbackprop.terms.wild import known_of


@dataclass(frozen=True, slots=True)
class UpdateIR:
    """What `update` is made of.

    `scalars`: from `lr` and `t` to what else has rank 0; `elements`: writes the next values into `w` and the
    `states`; `arguments`: the tensors that `elements` reads, `w` and `g` first; `title`: how the optimiser was called.
    """

    title: str
    program: Program
    states: tuple[str, ...]
    scalars: Function
    elements: Function
    given: tuple[str, ...]  # what `scalars` reads
    arguments: tuple[str, ...]


def lower_update(title: str, program: Program, states: Sequence[str]) -> UpdateIR:
    """Lowers the program of an optimiser, whose output `next_x` replaces the input `x`.

    Raises InvalidArgument for equations that are not element by element: elements are updated block by block.
    """
    table = program.table
    for equation in program.equations:
        _check_elementwise(program, equation)
    scalar = tuple(equation for equation in program.equations if not table[equation.target].rank)
    element = tuple(equation for equation in program.equations if table[equation.target].rank)
    known = known_of(program.equations)
    taken = {*table, *program.dims}
    inputs = {tensor.name for tensor in program.of_kind(TensorKind.INPUT)}
    numbers = {equation.target for equation in scalar}
    arguments = _in_order(program, {"w", "g", *states} | (_read(element) & (inputs | numbers)))
    given = _in_order(program, inputs & (_read(scalar) | {name for name in arguments if not table[name].rank}))
    elements = lower_function("elements", program, schedule(program, element), arguments, known, taken)
    return UpdateIR(
        title,
        program,
        tuple(states),
        lower_function("scalars", program, schedule(program, scalar), given, known, taken),
        in_place(elements, {f"next_{name}": name for name in ("w", *states)}),
        given,
        arguments,
    )


def _read(equations: Sequence[Equation]) -> frozenset[str]:
    return frozenset[str]().union(*(equation.reads() for equation in equations))


def _in_order(program: Program, names: Set[str]) -> tuple[str, ...]:
    return tuple(tensor.name for tensor in program.tensors if tensor.name in names)


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
            found=Printer(Namer(program.table)).equation(equation),
        )  # fmt: skip


def in_place(function: Function, following: Mapping[str, str]) -> Function:
    """The function with each new tensor written into the storage of the old one that it follows.

    All along where nothing reads the old tensor once the new one is begun; from the last statement that writes the
    new one where nothing reads the old one after it; elsewhere by a copy at the end.
    """
    body = function.body
    for new, old in following.items():
        source, target = function.buffer(new), function.buffer(old)
        writes = [place for place, statement in enumerate(body) if _writes(statement, source)]
        reads = [place for place, statement in enumerate(body) if target in buffers_in(statement)]
        last = max(reads, default=-1)
        if last <= writes[0] and _elementwise(body[writes[0]]) and not _filled(body, source):
            body = tuple(
                _moved(s, source, target) for s in body if not (isinstance(s, Allocate) and s.buffer == source)
            )
        elif last <= writes[-1] and _elementwise(body[writes[-1]]):
            end = writes[-1]
            final = body[end]
            assert isinstance(final, Map)
            there = replace(final, out=replace(final.out, buffer=target))
            body = (*body[:end], there, *(_moved(s, source, target) for s in body[end + 1 :]))
        else:
            out = whole(target)
            body = (*body, Map(MapOp.COPY, out, (replace(out, buffer=source),)))
    return replace(function, body=body)


def _writes(statement: Statement, buffer: Buffer) -> bool:
    return written(statement) == buffer or any(_writes(s, buffer) for body in bodies_of(statement) for s in body)


def _filled(body: Sequence[Statement], buffer: Buffer) -> bool:
    return any(isinstance(s, Allocate) and s.buffer == buffer and s.fill is not None for s in body)


def _elementwise(statement: Statement) -> bool:
    """Whether each element that it writes depends on the elements at the same position alone."""
    if not isinstance(statement, Map):
        return False
    arrays = [arg for arg in statement.args if isinstance(arg, Array) and arg.axes]
    return statement.out.whole and all(array.whole and array.axes == statement.out.axes for array in arrays)


def _moved(statement: Statement, source: Buffer, target: Buffer) -> Statement:
    """The statement with `target` for `source`."""
    return rewrite(statement, lambda array: replace(array, buffer=target) if array.buffer == source else array)


__all__ = ["UpdateIR", "in_place", "lower_update"]

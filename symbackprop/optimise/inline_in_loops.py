"""Inlining in loops: what one equation of a loop computes for one other is computed where that reads it.

    δo[t, n, j] = δh[t, n, j]·a[t, n, j],   δz[t, n, j] = δo[t, n, j]·o[t, n, j]·(1 - o[t, n, j])

A tensor of all steps is written and read row by row, each row away from the last. Without it the factors beside δh are
one product, which leaves the loop (`hoist`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from symbackprop.terms.domains import whole_definition
from symbackprop.terms.graph import strong_components
from symbackprop.terms.match import value_at
from symbackprop.terms.program import Equation, Program, tensor_graph
from symbackprop.terms.rewrite import Ranges, rewrite_equation
from symbackprop.terms.term import Access, Reduce, Term, Where, subterms


def inline_in_loops(program: Program, wanted: Iterable[str]) -> Program:
    """The program without the tensors that one equation of a loop defines and one other reads, once and element by
    element, a sum for one element each; `wanted`: those that are needed for themselves."""
    kept = frozenset(wanted) | program.opaque
    loop = _loops(program)
    count = Counter(part.tensor for one in program.equations for part in _reads(one))
    reader = {part.tensor: place for place, one in enumerate(program.equations) for part in _reads(one)}
    equations: dict[int, Equation] = dict(enumerate(program.equations))
    for place, whole in enumerate(program.equations):
        name, value = whole.target, equations[place].rhs
        if name in kept or count[name] != 1 or loop.get(place, -1) != loop.get(reader[name]):
            continue
        if whole_definition(program, name) is None or name in value.tensors or _guards(value):
            continue
        at = reader[name]
        if any(isinstance(part, Reduce | Where) and name in part.tensors for part in subterms(equations[at].rhs)):
            continue
        if _reduces(value) and not _each_once(name, equations[at]):
            continue
        equations[at] = _inlined(equations.pop(place), equations[at])
        reader |= {part.tensor: at for part in _reads(equations[at])}
    if len(equations) == len(program.equations):
        return program
    gone = program.definitions.keys() - {one.target for one in equations.values()}
    tensors = tuple(tensor for tensor in program.tensors if tensor.name not in gone)
    return program.with_(tensors=tensors, equations=tuple(equations[place] for place in sorted(equations)))


def _loops(program: Program) -> dict[int, int]:
    """The places of equations that need each other, each with a number of their recurrence."""
    components = strong_components(range(len(program.equations)), tensor_graph(program.equations))
    return {place: number for number, one in enumerate(components) if len(one) > 1 for place in one if place >= 0}


def _reads(equation: Equation) -> list[Access]:
    """Each element that its right-hand side reads, at each of its places that differ."""
    return [part for part in subterms(equation.rhs) if isinstance(part, Access)]


def _guards(value: Term) -> bool:
    return any(isinstance(part, Where) for part in subterms(value))


def _reduces(value: Term) -> bool:
    return any(isinstance(part, Reduce) for part in subterms(value))


def _each_once(name: str, reader: Equation) -> bool:
    """Whether no two elements of the reader read one element of the tensor."""
    (access,) = {part for part in _reads(reader) if part.tensor == name}
    return access.free >= {axis.index for axis in reader.axes}


def _inlined(equation: Equation, into: Equation) -> Equation:
    def rule(term: Term, _: Ranges) -> Term | None:
        if isinstance(term, Access) and term.tensor == equation.target:
            return value_at(equation, term)
        return None if equation.target in term.tensors else term

    number = into.number
    if number is not None and equation.number is not None:
        number = number.computing(equation.number)
    return replace(rewrite_equation(into, rule), number=number)


__all__ = ["inline_in_loops"]

"""Derivatives along many directions at once: a last axis, that of the directions, for all that depends on one.

A tangent is linear in the directions, and what is computed beside it is the same along each; so every equation of a
tangent holds for each direction by itself, and what only the point decides is computed once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from symbackprop.derive.tidy import named_axes
from symbackprop.terms.build import fresh_index
from symbackprop.terms.graph import reached
from symbackprop.terms.poly import Dim, Poly
from symbackprop.terms.program import Equation, Program, Tensor
from symbackprop.terms.rewrite import Ranges, rewrite_equation
from symbackprop.terms.term import Access, Axis, Term

_LETTERS = ("q", "v", "c", "a", "b", "direction")


def along_many(program: Program, size: str, tangents: Iterable[str]) -> Program:
    """The program with a last axis of that size for each of these tangents, and for what depends on one."""
    readers: dict[str, set[str]] = {}
    for equation in program.equations:
        for name in equation.reads():
            readers.setdefault(name, set()).add(equation.target)
    lifted = reached(tangents, lambda name: readers.get(name, ()))
    count = Poly.of(Dim(size))
    axis = Axis(fresh_index("~q"), Poly.of(0), count - 1)
    letter = _letter(program)

    def moved(tensor: Tensor) -> Tensor:
        axes = tensor.axes or ("",) * tensor.rank
        return replace(tensor, shape=(*tensor.shape, count), origin=(*tensor.origin, Poly.of(0)), axes=(*axes, letter))

    tensors = {tensor.name: moved(tensor) if tensor.name in lifted else tensor for tensor in program.tensors}
    equations = (_lifted(equation, lifted, axis) for equation in program.equations)
    return program.with_(
        tensors=tuple(tensors.values()),
        equations=tuple(named_axes(equation, tensors, program.indices) for equation in equations),
        dims=(*program.dims, size),
    )


def _letter(program: Program) -> str:
    """A name for the axis that no other is likely to have."""
    used = {name for tensor in program.tensors for name in tensor.axes} | {axis.index.name for axis in program.indices}
    return next((letter for letter in _LETTERS if letter not in {*used, *program.dims, *program.table}), "")


def _lifted(equation: Equation, lifted: set[str], axis: Axis) -> Equation:
    if equation.target not in lifted:
        return equation
    here = Poly.of(axis.index)

    def rule(term: Term, _: Ranges) -> Term | None:
        match term:
            case Access(tensor, subscripts) if tensor in lifted:
                return Access(tensor, (*subscripts, here))
        return None

    extended = rewrite_equation(equation, rule)
    return replace(extended, subscripts=(*extended.subscripts, here), axes=(*extended.axes, axis))


__all__ = ["along_many"]

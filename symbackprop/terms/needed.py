"""What the values of a program's tensors need of its equations."""

from __future__ import annotations

from collections.abc import Iterable

from symbackprop.terms.graph import reached
from symbackprop.terms.program import Program, TensorKind
from symbackprop.terms.term import Apply, Function, accesses, subterms

__all__ = ["behind_stop_gradient", "needed_for", "restrict"]


def needed_for(program: Program, roots: Iterable[str]) -> frozenset[str]:
    """The tensors that the roots depend on, themselves included."""
    definitions = program.definitions
    return frozenset(
        reached(roots, lambda name: (read for equation in definitions.get(name, ()) for read in equation.reads()))
    )


def restrict(program: Program, roots: Iterable[str]) -> Program:
    """The program with only the equations that the roots need. Data and parameters stay declared."""
    live = needed_for(program, roots)
    return program.with_(
        equations=tuple(equation for equation in program.equations if equation.target in live),
        tensors=tuple(t for t in program.tensors if t.kind is not TensorKind.INTERMEDIATE or t.name in live),
    )


def behind_stop_gradient(program: Program) -> frozenset[str]:
    """The tensors that some stop_gradient's argument depends on: their derivative is not the slope of the loss."""
    return needed_for(program, [
        read.tensor
        for equation in program.equations
        for term in subterms(equation.rhs)
        if isinstance(term, Apply) and term.function is Function.STOP_GRADIENT
        for read in accesses(term)
    ])  # fmt: skip

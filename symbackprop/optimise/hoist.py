"""Hoisting: what a recurrence computes without itself is computed once, before the loop, for all its steps.

    z[t, n, j] = Σ_i W[j, i]·x[t, n, i] + Σ_k U[j, k]·h[t-1, n, k] + b[j]

becomes `z_ahead[t, n, j] = Σ_i W[j, i]·x[t, n, i] + b[j]`, one matrix product over all t, and
`z[t, n, j] = z_ahead[t, n, j] + Σ_k U[j, k]·h[t-1, n, k]`. Only what holds a reduction is worth a tensor of its own;
pointwise values are left where they are read.

In a stack of layers, z[l, t] = W[l]·h[l-1, t] + U[l]·h[l, t-1] in a loop over t inside one over l, the products with
the layer below recur in the outer loop alone: there they are one matrix product over all t.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TypeAlias

from symbackprop.terms.build import NIL, add, logic_and, logic_not, map_children, where
from symbackprop.terms.held_values import held_by
from symbackprop.terms.program import Equation, Program, Tensor, fresh_name
from symbackprop.terms.term import Access, Add, Reduce, Term, Where, subterms

Recurring: TypeAlias = Mapping[int, frozenset[Access]]


def hoist(program: Program, recurring_reads: Callable[[Program], Recurring]) -> Program:
    """The program with the reductions in its recurrences that do not recur named by equations of their own.

    `recurring_reads`: what each equation of an innermost loop, by its place, reads of what that loop computes.
    """
    recurring = recurring_reads(program)
    pass_ = _Hoist(program, frozenset(program.equations[place].target for place in recurring))
    for place, reads in recurring.items():
        pass_.equation(place, reads)
    return pass_.result()


class _Hoist:
    """`recurrent`: the tensors that loops compute."""

    def __init__(self, program: Program, recurrent: frozenset[str]) -> None:
        self.program, self.recurrent = program, recurrent
        self.equations = list(program.equations)
        self.ahead: dict[int, list[Equation]] = {}
        self.tensors: list[Tensor] = []
        self.named: dict[tuple[Term, tuple[object, ...]], Term] = {}
        self.visited: dict[tuple[Term, tuple[Term, ...]], Term] = {}
        self.recurring: frozenset[Access] = frozenset()
        self.taken = {tensor.name for tensor in program.tensors} | set(program.dims)
        self.taken |= {axis.index.name for axis in program.indices}

    def equation(self, place: int, recurring: frozenset[Access]) -> None:
        equation = self.equations[place]
        self.visited, self.recurring = {}, recurring
        rhs = self._visit(equation.rhs, place, ())
        self.equations[place] = replace(equation, rhs=rhs)

    def _visit(self, term: Term, place: int, guards: tuple[Term, ...]) -> Term:
        """The term with the largest parts that do not recur, and hold a reduction, read from tensors."""
        key = term, guards  # a term that stands in several places is one object: once is enough
        if key not in self.visited:
            self.visited[key] = self._visited(term, place, guards)
        return self.visited[key]

    def _visited(self, term: Term, place: int, guards: tuple[Term, ...]) -> Term:
        axes = {axis.index for axis in self.program.equations[place].axes}
        if not self._recurs(term):
            if not _worth_naming(term) or not term.free <= axes:
                return term
            return self._named(term, place, guards)
        match term:
            case Add(args):
                apart = [arg for arg in args if not self._recurs(arg) and arg.free <= axes]
                nowhere = [arg for arg in apart if arg.tensors.isdisjoint(self.recurrent)]
                if not any(map(_worth_naming, nowhere)):
                    nowhere = []
                further_out = [arg for arg in apart if arg not in nowhere]
                groups = [one for one in (nowhere, further_out) if any(map(_worth_naming, one))]
                if groups:
                    rest = [arg for arg in args if not any(arg in one for one in groups)]
                    named = [self._named(add(*one), place, guards) for one in groups]
                    return add(*named, *(self._visit(arg, place, guards) for arg in rest))
            case Where(condition, then, otherwise):
                if condition.tensors or not condition.free <= axes:
                    return term  # what it guards may be out of range ahead of the loop
                return where(
                    condition,
                    self._visit(then, place, (*guards, condition)),
                    self._visit(otherwise, place, (*guards, logic_not(condition))),
                )
        return map_children(term, lambda child: self._visit(child, place, guards))

    def _recurs(self, term: Term) -> bool:
        return any(part in self.recurring for part in subterms(term))

    def _named(self, value: Term, place: int, guards: tuple[Term, ...]) -> Term:
        """An element of the new tensor that holds the value, under its guards, over the indices that it uses."""
        equation = self.program.equations[place]
        rhs = where(logic_and(*guards), value, NIL)
        axes = tuple(axis for axis in equation.axes if axis.index in rhs.free)
        element = self.named.get((rhs, axes))
        if element is None:
            name = fresh_name(f"{equation.target}_ahead", self.taken)
            names = [axis.index.name for axis in axes]
            tensor, definition = held_by(name, rhs, axes, names, equation.target)
            self.ahead.setdefault(place, []).append(definition)
            self.tensors.append(tensor)
            element = self.named[rhs, axes] = definition.lhs
        return element

    def result(self) -> Program:
        if not self.tensors:
            return self.program
        equations: list[Equation] = []
        for place, equation in enumerate(self.equations):
            equations += (*self.ahead.get(place, ()), equation)
        return self.program.with_(tensors=(*self.program.tensors, *self.tensors), equations=tuple(equations))


def _worth_naming(term: Term) -> bool:
    return bool(term.tensors) and any(isinstance(inner, Reduce) for inner in subterms(term))


__all__ = ["hoist"]

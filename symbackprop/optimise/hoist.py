"""Hoisting: what a recurrence computes without itself is computed once, before the loop, for all its steps.

    z[t, n, j] = Σ_i W[j, i]·x[t, n, i] + Σ_k U[j, k]·h[t-1, n, k] + b[j]

becomes `z_ahead[t, n, j] = Σ_i W[j, i]·x[t, n, i] + b[j]`, one matrix product over all t, and
`z[t, n, j] = z_ahead[t, n, j] + Σ_k U[j, k]·h[t-1, n, k]`. So does what is computed element by element, where that is
as large as what it is computed from: the factors beside δ, as h·o·(1 - o), take a few calls instead of a few for each
step, and whole arrays are read faster than their rows.

In a stack of layers, z[l, t] = W[l]·h[l-1, t] + U[l]·h[l, t-1] in a loop over t inside one over l, the products with
the layer below recur in the outer loop alone: there they are one matrix product over all t.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from symbackprop.terms.build import NIL, add, logic_and, logic_not, map_children, mul, where
from symbackprop.terms.held_values import held_by
from symbackprop.terms.program import Equation, Program, Tensor, fresh_name
from symbackprop.terms.term import Access, Add, Mul, Reduce, Term, Where, subterms

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
        self.equations[place] = equation.with_rhs(rhs)

    def _visit(self, term: Term, place: int, guards: tuple[Term, ...]) -> Term:
        """The term with the largest parts that do not recur, and hold a reduction, read from tensors."""
        key = term, guards  # a term that stands in several places is one object: once is enough
        if key not in self.visited:
            self.visited[key] = self._visited(term, place, guards)
        return self.visited[key]

    def _visited(self, term: Term, place: int, guards: tuple[Term, ...]) -> Term:
        axes = {axis.index for axis in self.program.equations[place].axes}
        if not self._recurs(term):
            if not _worth_naming(term, guards) or not term.free <= axes:
                return term
            return self._named(term, place, guards)
        match term:
            case Add(args) | Mul(args):
                groups = self._apart(term, [arg for arg in args if not self._recurs(arg) and arg.free <= axes], guards)
                if groups:
                    rest = [arg for arg in args if not any(arg in one for one in groups)]
                    combine = add if isinstance(term, Add) else mul
                    named = [self._named(combine(*one), place, guards) for one in groups]
                    return combine(*named, *(self._visit(arg, place, guards) for arg in rest))
            case Where(condition, then, otherwise):
                if condition.tensors or not condition.free <= axes:
                    return term  # what it guards may be out of range ahead of the loop
                return where(
                    condition,
                    self._visit(then, place, (*guards, condition)),
                    self._visit(otherwise, place, (*guards, logic_not(condition))),
                )
        return map_children(term, lambda child: self._visit(child, place, guards))

    def _apart(self, term: Add | Mul, args: Sequence[Term], guards: tuple[Term, ...]) -> list[list[Term]]:
        """Those of the arguments, which do not recur, that are worth naming: what recurs nowhere, what does further
        out."""
        if isinstance(term, Mul):  # a sum is a factor by itself: products with it would be larger than it
            args = [arg for arg in args if not any(isinstance(part, Reduce) for part in subterms(arg))]
        combine = add if isinstance(term, Add) else mul
        nowhere = [arg for arg in args if arg.tensors.isdisjoint(self.recurrent)]
        if not _worth_naming(combine(*nowhere), guards):
            nowhere = []
        further_out = [arg for arg in args if arg not in nowhere]
        return [one for one in (nowhere, further_out) if _worth_naming(combine(*one), guards)]

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


def _worth_naming(term: Term, guards: Sequence[Term]) -> bool:
    """Whether it is computed from tensors by a sum; or else in an operation, one of the operands as large as it is."""
    parts = [part for part in subterms(term) if part.tensors]
    if any(isinstance(part, Reduce) for part in parts):
        return True
    if guards or any(isinstance(part, Where) for part in parts):
        return False
    computed = any(_operates(part) for part in parts)
    return computed and any(isinstance(part, Access) and part.free >= term.free for part in parts)


def _operates(term: Term) -> bool:
    """Whether it is more than an element or a multiple of one."""
    return not isinstance(term, Access) and not (
        isinstance(term, Mul | Add) and sum(bool(arg.tensors) for arg in term.args) == 1
    )


__all__ = ["hoist"]

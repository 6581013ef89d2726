"""Hoisting: what a recurrence computes without itself is computed once, before the loop, for all its steps.

    z[t, n, j] = Σ_i W[j, i]·x[t, n, i] + Σ_k U[j, k]·h[t-1, n, k] + b[j]

becomes `z_ahead[t, n, j] = Σ_i W[j, i]·x[t, n, i] + b[j]`, one matrix product over all t, and
`z[t, n, j] = z_ahead[t, n, j] + Σ_k U[j, k]·h[t-1, n, k]`. Only what holds a reduction is worth a tensor of its own;
pointwise values are left where they are read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from symbackprop.terms.build import NIL, add, logic_and, logic_not, map_children, where
from symbackprop.terms.graph import strong_components
from symbackprop.terms.held_values import held_by
from symbackprop.terms.program import Equation, Program, Tensor, fresh_name, tensor_graph
from symbackprop.terms.term import Add, Reduce, Term, Where, subterms


def hoist(program: Program, given: frozenset[str] = frozenset()) -> Program:
    """The program with the reductions in its recurrences that do not recur named by equations of their own.

    `given`: tensors that are complete before the program runs, whatever equations it has for them.
    """
    pass_ = _Hoist(program)
    for members, recurrent in _recurrences(program, given):
        for place in members:
            pass_.equation(place, recurrent)
    return pass_.result()


def _recurrences(program: Program, given: frozenset[str]) -> Iterator[tuple[list[int], frozenset[str]]]:
    """(places of the equations, tensors) of each set of equations that read each other."""
    for component in strong_components(range(len(program.equations)), tensor_graph(program.equations, given)):
        members = [node for node in component if node >= 0]
        if members and len(component) > 1:
            yield members, frozenset(program.equations[place].target for place in members)


class _Hoist:
    def __init__(self, program: Program) -> None:
        self.program = program
        self.equations = list(program.equations)
        self.ahead: dict[int, list[Equation]] = {}
        self.tensors: list[Tensor] = []
        self.named: dict[tuple[Term, tuple[object, ...]], Term] = {}
        self.visited: dict[tuple[Term, tuple[Term, ...]], Term] = {}
        self.taken = {tensor.name for tensor in program.tensors} | set(program.dims)
        self.taken |= {axis.index.name for axis in program.indices}

    def equation(self, place: int, recurrent: frozenset[str]) -> None:
        equation = self.equations[place]
        self.visited = {}
        rhs = self._visit(equation.rhs, place, recurrent, ())
        self.equations[place] = replace(equation, rhs=rhs)

    def _visit(self, term: Term, place: int, recurrent: frozenset[str], guards: tuple[Term, ...]) -> Term:
        """The term with the largest parts that do not recur, and hold a reduction, read from tensors."""
        key = term, guards  # a term that stands in several places is one object: once is enough
        if key not in self.visited:
            self.visited[key] = self._visited(term, place, recurrent, guards)
        return self.visited[key]

    def _visited(self, term: Term, place: int, recurrent: frozenset[str], guards: tuple[Term, ...]) -> Term:
        axes = {axis.index for axis in self.program.equations[place].axes}
        if term.tensors.isdisjoint(recurrent):
            if not _reduces(term) or not term.tensors or not term.free <= axes:
                return term
            return self._named(term, place, guards)
        match term:
            case Add(args):
                apart = [arg for arg in args if arg.tensors.isdisjoint(recurrent) and arg.free <= axes]
                if any(_reduces(arg) and arg.tensors for arg in apart):
                    rest = [self._visit(arg, place, recurrent, guards) for arg in args if arg not in apart]
                    return add(self._named(add(*apart), place, guards), *rest)
            case Where(condition, then, otherwise):
                if condition.tensors or not condition.free <= axes:
                    return term  # what it guards may be out of range ahead of the loop
                return where(
                    condition,
                    self._visit(then, place, recurrent, (*guards, condition)),
                    self._visit(otherwise, place, recurrent, (*guards, logic_not(condition))),
                )
        return map_children(term, lambda child: self._visit(child, place, recurrent, guards))

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


def _reduces(term: Term) -> bool:
    return any(isinstance(inner, Reduce) for inner in subterms(term))


__all__ = ["hoist"]

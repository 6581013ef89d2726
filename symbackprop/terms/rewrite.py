"""Rewriting under binders: a walk that opens reductions, so that what is put in cannot be captured."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from symbackprop.terms.binders import map_children, moved, open_reduce, reduce, renamed, substitute
from symbackprop.terms.poly import Index
from symbackprop.terms.program import Equation, Program
from symbackprop.terms.term import Axis, Reduce, Term

Ranges = Mapping[Index, Axis]


def ranges_of(axes: Iterable[Axis]) -> dict[Index, Axis]:
    """Each axis by its index."""
    return {axis.index: axis for axis in axes}


Rule = Callable[[Term, Ranges], "Term | None"]


def rewrite(term: Term, rule: Rule, ranges: Ranges, after: Rule | None = None) -> Term:
    """The term with `rule` tried on each subterm, outermost first; where it gives a term, that stands as it is.

    `after` is tried on each of the others, once what is inside it is rewritten. `ranges` holds the axes in scope;
    inside a reduction the rules see its indices free, with their axes added. A term that stands in several places is
    one object, and tried once.
    """
    done: dict[Term, Term] = {}

    def visit(term: Term) -> Term:
        if term not in done:
            found = rule(term, ranges)
            done[term] = rebuilt(term) if found is None else found
        return done[term]

    def rebuilt(term: Term) -> Term:
        if isinstance(term, Reduce):
            axes, body = open_reduce(term, taken=ranges)
            inner = rewrite(body, rule, {**ranges, **ranges_of(axes)}, after)
            new = term if inner is body else reduce(term.reduction, axes, inner)
        else:
            new = map_children(term, visit)
        found = None if after is None else after(new, ranges)
        return new if found is None else found

    return visit(term)


def renamed_equation(equation: Equation, names: Iterable[Index]) -> Equation:
    """The equation with other names for the indices of its axes."""
    axes, mapping = renamed(equation.axes, names)
    subscripts = tuple(moved(subscript, mapping) for subscript in equation.subscripts)
    return replace(equation, axes=tuple(axes), subscripts=subscripts, rhs=substitute(equation.rhs, mapping))


def rewrite_equation(equation: Equation, rule: Rule, after: Rule | None = None) -> Equation:
    """The equation with its right-hand side rewritten."""
    rhs = rewrite(equation.rhs, rule, ranges_of(equation.axes), after)
    return equation.with_rhs(rhs)


def rewrite_program(program: Program, rule: Rule, after: Rule | None = None) -> Program:
    """The program with all right-hand sides rewritten."""
    return program.with_(equations=tuple(rewrite_equation(equation, rule, after) for equation in program.equations))

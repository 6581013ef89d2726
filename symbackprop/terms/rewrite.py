"""Rewriting under binders: a walk that opens reductions, so that what is put in cannot be captured."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from symbackprop.terms.build import map_children, open_reduce, reduce
from symbackprop.terms.poly import Index
from symbackprop.terms.program import Equation
from symbackprop.terms.term import Axis, Reduce, Term

Ranges = Mapping[Index, Axis]


def rewrite(term: Term, rule: Callable[[Term, Ranges], Term | None], ranges: Ranges) -> Term:
    """The term with `rule` tried on each subterm, outermost first; where it gives a term, that stands as it is.

    `ranges` holds the axes in scope; inside a reduction the rule sees its indices free, with their axes added. A term
    that stands in several places is one object, and tried once.
    """
    done: dict[Term, Term] = {}

    def visit(term: Term) -> Term:
        if term not in done:
            done[term] = tried(term)
        return done[term]

    def tried(term: Term) -> Term:
        found = rule(term, ranges)
        if found is not None:
            return found
        if isinstance(term, Reduce):
            axes, body = open_reduce(term, taken=ranges)
            inner = rewrite(body, rule, {**ranges, **{axis.index: axis for axis in axes}})
            return term if inner is body else reduce(term.reduction, axes, inner)
        return map_children(term, visit)

    return visit(term)


def rewrite_equation(equation: Equation, rule: Callable[[Term, Ranges], Term | None]) -> Equation:
    """The equation with its right-hand side rewritten."""
    rhs = rewrite(equation.rhs, rule, {axis.index: axis for axis in equation.axes})
    return equation if rhs is equation.rhs else replace(equation, rhs=rhs)

"""Which conventions a derivation makes use of: the slope of relu and of |·| at 0, the ties of a maximum or minimum."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import Enum

from symbackprop.terms.program import DType, Equation, Tensor
from symbackprop.terms.term import Access, Apply, Compare, Function, Reduce, Reduction, Relation, Term, subterms

__all__ = ["Kink", "kinks", "kinks_text"]


class Kink(Enum):
    """What is agreed, as a line of text says it."""

    RELU = "relu'(0) = 0"
    ABSOLUTE = "|·|'(0) = 0"
    TIES = "ties of a maximum or minimum share the gradient equally"


def kinks(forward: Sequence[Equation], backward: Iterable[Equation], table: Mapping[str, Tensor]) -> tuple[Kink, ...]:
    """Those of functions that the forward equations have and whose slope the backward ones choose: a maximum that is
    not differentiated, or a looked-up position, asks for none."""
    has, chosen = _terms(forward), _terms(backward)
    functions = {term.function for term in has if isinstance(term, Apply)}
    reductions = {term.reduction for term in has if isinstance(term, Reduce)}
    compared = {term.relation for term in chosen if isinstance(term, Compare) and _of_values(term, table)}
    found: list[Kink] = []
    if Function.RELU in functions and compared - {Relation.EQ, Relation.NE}:
        found.append(Kink.RELU)
    read = {term.tensor for term in chosen if isinstance(term, Access)}
    slopes = [*chosen, *(equation.rhs for equation in forward if equation.target in read)]  # a sign may have a name
    if Function.ABS in functions and any(isinstance(t, Apply) and t.function is Function.SIGN for t in slopes):
        found.append(Kink.ABSOLUTE)
    extremes = functions & {Function.MAX, Function.MIN} or reductions & {Reduction.MAX, Reduction.MIN}
    if extremes and Relation.EQ in compared:
        found.append(Kink.TIES)
    return tuple(found)


def kinks_text(found: Iterable[Kink]) -> str:
    """As one line: `relu'(0) = 0; ties of a maximum or minimum share the gradient equally`."""
    return "; ".join(kink.value for kink in found)


def _terms(equations: Iterable[Equation]) -> list[Term]:
    return [term for equation in equations for term in subterms(equation.rhs)]


def _of_values(comparison: Compare, table: Mapping[str, Tensor]) -> bool:
    """Whether it compares numbers that were computed, and not looked-up integers."""
    return any(name in table and table[name].dtype is not DType.INT for name in comparison.tensors)

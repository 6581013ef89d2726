"""Which conventions a derivation makes use of: the slope of relu and of |·| at 0, the ties of a maximum or minimum."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from enum import Enum

from symbackprop.terms.graph import reached
from symbackprop.terms.program import DType, Equation, Tensor, by_target
from symbackprop.terms.term import Apply, Compare, Function, Reduce, Reduction, Relation, Term, subterms

__all__ = ["Kink", "kinks", "kinks_text"]


class Kink(Enum):
    """What is agreed, as a line of text says it."""

    RELU = "relu'(0) = 0"
    ABSOLUTE = "|·|'(0) = 0"
    TIES = "ties of a maximum or minimum share the gradient equally"


_RELU, _ABSOLUTE = (Function.RELU,), (Function.ABS,)
_EXTREMES = (Function.MAX, Function.MIN, Reduction.MAX, Reduction.MIN)


def kinks(forward: Iterable[Equation], backward: Iterable[Equation], table: Mapping[str, Tensor]) -> tuple[Kink, ...]:
    """Those of functions that the forward equations have and whose slope the backward ones choose: a maximum that is
    not differentiated, or a looked-up position, asks for none. A choice is known by what it compares."""
    forward, chosen = tuple(forward), [term for equation in backward for term in subterms(equation.rhs)]
    compared = [term for term in chosen if isinstance(term, Compare) and _of_values(term, table)]
    orders = [term for term in compared if term.relation not in (Relation.EQ, Relation.NE)]
    equalities = [term for term in compared if term.relation is Relation.EQ]
    read = {name for term in chosen for name in term.tensors}
    named = [term for equation in forward if equation.target in read for term in subterms(equation.rhs)]
    signs = [term for term in (*chosen, *named) if isinstance(term, Apply) and term.function is Function.SIGN]
    choices = ((Kink.RELU, orders, _RELU), (Kink.ABSOLUTE, signs, _ABSOLUTE), (Kink.TIES, equalities, _EXTREMES))
    return tuple(kink for kink, terms, kinds in choices if _about(terms, forward, kinds))


def _about(choices: Iterable[Term], forward: Sequence[Equation], kinds: Collection[Function | Reduction]) -> bool:
    """Whether one of the choices depends on what such a function is made of, or on its value: they may be read from
    any tensor that holds them."""
    definitions = by_target(forward)

    def made_of(tensors: Iterable[str]) -> set[str]:
        return reached(tensors, lambda name: (read for each in definitions.get(name, ()) for read in each.reads()))

    arguments, values = set[str](), set[str]()
    for equation in forward:
        for term in subterms(equation.rhs):
            kind = term.function if isinstance(term, Apply) else term.reduction if isinstance(term, Reduce) else None
            if kind in kinds:
                arguments |= term.tensors
                values.add(equation.target)
    return not made_of({name for term in choices for name in term.tensors}).isdisjoint(made_of(arguments) | values)


def kinks_text(found: Iterable[Kink]) -> str:
    """As one line: `relu'(0) = 0; ties of a maximum or minimum share the gradient equally`."""
    return "; ".join(kink.value for kink in found)


def _of_values(comparison: Compare, table: Mapping[str, Tensor]) -> bool:
    """Whether it compares numbers that were computed, and not looked-up integers."""
    return any(name in table and table[name].dtype is not DType.INT for name in comparison.tensors)

"""What is computed everywhere and looked at in places: floating-point errors in it mean nothing.

A tensor that is read behind guards alone (in a branch, as an argument of Max or Min), or by equations of such tensors,
may be infinite or undefined wherever no guard lets it through; a condition that reads it decides that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from symbackprop.terms.program import Equation
from symbackprop.terms.term import (
    CONDITIONS,
    Access,
    Apply,
    Function,
    Term,
    Where,
    children_of,
    subterms,
)
from symbackprop.terms.wild import Known, Wild, wildness

_SELECTING = {Function.MAX, Function.MIN}


def selected_tensors(equations: Sequence[Equation], kept: Iterable[str], known: Known) -> frozenset[str]:
    """The tensors that are read behind guards alone and in which something may go wrong.

    Those of `kept` are wanted for themselves.
    """
    readers: dict[str, set[str | None]] = {}  # None: a read through a guard
    for equation in equations:
        for name, guarded in _reads(equation.rhs, False):
            readers.setdefault(name, set()).add(None if guarded else equation.target)
    found = {equation.target for equation in equations} - set(kept)
    shrinking = True
    while shrinking:
        loud = {name for name in found if not readers.get(name, set()) <= {None, *found}}
        found -= loud
        shrinking = bool(loud)
    return frozenset(equation.target for equation in equations if equation.target in found and _risky(equation, known))


def _risky(equation: Equation, known: Known) -> bool:
    """Whether a floating-point error may be met: -oo alone, as of masked scores, is none."""
    logarithms = (isinstance(t, Apply) and t.function in (Function.LOG, Function.LOG1P) for t in subterms(equation.rhs))
    return bool(wildness(equation.rhs, known) & ~Wild.LOW) or any(logarithms)


def _reads(term: Term, guarded: bool) -> Iterator[tuple[str, bool]]:
    match term:
        case Access(tensor):
            yield tensor, guarded
        case _ if isinstance(term, CONDITIONS):
            return
        case Where(_, then, otherwise):
            yield from _reads(then, True)
            yield from _reads(otherwise, True)
        case _:
            inside = guarded or (isinstance(term, Apply) and term.function in _SELECTING)
            for child in children_of(term):
                yield from _reads(child, inside)


__all__ = ["selected_tensors"]

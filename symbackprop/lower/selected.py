"""What is computed everywhere and looked at in places: floating-point errors in it mean nothing.

A tensor that is read behind guards alone (in a branch, as an argument of Max or Min), or by equations of such tensors,
may be infinite or undefined wherever no guard lets it through; a condition that reads it decides that. Guards that only
keep reads inside their tensors, as padding has them, let everything through.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from symbackprop.terms.build import conjuncts
from symbackprop.terms.domains import margins, says_inside
from symbackprop.terms.graph import reached
from symbackprop.terms.program import Equation, Tensor
from symbackprop.terms.term import (
    CONDITIONS,
    Access,
    Apply,
    Function,
    Term,
    Where,
    accesses,
    children_of,
    subterms,
)
from symbackprop.terms.wild import Known, Wild, wildness

_SELECTING = {Function.MAX, Function.MIN}


def selected_tensors(
    equations: Sequence[Equation], kept: Iterable[str], known: Known, table: Mapping[str, Tensor]
) -> frozenset[str]:
    """The tensors that are read behind guards alone and in which something may go wrong.

    Those of `kept` are wanted for themselves.
    """
    plain: dict[str, set[str]] = {}  # what each tensor reads without a guard
    for equation in equations:
        reads = _reads(equation.rhs, False, table)
        plain.setdefault(equation.target, set()).update(name for name, guarded in reads if not guarded)
    loud = reached(kept, lambda name: plain.get(name, ()))
    return frozenset(e.target for e in equations if e.target not in loud and _risky(e, known))


def _risky(equation: Equation, known: Known) -> bool:
    """Whether a floating-point error may be met: -oo alone, as of masked scores, is none."""
    logarithms = (isinstance(t, Apply) and t.function in (Function.LOG, Function.LOG1P) for t in subterms(equation.rhs))
    return bool(wildness(equation.rhs, known) & ~Wild.LOW) or any(logarithms)


def _reads(term: Term, guarded: bool, table: Mapping[str, Tensor]) -> Iterator[tuple[str, bool]]:
    match term:
        case Access(tensor):
            yield tensor, guarded
        case _ if isinstance(term, CONDITIONS):
            return
        case Where(condition, then, otherwise):
            inside = guarded or not _keeps_in_range(condition, then, table)
            yield from _reads(then, inside, table)
            yield from _reads(otherwise, inside, table)
        case _:
            inside = guarded or (isinstance(term, Apply) and term.function in _SELECTING)
            for child in children_of(term):
                yield from _reads(child, inside, table)


def _keeps_in_range(condition: Term, then: Term, table: Mapping[str, Tensor]) -> bool:
    inside = {margin for read in accesses(then) for margin in margins(read.subscripts, table[read.tensor])}
    return all(says_inside(part, inside) for part in conjuncts(condition))


__all__ = ["selected_tensors"]

"""Which rows of scores can be masked everywhere, so that nothing is left of their exponentials.

A score is -oo where an equation masks it, as `Piecewise((u, s <= t), (-oo, True))` does, or where it is computed as
such (log 0). It may also be given: an input that is added to scores is how masks are handed in, and scores that are
themselves data may be anything. Sums of products of finite numbers, with or without a learned bias, are finite.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from symbackprop.terms.positive import plainly_nonnegative
from symbackprop.terms.program import Program, TensorKind
from symbackprop.terms.term import Access, Add, Apply, Axis, Function, Mul, Term, Where, subterms
from symbackprop.terms.wild import Known, Wild, wildness

_DATA = (TensorKind.INPUT, TensorKind.BUFFER, TensorKind.RANDOM)


def may_be_masked(axes: Sequence[Axis], scores: Term, program: Program, known: Known) -> bool:
    """Whether nothing may be left of a row: at some sizes there is nothing along its axes, or all of it may be -oo."""
    if not all(plainly_nonnegative(axis.extent - 1) for axis in axes):
        return True
    if wildness(scores, known) & (Wild.LOW | Wild.OVERFLOW):
        return True
    parts = partial(_added, program=program)
    addends = [term for term in subterms(scores, parts) if not parts(term)]
    kinds = {program.table[each.tensor].kind for each in addends if isinstance(each, Access)}
    return not kinds.isdisjoint(_DATA) or (len(addends) == 1 and TensorKind.PARAMETER in kinds)


def _added(term: Term, program: Program) -> Sequence[Term]:
    """What is added up to the term, through the equations of a tensor that is read; nothing where that is itself."""
    match term:
        case Add(args) | Apply(Function.DIFFERENCE, args):
            return args
        case Where(_, then, otherwise):
            return then, otherwise
        case Mul(args) if sum(bool(arg.tensors) for arg in args) == 1:
            return [arg for arg in args if arg.tensors]
        case Access(name):
            return [equation.rhs for equation in program.definitions.get(name, ())]
        case _:
            return ()


__all__ = ["may_be_masked"]

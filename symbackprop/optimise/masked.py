"""Which rows of scores can be masked everywhere, so that nothing is left of their exponentials.

A score is -oo where an equation masks it, as `Piecewise((u, s <= t), (-oo, True))` does, or where it is computed as
such (log 0). It may also be given: an input that is added to scores is how masks are handed in, and scores that are
themselves data may be anything. Sums of products of finite numbers, with or without a learned bias, are finite.
"""

from __future__ import annotations

from collections.abc import Iterator

from symbackprop.terms.program import Program, TensorKind
from symbackprop.terms.term import Access, Add, Apply, Function, Mul, Term, Where
from symbackprop.terms.wild import Known, Wild, wildness

_DATA = (TensorKind.INPUT, TensorKind.BUFFER, TensorKind.RANDOM)


def may_be_masked(scores: Term, program: Program, known: Known) -> bool:
    """Whether a whole row of these scores may be -oo."""
    if wildness(scores, known) & (Wild.LOW | Wild.OVERFLOW):
        return True
    addends = [*_addends(scores, program, set())]
    kinds = {program.table[each.tensor].kind for each in addends if isinstance(each, Access)}
    return not kinds.isdisjoint(_DATA) or (len(addends) == 1 and TensorKind.PARAMETER in kinds)


def _addends(term: Term, program: Program, met: set[str]) -> Iterator[Term]:
    """What is added up to the term, through the equations of the tensors that it reads. `met`: those looked into."""
    match term:
        case Add(args) | Apply(Function.DIFFERENCE, args):
            for arg in args:
                yield from _addends(arg, program, met)
        case Where(_, then, otherwise):
            yield from _addends(then, program, met)
            yield from _addends(otherwise, program, met)
        case Mul(args) if sum(bool(arg.tensors) for arg in args) == 1:
            yield from _addends(next(arg for arg in args if arg.tensors), program, met)
        case Access(name) if name in program.definitions:
            if name not in met:
                met.add(name)
                for equation in program.definitions[name]:
                    yield from _addends(equation.rhs, program, met)
        case _:
            yield term


__all__ = ["may_be_masked"]

"""What must hold of a program whose parts are named, which is what the reverse sweep differentiates; see `parts`.

Checked of every right-hand side: functions, powers other than positive integer ones, and reductions other than sums
stand at its root (a branch of guards is one) or nowhere, and their arguments read one element, or are a power of what
is no function; sums over indices are not multiplied by what varies. So each such value is the value of a tensor, in
which its derivative is stated.
"""

from __future__ import annotations

from symbackprop.derive.flat import is_compound
from symbackprop.derive.placement import Place, inside, is_whole
from symbackprop.terms.check_program import MalformedProgram
from symbackprop.terms.program import Op, Program
from symbackprop.terms.show import show
from symbackprop.terms.term import (
    CONDITIONS,
    Add,
    Apply,
    Compare,
    Logic,
    Mul,
    Power,
    Reduce,
    Reduction,
    Term,
    Where,
)
from symbackprop.terms.walks import values_of

__all__ = ["check_named"]


def check_named(program: Program) -> Program:
    """The program itself; MalformedProgram where a value has no name that should have one."""
    partial = {equation.target for equation in program.equations if equation.op is Op.ACCUMULATE}
    for equation in program.equations:
        seen: set[tuple[Term, Place]] = set()
        stack = [(equation.rhs, Place.LINEAR if equation.target in partial else Place.ROOT)]
        while stack:
            part = stack.pop()
            if part not in seen:
                seen.add(part)
                term, place = part
                if not _has_place(term, place):
                    raise MalformedProgram(
                        show(equation), expected="a tensor that holds the value", found=f"{show(term)} ({place.value})"
                    )
                stack.extend(_parts(term, place))
    return program


def _has_place(term: Term, place: Place) -> bool:
    match term:
        case _ if not term.tensors:
            return True
        case Reduce(Reduction.SUM, _, _):
            return place.linear
        case Apply() | Reduce():
            return place is Place.ROOT
        case Power(_, exponent) if not is_whole(exponent):
            return place is Place.ROOT
        case _ if place is Place.ARGUMENT and not isinstance(term, Power):
            return not is_compound(term)
        case Mul(args) if place is Place.INNER:
            return not any(isinstance(arg, Add) and is_compound(arg) for arg in args)
        case _:
            return True


def _parts(term: Term, place: Place) -> list[tuple[Term, Place]]:
    """What stands in the term, and where."""
    if isinstance(term, CONDITIONS):
        return _compared(term)
    parts = [(part, inside(term, place)) for part in values_of(term) if part.tensors]
    return [*_compared(term.condition), *parts] if isinstance(term, Where) else parts


def _compared(condition: Term) -> list[tuple[Term, Place]]:
    """The sides of the comparisons: they are evaluated, never differentiated, so that arithmetic may stand in them."""
    match condition:
        case Compare(_, left, right):
            return [(left, Place.LINEAR), (right, Place.LINEAR)]
        case Logic(_, args):
            return [part for arg in args for part in _compared(arg)]
        case _:
            return []

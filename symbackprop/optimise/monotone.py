"""A monotone function of a maximum in the place of a maximum of the function, which is taken of fewer elements then.

    max_i f(u[i])        becomes   f(max_i u[i])           f: relu, tanh, sigmoid, exp, …
    max_i (u[i] + c)               max_i u[i] + c          c without i
    max_i 2·u[i]                   2·max_i u[i]

Likewise of minima. Only where there is an element: the extremum of nothing is infinite, f of it need not be. Gradients
are the same, ties and kinks included: f rises strictly, so that ties stay what they are, or is relu, whose slope is 0
wherever it does not. (The larger of u[i] and a number is not taken out: where that number is the maximum, it ties.)
"""

from __future__ import annotations

from collections.abc import Collection

from symbackprop.terms.build import add, apply, mul, number, open_reduce, reduce, split_coefficient
from symbackprop.terms.poly import Index
from symbackprop.terms.products import addends
from symbackprop.terms.program import Program
from symbackprop.terms.prove import Facts
from symbackprop.terms.rewrite import Ranges, rewrite_program
from symbackprop.terms.size_facts import size_facts
from symbackprop.terms.term import Apply, Axis, Function, Reduce, Reduction, Term

_INCREASING = frozenset({Function.RELU, Function.TANH, Function.SIGMOID, Function.EXP, Function.EXPM1, Function.SINH,
                         Function.ASINH, Function.ATAN, Function.ERF, Function.SOFTPLUS,
                         Function.LOG_SIGMOID})  # fmt: skip


def monotone_outside(program: Program) -> Program:
    """The program with monotone functions outside its maxima and minima."""
    facts = size_facts(program)

    def outside(term: Term, ranges: Ranges) -> Term | None:
        if not isinstance(term, Reduce) or term.reduction not in (Reduction.MAX, Reduction.MIN):
            return None
        axes, body = open_reduce(term, taken=ranges)
        if not _has_elements(axes, facts.with_axes(ranges.values())):
            return None
        found = _taken_out(term.reduction, axes, body)
        return None if found is term else found

    return rewrite_program(program, lambda *_: None, outside)


def _has_elements(axes: Collection[Axis], facts: Facts) -> bool:
    return all(facts.proves(axis.high - axis.low) for axis in axes)


def _taken_out(reduction: Reduction, axes: Collection[Axis], body: Term) -> Term:
    """The reduction of the body, with what can stand outside it there."""
    own = {axis.index for axis in axes}
    if isinstance(body, Apply) and body.function in _INCREASING:
        (u,) = body.args
        return apply(body.function, _taken_out(reduction, axes, u))
    inner, outer = _parted(addends(body), own)
    if inner and outer:
        return add(_taken_out(reduction, axes, add(*inner)), *outer)
    times, rest = split_coefficient(body)
    if times > 0 and times != 1:
        return mul(number(times), _taken_out(reduction, axes, rest))
    return reduce(reduction, list(axes), body)


def _parted(args: Collection[Term], own: set[Index]) -> tuple[list[Term], list[Term]]:
    """Those with an index of the reduction, and those without."""
    inner = [arg for arg in args if not own.isdisjoint(arg.free)]
    return inner, [arg for arg in args if own.isdisjoint(arg.free)]


__all__ = ["monotone_outside"]

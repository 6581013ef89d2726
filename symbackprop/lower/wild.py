"""Which values may be infinite or undefined where they are defined: a guard must stand on each of those itself."""

from __future__ import annotations

from collections.abc import Iterable

from symbackprop.lower.sign import is_positive, nonnegative_tensors
from symbackprop.terms.program import Equation
from symbackprop.terms.term import (
    Access,
    Apply,
    Compare,
    Constant,
    Constant_,
    Function,
    Logic,
    PolyValue,
    Power,
    Term,
    children_of,
)

_TAMING = {Function.EXP_NORMALIZED, Function.SIGMOID, Function.TANH, Function.ATAN, Function.SIGN, Function.EXP,
           Function.SECH}  # fmt: skip
_SINGULAR = {Function.LOG, Function.LOG1P, Function.ATANH, Function.POW, Function.TAN, Function.ACOSH, Function.ASIN,
             Function.ACOS, Function.CSCH, Function.BOSE}  # fmt: skip


def is_wild(term: Term, wild: frozenset[str], nonnegative: frozenset[str] = frozenset()) -> bool:
    """Whether the term may be infinite or NaN at arguments of ordinary size, if the tensors `wild` may; those of
    `nonnegative` are not below zero."""
    match term:
        case Constant(kind):
            return kind in (Constant_.INFINITY, Constant_.NEGATIVE_INFINITY)
        case Access(tensor):
            return tensor in wild
        case Apply(function, args):
            if function in _SINGULAR and not (function is Function.LOG and is_positive(args[0], nonnegative)):
                return True
            return function not in _TAMING and any(is_wild(arg, wild, nonnegative) for arg in args)
        case Power(base, exponent):
            singular = exponent < 0 or exponent.denominator != 1
            harmless = not singular or isinstance(base, PolyValue) or is_positive(base, nonnegative)
            return not harmless or is_wild(base, wild, nonnegative)
        case Compare() | Logic():
            return False
        case _:
            return any(is_wild(child, wild, nonnegative) for child in children_of(term))


def wild_tensors(equations: Iterable[Equation], given: Iterable[str] = ()) -> frozenset[str]:
    """The tensors that some equation makes so, directly or by what it reads."""
    equations = tuple(equations)
    nonnegative = nonnegative_tensors(equations)
    readers: dict[str, list[Equation]] = {}
    wild = set(given)
    known = frozenset(wild)
    queue: list[str] = list(wild)
    for equation in equations:
        for tensor in equation.rhs.tensors:
            readers.setdefault(tensor, []).append(equation)
        if equation.target not in wild and is_wild(equation.rhs, known, nonnegative):
            wild.add(equation.target)
            queue.append(equation.target)
    while queue:
        for equation in readers.get(queue.pop(), ()):
            if equation.target not in wild and is_wild(equation.rhs, frozenset(wild), nonnegative):
                wild.add(equation.target)
                queue.append(equation.target)
    return frozenset(wild)

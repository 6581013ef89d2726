"""What is never below zero: sums of squares and the like, so that 1/√(variance + ε) is known to be finite."""

from __future__ import annotations

from collections.abc import Iterable

from symbackprop.terms.positive import plainly_nonnegative
from symbackprop.terms.program import Equation
from symbackprop.terms.term import (
    Access,
    Add,
    Apply,
    Constant,
    Constant_,
    Function,
    Mul,
    Number,
    PolyValue,
    Power,
    Reduce,
    Reduction,
    Term,
    Where,
)

_NONNEGATIVE = {Function.EXP, Function.EXP_NORMALIZED, Function.SIGMOID, Function.SOFTPLUS, Function.RELU,
                Function.ABS, Function.COSH, Function.SECH, Function.LOG_COSH}  # fmt: skip


def is_positive(term: Term, nonnegative: frozenset[str]) -> bool:
    """Whether the term is known to be above zero, also in floating point at arguments of ordinary size."""
    match term:
        case Number(value):
            return value > 0
        case Constant(kind):
            return kind not in (Constant_.INFINITY, Constant_.NEGATIVE_INFINITY)
        case PolyValue(poly):
            return plainly_nonnegative(poly - 1)
        case Add(args):
            return all(is_nonnegative(arg, nonnegative) for arg in args) and any(
                is_positive(arg, nonnegative) for arg in args
            )
        case Mul(args):
            return all(is_positive(arg, nonnegative) for arg in args)
        case Power(base, _):
            return is_positive(base, nonnegative)
        case Where(_, then, otherwise):
            return is_positive(then, nonnegative) and is_positive(otherwise, nonnegative)
        case Apply(Function.MAX, args):
            return any(is_positive(arg, nonnegative) for arg in args)
        case _:
            return False


def is_nonnegative(term: Term, nonnegative: frozenset[str]) -> bool:
    """Whether the term is known not to be below zero, if those tensors are not."""
    match term:
        case Number(value):
            return value >= 0
        case Access(tensor):
            return tensor in nonnegative
        case Add(args) | Mul(args):
            return all(is_nonnegative(arg, nonnegative) for arg in args)
        case Power(base, exponent):
            return exponent.numerator % 2 == 0 or is_nonnegative(base, nonnegative)
        case Apply(Function.MAX, args):
            return any(is_nonnegative(arg, nonnegative) for arg in args)
        case Apply(function, args):
            return function in _NONNEGATIVE or (
                function in (Function.MIN, Function.STOP_GRADIENT)
                and all(is_nonnegative(arg, nonnegative) for arg in args)
            )
        case Where(_, then, otherwise):
            return is_nonnegative(then, nonnegative) and is_nonnegative(otherwise, nonnegative)
        case Reduce(reduction, _, body):
            return reduction in (Reduction.SUM, Reduction.PRODUCT) and is_nonnegative(body, nonnegative)
        case _:
            return is_positive(term, nonnegative)


def nonnegative_tensors(equations: Iterable[Equation]) -> frozenset[str]:
    """The tensors all of whose equations say so, read in their order."""
    definitions: dict[str, list[Equation]] = {}
    for equation in equations:
        definitions.setdefault(equation.target, []).append(equation)
    found: frozenset[str] = frozenset()
    for target, group in definitions.items():
        if all(is_nonnegative(equation.rhs, found) for equation in group):
            found |= {target}
    return found


__all__ = ["is_nonnegative", "is_positive", "nonnegative_tensors"]

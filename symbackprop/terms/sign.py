"""What is never below zero, or always above it: so that 1/√(variance + ε) is known to be finite."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from symbackprop.terms.program import Equation, Op, Tensor
from symbackprop.terms.prove import Facts
from symbackprop.terms.term import (
    Access,
    Add,
    Apply,
    Constant,
    ConstantKind,
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


@dataclass(frozen=True, slots=True)
class Signs:
    """Tensors whose elements are never below zero, and those of them whose elements are all above it."""

    nonnegative: frozenset[str] = frozenset()
    positive: frozenset[str] = frozenset()


def is_positive(term: Term, signs: Signs) -> bool:
    """Whether the term is known to be above zero, also in floating point at arguments of ordinary size."""
    match term:
        case Number(value):
            return value > 0
        case Constant(kind):
            return kind not in (ConstantKind.INFINITY, ConstantKind.NEGATIVE_INFINITY)
        case PolyValue(poly):
            return Facts.of().proves(poly - 1)
        case Access(tensor):
            return tensor in signs.positive
        case Add(args):
            return all(is_nonnegative(arg, signs) for arg in args) and any(is_positive(arg, signs) for arg in args)
        case Mul(args):
            return all(is_positive(arg, signs) for arg in args)
        case Power(base, _):
            return is_positive(base, signs)
        case Apply(Function.MAX, args):
            return any(is_positive(arg, signs) for arg in args)
        case Apply(Function.MIN, args):
            return all(is_positive(arg, signs) for arg in args)
        case Where(_, then, otherwise):
            return is_positive(then, signs) and is_positive(otherwise, signs)
        case _:
            return False


def is_nonnegative(term: Term, signs: Signs) -> bool:
    """Whether the term is known not to be below zero."""
    match term:
        case Number(value):
            return value >= 0
        case PolyValue(poly):
            return Facts.of().proves(poly)
        case Access(tensor):
            return tensor in signs.nonnegative
        case Add(args) | Mul(args):
            return all(is_nonnegative(arg, signs) for arg in args)
        case Power(base, exponent):
            return exponent.numerator % 2 == 0 or is_nonnegative(base, signs)
        case Apply(Function.MAX, args):
            return any(is_nonnegative(arg, signs) for arg in args)
        case Apply(function, args):
            return function in _NONNEGATIVE or (
                function in (Function.MIN, Function.STOP_GRADIENT) and all(is_nonnegative(arg, signs) for arg in args)
            )
        case Where(_, then, otherwise):
            return is_nonnegative(then, signs) and is_nonnegative(otherwise, signs)
        case Reduce(reduction, _, body):
            return reduction in (Reduction.SUM, Reduction.PRODUCT) and is_nonnegative(body, signs)
        case _:
            return is_positive(term, signs)


def signs_of(equations: Iterable[Equation], given: Iterable[Tensor] = ()) -> Signs:
    """The tensors all of whose equations say so, read in their order, and integers that have a bound: they are counted
    from 0."""
    definitions: dict[str, list[Equation]] = {}
    for equation in equations:
        definitions.setdefault(equation.target, []).append(equation)
    found = Signs(frozenset(tensor.name for tensor in given if tensor.high is not None))
    for target, group in definitions.items():
        if all(is_nonnegative(equation.rhs, found) for equation in group):
            above = all(e.op is Op.ASSIGN and is_positive(e.rhs, found) for e in group)  # nothing added up is 0
            found = Signs(found.nonnegative | {target}, found.positive | ({target} if above else set()))
    return found


__all__ = ["Signs", "is_nonnegative", "is_positive", "signs_of"]

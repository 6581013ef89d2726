"""What is never below zero, or always above it: so that 1/√(variance + ε) is known to be finite."""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache

from symbackprop.terms.poly import Poly
from symbackprop.terms.program import Equation, Op, Tensor, by_target
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
from symbackprop.terms.walks import fold, values_of

_NONNEGATIVE = {Function.EXP, Function.EXP_NORMALIZED, Function.SIGMOID, Function.SOFTPLUS, Function.RELU,
                Function.ABS, Function.COSH, Function.SECH, Function.LOG_COSH}  # fmt: skip
_OF_ARGUMENTS = {Function.MAX, Function.MIN, Function.STOP_GRADIENT}


class Sign(IntEnum):
    """What is known of a sign; the more, the greater."""

    UNKNOWN = 0
    NONNEGATIVE = 1
    POSITIVE = 2


@dataclass(frozen=True, slots=True)
class Signs:
    """Tensors whose elements are never below zero, and those of them whose elements are all above it."""

    nonnegative: Set[str] = frozenset()
    positive: Set[str] = frozenset()


def is_positive(term: Term, signs: Signs) -> bool:
    """Whether the term is known to be above zero, also in floating point at arguments of ordinary size."""
    return sign_of(term, signs) is Sign.POSITIVE


def is_nonnegative(term: Term, signs: Signs) -> bool:
    """Whether the term is known not to be below zero."""
    return sign_of(term, signs) is not Sign.UNKNOWN


def sign_of(term: Term, signs: Signs) -> Sign:
    """What is known of the term's sign."""
    return _sign_of(term, term.tensors & signs.nonnegative, term.tensors & signs.positive)


@lru_cache(maxsize=65536)
def _sign_of(term: Term, nonnegative: Set[str], positive: Set[str]) -> Sign:
    """By what is known of the tensors that it reads: several stages ask of the same terms."""
    signs = Signs(nonnegative, positive)
    return fold(term, lambda inner, parts: _of_parts(inner, parts, signs), _deciding)


def _deciding(term: Term) -> tuple[Term, ...]:
    """The terms inside that decide the sign."""
    match term:
        case Apply(function, _) if function not in _OF_ARGUMENTS:
            return ()
        case _:
            return values_of(term)


def _of_parts(term: Term, parts: list[Sign], signs: Signs) -> Sign:
    match term:
        case Number(value):
            return _least(value > 0, value >= 0)
        case Constant(kind):
            return _least(kind not in (ConstantKind.INFINITY, ConstantKind.NEGATIVE_INFINITY))
        case PolyValue(poly):
            return _of_sizes(poly)
        case Access(tensor):
            return _least(tensor in signs.positive, tensor in signs.nonnegative)
        case Add():
            return max(parts) if min(parts) else Sign.UNKNOWN
        case Mul() | Where() | Apply(Function.MIN, _):
            return min(parts)
        case Power(_, exponent):
            return _least(parts[0] is Sign.POSITIVE, exponent.numerator % 2 == 0 or parts[0] is Sign.NONNEGATIVE)
        case Apply(Function.MAX, _):
            return max(parts)
        case Apply(Function.STOP_GRADIENT, _) | Reduce(Reduction.SUM | Reduction.PRODUCT, _, _):
            return min(parts[0], Sign.NONNEGATIVE)  # of no positions, or so small that it is 0
        case Apply(function, _):
            return _least(False, function in _NONNEGATIVE)
        case _:
            return Sign.UNKNOWN


@lru_cache(maxsize=65536)
def _of_sizes(poly: Poly) -> Sign:
    return _least(Facts.of().proves(poly - 1), Facts.of().proves(poly))


def _least(positive: bool, nonnegative: bool = False) -> Sign:
    return Sign.POSITIVE if positive else Sign.NONNEGATIVE if nonnegative else Sign.UNKNOWN


def signs_of(equations: Iterable[Equation], given: Iterable[Tensor] = ()) -> Signs:
    """The tensors all of whose equations say so, read in their order, and integers that have a bound: they are counted
    from 0."""
    nonnegative = {tensor.name for tensor in given if tensor.high is not None}
    positive: set[str] = set()
    found = Signs(nonnegative, positive)
    for target, group in by_target(equations).items():
        if all(is_nonnegative(equation.rhs, found) for equation in group):
            above = all(e.op is Op.ASSIGN and is_positive(e.rhs, found) for e in group)  # nothing added up is 0
            nonnegative.add(target)
            if above:
                positive.add(target)
    return Signs(frozenset(nonnegative), frozenset(positive))


__all__ = ["Sign", "Signs", "is_nonnegative", "is_positive", "sign_of", "signs_of"]

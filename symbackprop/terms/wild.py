"""Which values may be infinite or undefined: a guard must stand on each of those itself, since 0·oo is no 0.

Plain sums and products of finite values, and their whole powers, count as finite. What has a pole, an edge or a domain
(1/u, √u, log u, asin u) may be infinite or undefined wherever it is not known to be safe. What grows faster than any
power (exp, sinh, cosh, b**u) may overflow, and so may whatever is made of it: where that would have to be masked over
more axes than it has, the overflow is the formula's own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Flag

from symbackprop.terms.build import MINUS, mul
from symbackprop.terms.program import Equation, Program
from symbackprop.terms.sign import Signs, is_nonnegative, is_positive, signs_of
from symbackprop.terms.term import (
    CONDITIONS,
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


class Wild(Flag):
    """What a value may be besides a finite number."""

    NO = 0
    LOW = 1  # -oo
    HIGH = 2  # oo
    UNDEFINED = 4  # NaN
    OVERFLOW = 8  # any of them, where an exponential is too large to be held
    INFINITE = LOW | HIGH
    ANYTHING = LOW | HIGH | UNDEFINED


NO, LOW, HIGH, UNDEFINED, OVERFLOW = Wild.NO, Wild.LOW, Wild.HIGH, Wild.UNDEFINED, Wild.OVERFLOW
INFINITE, ANYTHING = Wild.INFINITE, Wild.ANYTHING
_ROUND = {Function.FLOOR, Function.CEILING, Function.STOP_GRADIENT, Function.ASINH}
_BOUNDED = {Function.SIGMOID, Function.TANH, Function.ATAN, Function.ATAN2, Function.SIGN, Function.ERF,
            Function.SECH}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of tensors: which may be what besides finite numbers (the others: nothing), and their signs."""

    wild: Mapping[str, Wild] = field(default_factory=dict)
    signs: Signs = field(default_factory=Signs)

    def unfinished(self, names: Iterable[str]) -> Known:
        """With tensors that may hold anything yet."""
        return replace(self, wild={**self.wild, **dict.fromkeys(names, ANYTHING)})


def wildness(term: Term, known: Known) -> Wild:
    """What the term may be besides a finite number."""
    return _wildness(term, known, {})


def _wildness(term: Term, known: Known, met: dict[Term, Wild]) -> Wild:
    """`met`: the terms that were looked at, which may stand in many places."""
    if term not in met:
        met[term] = _of_parts(term, known, met)
    return met[term]


def _of_parts(term: Term, known: Known, met: dict[Term, Wild]) -> Wild:
    match term:
        case Number() | PolyValue():
            return NO
        case Constant(kind):
            return {ConstantKind.INFINITY: HIGH, ConstantKind.NEGATIVE_INFINITY: LOW}.get(kind, NO)
        case Access(tensor):
            return known.wild.get(tensor, NO)
        case Add(args):
            return _sum([_wildness(arg, known, met) for arg in args])
        case Mul(args):
            return _product(args, [_wildness(arg, known, met) for arg in args], known.signs)
        case Power(base):
            return _power(term, _wildness(base, known, met), known.signs)
        case Apply(function, args):
            return _function(function, args, [_wildness(arg, known, met) for arg in args], known.signs)
        case Where(_, then, otherwise):
            return _wildness(then, known, met) | _wildness(otherwise, known, met)
        case Reduce(reduction, _, body):
            inner = _wildness(body, known, met)
            match reduction:
                case Reduction.SUM:
                    return _sum([inner])
                case Reduction.PRODUCT:
                    return ANYTHING if inner & INFINITE else inner
                case _:
                    return inner
        case _ if isinstance(term, CONDITIONS):
            return NO
        case _:
            raise TypeError(f"no term: {term!r}")


def is_singular(term: Term, known: Known) -> bool:
    """Whether the term may be infinite or undefined without anything overflowing."""
    return bool(wildness(term, known) & ANYTHING)


def is_wild(term: Term, known: Known) -> bool:
    """Whether the term may be anything but a finite number."""
    return wildness(term, known) != NO


def _union(parts: Sequence[Wild]) -> Wild:
    total = NO
    for part in parts:
        total |= part
    return total


def _sum(parts: Sequence[Wild]) -> Wild:
    total = _union(parts)
    return total | UNDEFINED if total & INFINITE == INFINITE else total


def _product(args: Sequence[Term], parts: Sequence[Wild], signs: Signs) -> Wild:
    """oo times what may be zero is undefined."""
    total = _union(parts)
    if not total & INFINITE:
        return total
    flipped = False
    for arg, part in zip(args, parts, strict=True):
        if isinstance(arg, Number):
            flipped ^= arg.value < 0
        elif part != total if part & INFINITE else not is_positive(arg, signs):
            return total | ANYTHING
    return _negated(total) if flipped else total


def _negated(wild: Wild) -> Wild:
    return (wild & (UNDEFINED | OVERFLOW)) | (HIGH if wild & LOW else NO) | (LOW if wild & HIGH else NO)


def _power(term: Power, base: Wild, signs: Signs) -> Wild:
    if isinstance(term.base, PolyValue):
        return NO
    exponent = term.exponent
    whole, below = exponent.denominator == 1, is_nonnegative(term.base, signs)
    out = base & (UNDEFINED | OVERFLOW)
    if not whole and not below:
        out |= UNDEFINED
    if exponent > 0:
        return out | (HIGH if base & INFINITE and (not whole or exponent % 2 == 0) else base & INFINITE)
    if not is_positive(term.base, signs):
        out |= HIGH if below or exponent.numerator % 2 == 0 else INFINITE
    return out


def _function(function: Function, args: Sequence[Term], parts: Sequence[Wild], signs: Signs) -> Wild:
    u, inner = args[0], parts[0]
    undefined = _union(parts) & (UNDEFINED | OVERFLOW)
    match function:
        case Function.EXP | Function.EXPM1:
            return undefined | (NO if is_nonnegative(mul(MINUS, u), signs) else OVERFLOW) | inner & HIGH
        case Function.SINH | Function.COSH:
            return undefined | OVERFLOW | (INFINITE if inner & INFINITE else NO)
        case Function.POW:
            return OVERFLOW | (undefined | inner if is_positive(u, signs) else ANYTHING)
        case Function.LOG if is_positive(u, signs):
            return inner
        case Function.LOG:
            return inner | LOW | (NO if is_nonnegative(u, signs) else UNDEFINED)
        case Function.LOG1P:
            return inner if is_nonnegative(u, signs) else inner | LOW | UNDEFINED
        case Function.ASIN | Function.ACOS:
            return undefined | UNDEFINED
        case Function.ACOSH:
            return inner | UNDEFINED
        case Function.ATANH | Function.TAN:
            return undefined | ANYTHING
        case Function.SIN | Function.COS:
            return undefined | (UNDEFINED if inner & INFINITE else NO)
        case Function.EXP_NORMALIZED:  # of a value that its second argument, a log Σ exp, is not below
            return undefined | (UNDEFINED if inner & HIGH else NO)
        case Function.DIFFERENCE:
            return _sum([inner, _negated(parts[1])])
        case Function.SOFTPLUS | Function.RELU:
            return undefined | inner & HIGH
        case Function.LOG_SIGMOID:
            return undefined | inner & LOW
        case Function.ABS | Function.LOG_COSH:
            return undefined | (HIGH if inner & INFINITE else NO)
        case Function.CSCH | Function.BOSE:
            return undefined | (NO if is_positive(u, signs) else INFINITE)
        case Function.MAX | Function.MIN | Function.LOG_ADD_EXP:
            every, some = (HIGH, LOW) if function is Function.MIN else (LOW, HIGH)
            far = every if all(part & every for part in parts) else NO
            return undefined | far | (some if any(part & some for part in parts) else NO)
        case _ if function in _BOUNDED:
            return undefined
        case _ if function in _ROUND:
            return inner
        case _:
            raise TypeError(f"what {function.value} may be is not known")


def known_of(*programs: Program, added: Iterable[Equation] = ()) -> Known:
    """What is known of the tensors of programs, of which each may read those before it, and of what `added` defines."""
    equations = (*(equation for program in programs for equation in program.equations), *added)
    readers: dict[str, list[Equation]] = {}
    for equation in equations:
        for tensor in equation.rhs.tensors:
            readers.setdefault(tensor, []).append(equation)
    wild: dict[str, Wild] = {}
    known = Known(wild, signs_of(equations, (tensor for program in programs for tensor in program.tensors)))
    queue = list(reversed(equations))
    while queue:
        equation = queue.pop()
        before = wild.get(equation.target, NO)
        after = before | wildness(equation.rhs, known)
        if after != before:
            wild[equation.target] = after
            queue += readers.get(equation.target, ())
    return known


__all__ = ["ANYTHING", "Known", "Wild", "is_singular", "is_wild", "known_of", "wildness"]

"""Which values may be infinite or undefined: a guard must stand on each of those itself, since 0·oo is no 0.

Plain sums and products of finite values, and their whole powers, count as finite. What has a pole, an edge or a domain
(1/u, √u, log u, asin u) may be infinite or undefined wherever it is not known to be safe. What grows faster than any
power (exp, sinh, cosh, b**u) may overflow, and so may whatever is made of it: where that would have to be masked over
more axes than it has, the overflow is the formula's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from enum import Flag
from functools import lru_cache

from symbackprop.terms.build import MINUS, NIL, UNIT, mul, open_reduce, reduce, substitute
from symbackprop.terms.poly import Index, Poly
from symbackprop.terms.program import Equation, Op, Program, by_target
from symbackprop.terms.prove import Facts
from symbackprop.terms.sign import Sign, Signs, is_nonnegative, is_positive, sign_of, signs_of
from symbackprop.terms.term import (
    CONDITIONS,
    Access,
    Add,
    Apply,
    Compare,
    Constant,
    ConstantKind,
    Function,
    Mul,
    Number,
    PolyValue,
    Power,
    Reduce,
    Reduction,
    Relation,
    Term,
    Where,
)
from symbackprop.terms.walks import fold, values_of


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
    read = term.tensors
    wild = frozenset([(name, known.wild[name]) for name in read if known.wild.get(name, NO) is not NO])
    return _wildness(term, wild, read & known.signs.nonnegative, read & known.signs.positive)


@lru_cache(maxsize=65536)
def _wildness(term: Term, wild: frozenset[tuple[str, Wild]], nonnegative: Set[str], positive: Set[str]) -> Wild:
    """By what is known of the tensors that it reads: several stages ask of the same terms."""
    known = Known(dict(wild), Signs(nonnegative, positive))
    return fold(term, lambda inner, parts: _of_parts(inner, parts, known), values_of)


def _of_parts(term: Term, parts: list[Wild], known: Known) -> Wild:
    match term:
        case Number() | PolyValue():
            return NO
        case Constant(kind):
            return {ConstantKind.INFINITY: HIGH, ConstantKind.NEGATIVE_INFINITY: LOW}.get(kind, NO)
        case Access(tensor):
            return known.wild.get(tensor, NO)
        case Add() | Reduce(Reduction.SUM, _, _):
            return _sum(parts)
        case Mul(args):
            return _product(args, parts, known.signs)
        case Power():
            return _power(term, parts[0], known.signs)
        case Apply(function, args):
            return _FUNCTIONS[function](_Arguments(args, parts, known.signs))
        case Reduce(Reduction.PRODUCT, _, _):
            return ANYTHING if parts[0] & INFINITE else parts[0]
        case Where() | Reduce():
            return _union(parts)
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
        if part is not total and part is not NO:  # flags are slow to add up, and most values are finite
            total = part if total is NO else total | part
    return total


def _sum(parts: Sequence[Wild]) -> Wild:
    total = _union(parts)
    return total | UNDEFINED if total is not NO and total & INFINITE == INFINITE else total


def _product(args: Sequence[Term], parts: Sequence[Wild], signs: Signs) -> Wild:
    """oo times what may be zero is undefined."""
    total = _union(parts)
    if total is NO or not total & INFINITE:
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
    exponent, sign = term.exponent, sign_of(term.base, signs)
    whole, below = exponent.denominator == 1, sign is not Sign.UNKNOWN
    out = base & (UNDEFINED | OVERFLOW)
    if not whole and not below:
        out |= UNDEFINED
    if exponent > 0:
        return out | (HIGH if base & INFINITE and (not whole or exponent % 2 == 0) else base & INFINITE)
    if sign is not Sign.POSITIVE:
        out |= HIGH if below or exponent.numerator % 2 == 0 else INFINITE
    return out


@dataclass(frozen=True, slots=True)
class _Arguments:
    """Those of a function, and what each of them may be."""

    args: Sequence[Term]
    parts: Sequence[Wild]
    signs: Signs

    @property
    def first(self) -> Wild:
        return self.parts[0]

    @property
    def lost(self) -> Wild:
        """What no function makes good."""
        return _union(self.parts) & (UNDEFINED | OVERFLOW)

    @property
    def positive(self) -> bool:
        return is_positive(self.args[0], self.signs)

    @property
    def nonnegative(self) -> bool:
        return is_nonnegative(self.args[0], self.signs)


def _exponential(u: _Arguments) -> Wild:
    bounded = is_nonnegative(mul(MINUS, u.args[0]), u.signs)
    return u.lost | (NO if bounded else OVERFLOW) | u.first & HIGH


def _hyperbolic(u: _Arguments) -> Wild:
    return u.lost | OVERFLOW | (INFINITE if u.first & INFINITE else NO)


def _logarithm(u: _Arguments) -> Wild:
    return u.first if u.positive else u.first | LOW | (NO if u.nonnegative else UNDEFINED)


def _wave(u: _Arguments) -> Wild:
    return u.lost | (UNDEFINED if u.first & INFINITE else NO)


def _even(u: _Arguments) -> Wild:
    return u.lost | (HIGH if u.first & INFINITE else NO)


def _with_pole(u: _Arguments) -> Wild:
    return u.lost | (NO if u.positive else INFINITE)


def _largest(u: _Arguments, every: Wild = LOW, some: Wild = HIGH) -> Wild:
    """Far to the one side where all arguments are, to the other where any is."""
    far = every if all(part & every for part in u.parts) else NO
    return u.lost | far | (some if any(part & some for part in u.parts) else NO)


_FUNCTIONS: dict[Function, Callable[[_Arguments], Wild]] = {
    Function.EXP: _exponential,
    Function.EXPM1: _exponential,
    Function.SINH: _hyperbolic,
    Function.COSH: _hyperbolic,
    Function.POW: lambda u: OVERFLOW | (u.lost | u.first if u.positive else ANYTHING),
    Function.LOG: _logarithm,
    Function.LOG1P: lambda u: u.first if u.nonnegative else u.first | LOW | UNDEFINED,
    Function.ASIN: lambda u: u.lost | UNDEFINED,
    Function.ACOS: lambda u: u.lost | UNDEFINED,
    Function.ACOSH: lambda u: u.first | UNDEFINED,
    Function.ATANH: lambda u: u.lost | ANYTHING,
    Function.TAN: lambda u: u.lost | ANYTHING,
    Function.SIN: _wave,
    Function.COS: _wave,
    # of a value that its second argument, a log Σ exp, is not below
    Function.EXP_NORMALIZED: lambda u: u.lost | (UNDEFINED if u.first & HIGH else NO),
    Function.DIFFERENCE: lambda u: _sum([u.first, _negated(u.parts[1])]),
    Function.SOFTPLUS: lambda u: u.lost | u.first & HIGH,
    Function.RELU: lambda u: u.lost | u.first & HIGH,
    Function.LOG_SIGMOID: lambda u: u.lost | u.first & LOW,
    Function.ABS: _even,
    Function.LOG_COSH: _even,
    Function.CSCH: _with_pole,
    Function.BOSE: _with_pole,
    Function.MAX: _largest,
    Function.LOG_ADD_EXP: _largest,
    Function.MIN: lambda u: _largest(u, HIGH, LOW),
    **dict.fromkeys((Function.SIGMOID, Function.TANH, Function.ATAN, Function.ATAN2, Function.SIGN, Function.ERF,
                     Function.SECH), lambda u: u.lost),
    **dict.fromkeys((Function.FLOOR, Function.CEILING, Function.STOP_GRADIENT, Function.ASINH), lambda u: u.first),
}  # fmt: skip


def known_of(*programs: Program, added: Iterable[Equation] = ()) -> Known:
    """What is known of the tensors of programs, of which each may read those before it, and of what `added` defines."""
    equations = (*(equation for program in programs for equation in program.equations), *added)
    readers: dict[str, list[Equation]] = {}
    for equation in equations:
        for tensor in equation.rhs.tensors:
            readers.setdefault(tensor, []).append(equation)
    signs = signs_of(equations, (tensor for program in programs for tensor in program.tensors))
    known = _known(equations, readers, signs)
    sums = _sums_from_one(equations, known) - signs.positive
    if not sums:
        return known
    return _known(equations, readers, replace(signs, positive=signs.positive | sums))


def _known(equations: Sequence[Equation], readers: Mapping[str, Sequence[Equation]], signs: Signs) -> Known:
    wild: dict[str, Wild] = {}
    known = Known(wild, signs)
    queue = list(reversed(equations))
    while queue:
        equation = queue.pop()
        before = wild.get(equation.target, NO)
        after = _union((before, wildness(equation.rhs, known)))
        if after is not before:
            wild[equation.target] = after
            queue += readers.get(equation.target, ())
    return known


# --- sums of which one term is 1 -----------------------------------------------------------------------
def _sums_from_one(equations: Sequence[Equation], known: Known) -> frozenset[str]:
    """The tensors that are Σ_k exp(u[k] - max_k u[k]) or Σ_k [u[k] = max_k u[k]] (or min) of finite u: at
    least 1."""
    table = by_target(equations)
    return frozenset(
        target for target, (first, *more) in table.items()
        if not more and first.op is Op.ASSIGN and _is_from_one(first.rhs, table, known)
    )  # fmt: skip


def _is_from_one(term: Term, table: Mapping[str, Sequence[Equation]], known: Known) -> bool:
    if not (isinstance(term, Reduce) and term.reduction is Reduction.SUM and _may_be_from_one(term.body, table)):
        return False
    axes, body = open_reduce(term, taken=term.free)
    pairs: list[tuple[Term, Term, tuple[Reduction, ...]]]
    match _defined(body, table):
        case Apply(Function.EXP_NORMALIZED, (one, other)):
            pairs = [(one, other, (Reduction.MAX,))]
        case Where(Compare(Relation.EQ, one, other), then, otherwise) if then is UNIT and otherwise is NIL:
            pairs = [(u, best, (Reduction.MAX, Reduction.MIN)) for u, best in ((one, other), (other, one))]
        case _:
            return False
    return all(Facts.of().proves(axis.high - axis.low) for axis in axes) and any(
        any(reduce(reduction, axes, u) is _defined(best, table) for reduction in reductions)
        and wildness(u, known) is NO
        for u, best, reductions in pairs
    )


def _may_be_from_one(body: Term, table: Mapping[str, Sequence[Equation]]) -> bool:
    """Whether it is, or reads, an exponential or a choice: which most sums are told by before anything is renamed."""
    rhs = [equation.rhs for equation in table.get(body.tensor, ())] if isinstance(body, Access) else [body]
    return any(isinstance(term, Apply | Where) for term in rhs)


def _defined(term: Term, table: Mapping[str, Sequence[Equation]]) -> Term:
    """The term, or what the one equation of the tensor that it reads says."""
    if not isinstance(term, Access):
        return term
    equations = table.get(term.tensor, ())
    if len(equations) != 1 or equations[0].op is not Op.ASSIGN:
        return term
    (equation,) = equations
    mapping: dict[Index, Poly] = {}
    for left, subscript in zip(equation.subscripts, term.subscripts, strict=True):
        index = left.index if isinstance(left, Poly) else None
        if index is None or index in mapping or not isinstance(subscript, Poly):
            return term
        mapping[index] = subscript
    return substitute(equation.rhs, mapping)


__all__ = ["ANYTHING", "Known", "Wild", "is_singular", "is_wild", "known_of", "wildness"]

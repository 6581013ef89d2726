"""Sums, products, powers and functions, in normal form."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from symbackprop.terms.conditions import conjuncts, logic_and, split_guards, where
from symbackprop.terms.leaves import (
    MINUS,
    NEGATIVE_INFINITY,
    NIL,
    UNIT,
    Numeric,
    as_term,
    in_order,
    number,
    poly_value,
    sort_key,
)
from symbackprop.terms.poly import ONE, ZERO, Poly
from symbackprop.terms.term import (
    Access,
    Add,
    Apply,
    Compare,
    Connective,
    Function,
    Logic,
    Mul,
    Number,
    PolyValue,
    Power,
    Reduce,
    Relation,
    Term,
    Where,
)

_LARGEST_COUNT = 2**53
_ONCE = Fraction(1)  # the coefficient, or exponent, of what is written without one
_BELOW = Fraction(-1)
_NOTHING = Fraction(0)


def split_coefficient(term: Term) -> tuple[Fraction, Term]:
    """(c, rest) with term = c*rest."""
    match term:
        case Number(value):
            return value, UNIT
        case Mul((Number(value), *rest)):
            return value, rest[0] if len(rest) == 1 else Mul(tuple(rest))
        case _:
            return _ONCE, term


def counts(number: Fraction) -> bool:
    """Whether it may stand among sizes and indices, which are computed in integers of the machine."""
    return number.denominator == 1 and abs(number) <= _LARGEST_COUNT


def add(*args: Term | Numeric) -> Term:
    """The sum: flat, like terms collected."""
    constant = _NOTHING
    poly = ZERO
    collected: dict[Term, Fraction] = {}
    stack = [as_term(arg) for arg in reversed(args)]
    while stack:
        arg = stack.pop()
        match arg:
            case Number(value):
                constant += value
            case Add(inner):
                stack.extend(reversed(inner))
            case PolyValue(inner_poly):
                poly = poly + inner_poly
            case _:
                coefficient, rest = split_coefficient(arg)
                if isinstance(rest, PolyValue) and counts(coefficient):
                    poly = poly + rest.poly * coefficient.numerator
                else:
                    known = collected.get(rest)
                    collected[rest] = coefficient if known is None else known + coefficient
    out = [
        rest if c.numerator == c.denominator else mul(number(c), rest)
        for rest, c in collected.items() if c is _ONCE or c.numerator
    ]  # fmt: skip
    if poly.terms and counts(constant):
        poly, constant = poly + constant.numerator, _NOTHING
    if poly.terms:
        sizes = poly_value(poly)
        if isinstance(sizes, Number):
            constant += sizes.value
        else:
            out.append(sizes)
    if constant is not _NOTHING and constant:
        out.append(number(constant))
    if not out:
        return NIL
    if len(out) == 1:
        return out[0]
    return Add(in_order(out))


def mul(*args: Term | Numeric) -> Term:
    """The product: flat, powers of one base collected; guards move outwards."""
    coefficient, powers, guards = _multiplied(args)
    if coefficient is not _ONCE and not coefficient:
        return NIL
    # A power may have become a number or a product again (as sqrt(2)*sqrt(2)).
    factors: list[Term] = []
    for factor in _rebuild_powers(powers):
        if not isinstance(factor, Number | Mul):
            factors.append(factor)
            continue
        c, rest = split_coefficient(factor)
        if c is not _ONCE:
            coefficient *= c
        if rest is not UNIT:
            factors.extend(rest.args if isinstance(rest, Mul) else (rest,))
    if not factors:
        product: Term = number(coefficient)
    elif len(factors) == 1 and isinstance(factors[0], PolyValue) and counts(coefficient):
        product = poly_value(factors[0].poly * coefficient.numerator)
    else:
        sorted_factors = in_order(factors)
        if coefficient.numerator != coefficient.denominator:
            sorted_factors = (number(coefficient), *sorted_factors)
        product = sorted_factors[0] if len(sorted_factors) == 1 else Mul(sorted_factors)
    return _guarded(guards, product) if guards else product


def _multiplied(args: Sequence[Term | Numeric]) -> tuple[Fraction, dict[Term, Fraction], list[Term]]:
    """(the number in front, each base with its exponent, the guards)."""
    coefficient = _ONCE
    powers: dict[Term, Fraction] = {}
    guards: list[Term] = []
    stack = [as_term(arg) for arg in reversed(args)]
    while stack:
        arg = stack.pop()
        match arg:
            case Access() | Apply() | Reduce():  # most of all
                _raise(powers, arg, _ONCE)
            case Number(value):
                coefficient = value if coefficient is _ONCE else coefficient * value
            case Mul(inner):
                stack += inner[::-1]
            case Where(condition, then, Number(value)) if value == 0:
                guards.append(condition)
                stack.append(then)
            case PolyValue(poly) if len(poly.terms) == 1:
                _collect_monomial(poly, _ONCE, powers)
                if poly.terms[0][1] != 1:
                    coefficient *= poly.terms[0][1]
            case Power(PolyValue(poly), exponent) if len(poly.terms) == 1 and poly.terms[0][1] == 1:
                _collect_monomial(poly, exponent, powers)
            case Power(base, exponent):
                _raise(powers, base, exponent)
            case _:
                _raise(powers, arg, _ONCE)
    return coefficient, powers, guards


def _guarded(guards: Sequence[Term], product: Term) -> Term:
    """Conditions that read elements stand inside those on indices, which may be what keeps their reads in range; and
    inside those that order a looked-up position and an index, which may be what says that an element is there already.
    """
    parts = conjuncts(logic_and(*guards))
    values = [part for part in parts if part.tensors]
    positions = [part for part in values if _orders_positions(part)]
    inner = where(logic_and(*(part for part in values if part not in positions)), product, NIL)
    return where(
        logic_and(*(part for part in parts if not part.tensors)), where(logic_and(*positions), inner, NIL), NIL
    )


def _orders_positions(condition: Term) -> bool:
    """Whether it says that an element, as a number, is above or below what an index decides."""
    match condition:
        case Compare(Relation.GT | Relation.GE, left, right):
            summands = [term for side in (left, right) for term in (side.args if isinstance(side, Add) else (side,))]
            return any(isinstance(term, PolyValue) and term.poly.indices() for term in summands)
        case Logic(Connective.NOT, (inner,)):
            return _orders_positions(inner)
        case _:
            return False


def _collect_monomial(poly: Poly, exponent: Fraction, powers: dict[Term, Fraction]) -> None:
    for atom, power in poly.terms[0][0]:
        _raise(powers, PolyValue(Poly.of(atom)), exponent if power == 1 else power * exponent)


def _raise(powers: dict[Term, Fraction], base: Term, exponent: Fraction) -> None:
    known = powers.get(base)
    powers[base] = exponent if known is None else known + exponent


def _rebuild_powers(powers: dict[Term, Fraction]) -> list[Term]:
    out: list[Term] = []
    above, below = ONE, ONE  # of sizes
    roots: dict[Fraction, Poly] = {}
    for base, exponent in powers.items():
        if exponent is _ONCE and not isinstance(base, PolyValue):
            out.append(base)
            continue
        times = exponent.numerator
        if not times:
            continue
        if isinstance(base, PolyValue) and base.poly.atom is not None:
            if exponent.denominator != 1:
                roots[exponent] = roots.get(exponent, ONE) * base.poly
            elif times > 0:
                above = above * base.poly**times
            else:
                below = below * base.poly**-times
        else:
            out.append(power(base, exponent))
    if above is not ONE:
        out.append(PolyValue(above))
    if below is not ONE:
        out.append(Power(PolyValue(below), _BELOW))
    out.extend(power(PolyValue(poly), exponent) for exponent, poly in roots.items())
    return out


def neg(term: Term) -> Term:
    return mul(MINUS, term)


def has_minus(term: Term) -> bool:
    """Whether the term is written with a minus sign in front."""
    match term:
        case Number(value) | Mul((Number(value), *_)):
            return value < 0
        case PolyValue(poly):
            return all(coefficient < 0 for _, coefficient in poly.terms)
        case _:
            return False


def reads_negative(term: Term) -> bool:
    """Whether it is written so behind its guards."""
    return has_minus(split_guards(term)[1])


def sub(left: Term, right: Term) -> Term:
    return add(left, neg(right))


def div(left: Term | Numeric, right: Term | Numeric) -> Term:
    return mul(left, power(as_term(right), -1))


def power(base: Term, exponent: Numeric) -> Term:
    """base**exponent for a rational exponent."""
    exponent = exponent if isinstance(exponent, Fraction) else Fraction(exponent)
    if exponent.numerator == exponent.denominator:
        return base
    if not exponent.numerator:
        return UNIT
    integral = exponent.denominator == 1
    match base:
        case Number(value):
            if integral and (value or exponent > 0):
                return number(value**exponent.numerator)
            root = _exact_root(value, exponent)
            if root is not None:
                return number(root)
        case Power(inner, first) if integral:
            return power(inner, first * exponent)
        case Mul(args) if integral:
            return mul(*(power(arg, exponent) for arg in args))
        case Where(condition, then, otherwise) if exponent > 0 and otherwise is NIL:
            return where(condition, power(then, exponent), NIL)
    return Power(base, exponent)


def _exact_root(value: Fraction, exponent: Fraction) -> Fraction | None:
    if value <= 0:
        return Fraction(0) if value == 0 and exponent > 0 else None
    top, bottom = (_integer_root(part, exponent.denominator) for part in (value.numerator, value.denominator))
    return None if top is None or bottom is None else Fraction(top, bottom) ** exponent.numerator


def _integer_root(value: int, q: int) -> int | None:
    """The integer whose q-th power is the value, above 0. By bisection: floats end, and round before they do."""
    low, high = 0, 1 << value.bit_length() // q + 1  # low**q <= value < high**q
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if middle**q <= value else (low, middle)
    return low if low**q == value else None


def sqrt(term: Term) -> Term:
    return power(term, Fraction(1, 2))


_AT_ZERO: dict[Function, int | Fraction] = {
    Function.EXP: 1, Function.EXPM1: 0, Function.LOG1P: 0, Function.SIN: 0, Function.COS: 1, Function.TAN: 0,
    Function.ASIN: 0, Function.ATAN: 0, Function.SINH: 0, Function.COSH: 1, Function.TANH: 0, Function.ASINH: 0,
    Function.ATANH: 0, Function.LOG_COSH: 0, Function.SECH: 1,
    Function.ERF: 0, Function.SIGMOID: Fraction(1, 2), Function.RELU: 0,
}  # fmt: skip


def apply(function: Function, *args: Term) -> Term:
    """A function of its arguments, folded where it is plainly a number."""
    first = args[0]
    if function in (Function.MAX, Function.MIN):
        return _extremum(function, args)
    if isinstance(first, Number):
        value = first.value
        if value == 0 and function in _AT_ZERO:
            return number(_AT_ZERO[function])
        match function:
            case Function.LOG if value == 1:
                return NIL
            case Function.LOG if value == 0:
                return NEGATIVE_INFINITY
            case Function.ABS:
                return number(abs(value))
            case Function.SIGN:
                return number((value > 0) - (value < 0))
            case Function.RELU:
                return number(max(value, Fraction(0)))
            case Function.FLOOR:
                return number(value.numerator // value.denominator)
            case Function.CEILING:
                return number(-(-value.numerator // value.denominator))
            case Function.STOP_GRADIENT:
                return first
            case _:
                pass
    if function is Function.EXP and first is NEGATIVE_INFINITY:
        return NIL
    if function is Function.POW and isinstance(args[1], Number):
        return power(first, args[1].value)
    if function is Function.LOG_ADD_EXP:
        return first if len(args) == 1 else Apply(function, tuple(sorted(args, key=sort_key)))
    return Apply(function, tuple(args))


def _extremum(function: Function, args: Sequence[Term]) -> Term:
    flat: dict[Term, None] = {}
    best: Fraction | None = None
    pick = max if function is Function.MAX else min
    for arg in args:
        for inner in arg.args if isinstance(arg, Apply) and arg.function is function else (arg,):
            if isinstance(inner, Number):
                best = inner.value if best is None else pick(best, inner.value)
            else:
                flat[inner] = None
    if best is not None:
        flat[number(best)] = None
    if len(flat) == 1:
        return next(iter(flat))
    return Apply(function, tuple(sorted(flat, key=sort_key)))

"""Sums of exponentials, Σ c_i·exp(a_i): what most forms that overflow are made of.

exp(u), expm1(u) = exp(u) - 1, cosh and sinh (±u), numbers (exp(0)), products and sums of these, Σ exp(u) over
indices as exp(logsumexp u), all with coefficients that are numbers or known to be positive
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from symbackprop.stable.seeing import View
from symbackprop.terms import build
from symbackprop.terms.build import NEGATIVE_INFINITY, NIL, split_coefficient
from symbackprop.terms.positive import plainly_nonnegative
from symbackprop.terms.products import addends
from symbackprop.terms.term import Add, Apply, Function, Mul, Number, PolyValue, Power, Reduce, Reduction, Term, Where

_MOST = 8  # exponentials in one sum


@dataclass(frozen=True, slots=True)
class Exponential:
    """coefficient·exp(exponent), the coefficient not 0."""

    coefficient: Fraction
    exponent: Term


def exponentials(term: Term, view: View) -> tuple[Exponential, ...] | None:
    """The term as a sum of at least one exponential of something that varies, or None."""
    found = _expanded(term, view)
    if found is None or all(is_constant(each.exponent) for each in found):
        return None
    return found


def _expanded(term: Term, view: View) -> tuple[Exponential, ...] | None:
    term = view(term)
    exponent = exponent_of(term)
    if exponent is not None:
        return (Exponential(Fraction(1), spread(exponent)),)
    half = Fraction(1, 2)
    match term:
        case Number(value):
            return (Exponential(value, NIL),) if value else ()
        case PolyValue() if is_positive(term, view):
            return (Exponential(Fraction(1), build.apply(Function.LOG, term)),)
        case Apply(Function.EXPM1, (u,)):
            return _collected((Exponential(Fraction(1), spread(u)), Exponential(Fraction(-1), NIL)))
        case Apply(Function.COSH | Function.SINH as function, (u,)):
            other = half if function is Function.COSH else -half
            return _collected((Exponential(half, spread(u)), Exponential(other, spread(build.neg(u)))))
        case Add(args):
            parts = [_expanded(arg, view) for arg in args]
            return None if None in parts else _collected([each for part in parts if part for each in part])
        case Mul(args):
            return _product(args, view)
        case Reduce(Reduction.SUM, _, _):
            scale = log_of_sum(term, view)
            return None if scale is None else (Exponential(Fraction(1), scale),)
        case _:
            return None


def _product(args: tuple[Term, ...], view: View) -> tuple[Exponential, ...] | None:
    total: tuple[Exponential, ...] = (Exponential(Fraction(1), NIL),)
    expanded = [_expanded(arg, view) for arg in args]
    if None in expanded and all(part is None or all(is_constant(each.exponent) for each in part) for part in expanded):
        return None  # a weight with nothing to weigh
    for arg, part in zip(args, expanded, strict=True):
        if part is None:
            if not is_positive(arg, view):
                return None
            known = _log_of_factor(arg, view)
            part = (Exponential(Fraction(1), build.apply(Function.LOG, arg) if known is None else known),)
        pairs = [
            Exponential(left.coefficient * right.coefficient, build.add(left.exponent, right.exponent))
            for left in total
            for right in part
        ]
        found = _collected(pairs)
        if found is None:
            return None
        total = found
    return total


def _collected(parts: list[Exponential] | tuple[Exponential, ...]) -> tuple[Exponential, ...] | None:
    """Equal exponents together; None where there are too many."""
    totals: dict[Term, Fraction] = {}
    for part in parts:
        totals[part.exponent] = totals.get(part.exponent, Fraction(0)) + part.coefficient
    found = tuple(Exponential(coefficient, exponent) for exponent, coefficient in totals.items() if coefficient)
    return found if len(found) <= _MOST else None


# --- single exponentials -------------------------------------------------------------------------------
def exponent_of(term: Term) -> Term | None:
    """u where the term is exp(u), a power or a product of such."""
    match term:
        case Apply(Function.EXP, (inner,)):
            return inner
        case Power(Apply(Function.EXP, (inner,)), power):
            return build.mul(power, inner)
        case Mul(args):
            inside = [exponent_of(arg) for arg in args]
            return None if None in inside else build.add(*(arg for arg in inside if arg is not None))
        case _:
            return None


def log_of_exponential(term: Term, view: View) -> Term | None:
    """u where the term is exp(u), and -oo where it is masked out: of `where(c, exp(u), 0)`, `where(c, u, -oo)`."""
    term = view(term)
    if term is NIL:
        return NEGATIVE_INFINITY
    exponent = exponent_of(term)
    if exponent is not None:
        return exponent
    match term:
        case Where(condition, then, otherwise):
            first, second = log_of_exponential(then, view), log_of_exponential(otherwise, view)
            return build.where(condition, first, second) if first is not None and second is not None else None
        case Mul(args):  # a weight that is known to be positive counts to the exponent
            known = [_log_of_factor(arg, view) for arg in args]
            return None if None in known else build.add(*(value for value in known if value is not None))
        case Add() | Apply(Function.COSH, _):
            parts = exponentials(term, view)
            if parts is not None and all(part.coefficient > 0 for part in parts):
                return log_of_exponentials(parts)
            return None
        case _:
            return None


def _log_of_factor(term: Term, view: View) -> Term | None:
    exponent = exponent_of(view(term))
    if exponent is not None:
        return exponent
    match view(term):
        case Apply(Function.EXP_NORMALIZED, (above, scale)):
            return build.sub(above, scale)
        case Apply(Function.SIGMOID, (inner,)):
            return build.apply(Function.LOG_SIGMOID, inner)
        case Number() | PolyValue() as weight if is_positive(weight, view):
            return build.apply(Function.LOG, weight)
        case _:
            return None


def log_of_sum(term: Reduce, view: View) -> Term | None:
    """logsumexp for a sum of exponentials over indices, masked ones included."""
    axes, body = build.open_reduce(term)
    inside = log_of_exponential(body, view)
    return None if inside is None else build.reduce(Reduction.LOGSUMEXP, axes, inside)


def is_positive(term: Term, view: View) -> bool:
    """Whether the term is known to be above zero."""
    match view(term):
        case Number(value):
            return value > 0
        case PolyValue(poly):
            return plainly_nonnegative(poly - 1)
        case Apply(function, _):
            return function in (
                Function.EXP, Function.EXP_NORMALIZED, Function.SIGMOID, Function.SECH, Function.COSH, Function.SOFTPLUS
            )  # fmt: skip
        case Power(base, _):
            return is_positive(base, view)
        case Mul(args) | Add(args):
            return all(is_positive(arg, view) for arg in args)
        case Reduce(Reduction.SUM, _, body):
            return log_of_exponential(body, view) is not None
        case _:
            return False


# --- their logarithms ----------------------------------------------------------------------------------
def log_of_exponentials(parts: tuple[Exponential, ...]) -> Term:
    """log Σ c_i·exp(a_i) with all c_i > 0, without overflow."""
    constant = sum((part.coefficient for part in parts if part.exponent is NIL), Fraction(0))
    rest = [part for part in parts if part.exponent is not NIL]
    if constant:
        offset = log_of_number(constant)
        inside = _log_add([_log(part) for part in rest])
        return build.add(offset, build.apply(Function.SOFTPLUS, build.sub(inside, offset)))
    if len(rest) == 2 and rest[0].coefficient == rest[1].coefficient:
        first, second = rest
        if build.add(first.exponent, second.exponent) is NIL:
            argument = first.exponent if split_coefficient(first.exponent)[0] > 0 else second.exponent
            return build.add(build.apply(Function.LOG_COSH, argument), log_of_number(2 * first.coefficient))
    return _log_add([_log(part) for part in rest])


def log_of_difference(parts: tuple[Exponential, ...]) -> Term | None:
    """log(c·exp(a) - d·exp(b)) as a + log c + log(1 - exp(b - a + log(d/c))), where c, d > 0."""
    if len(parts) != 2 or parts[0].coefficient * parts[1].coefficient > 0:
        return None
    above, below = parts if parts[0].coefficient > 0 else parts[::-1]
    gap = log_ratio(below, above)
    return build.add(_log(above), build.apply(Function.LOG, build.neg(build.apply(Function.EXPM1, gap))))


def log_ratio(one: Exponential, other: Exponential) -> Term:
    """log of the quotient of their sizes."""
    ratio = abs(one.coefficient / other.coefficient)
    return spread(build.add(one.exponent, spread(build.neg(other.exponent)), log_of_number(ratio)))


def _log(part: Exponential) -> Term:
    return build.add(part.exponent, log_of_number(part.coefficient))


def _log_add(logs: list[Term]) -> Term:
    return build.apply(Function.LOG_ADD_EXP, *logs)


def log_of_number(value: Fraction) -> Term:
    return build.apply(Function.LOG, build.number(value))


# --- exponents -----------------------------------------------------------------------------------------
def spread(term: Term) -> Term:
    """The term with a number in front of a bracket multiplied out."""
    times, rest = split_coefficient(term)
    if isinstance(rest, Add) and times != 1:
        return build.add(*(build.mul(times, arg) for arg in rest.args))
    if isinstance(rest, Add):
        return build.add(*(spread(arg) for arg in rest.args))
    return term


def is_constant(term: Term) -> bool:
    return not term.tensors and not term.free


def multiple(term: Term, unit: Term) -> tuple[Fraction, Term] | None:
    """(r, rest) with term = r·unit + rest, rest a constant."""
    summands = addends(unit)
    known = {split_coefficient(arg)[1]: split_coefficient(arg)[0] for arg in summands if not is_constant(arg)}
    if not known:
        return None
    if is_constant(term):
        return Fraction(0), term
    for arg in addends(term):
        times, rest = split_coefficient(arg)
        if rest in known:
            ratio = times / known[rest]
            left = spread(build.add(term, *(build.mul(-ratio, summand) for summand in summands)))
            return (ratio, left) if is_constant(left) else None
    return None

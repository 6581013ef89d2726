"""Logarithms that are known without taking one, and those of sums that would overflow."""

from __future__ import annotations

from collections.abc import Callable

from symbackprop.stable.exponentials import (
    exponent_of,
    exponentials,
    is_positive,
    log_of_difference,
    log_of_exponentials,
    log_of_number,
    log_of_sum,
)
from symbackprop.stable.row import Row, first_answer
from symbackprop.stable.seeing import View
from symbackprop.terms import build
from symbackprop.terms.build import MINUS, UNIT, split_coefficient
from symbackprop.terms.products import is_sum, negated
from symbackprop.terms.term import Add, Apply, Function, Mul, Power, Reduce, Reduction, Term


def of_exponential(argument: Term, view: View) -> Term | None:
    return exponent_of(view(argument))


def of_function(argument: Term, view: View) -> Term | None:
    """Of a softmax, a sigmoid and its kin."""
    match view(argument):
        case Apply(Function.EXP_NORMALIZED, (above, scale)):
            return build.sub(above, scale)
        case Apply(Function.SIGMOID, (u,)):
            return build.apply(Function.LOG_SIGMOID, u)
        case Apply(Function.SECH, (u,)):
            return build.neg(build.apply(Function.LOG_COSH, u))
        case Apply(Function.BOSE | Function.CSCH as function, (u,)):
            below = Function.EXPM1 if function is Function.BOSE else Function.SINH
            known = of_sum(build.apply(below, u), view)
            return None if known is None else build.neg(known)
        case _:
            return None


def of_complement(argument: Term, view: View) -> Term | None:
    """log(1 - sigmoid(u)), log(1 ± tanh(u))."""
    match view(argument):
        case Add((one, other)) if one is UNIT:
            sign, rest = split_coefficient(other)
            match view(rest):
                case Apply(Function.SIGMOID, (u,)) if sign == -1:
                    return build.apply(Function.LOG_SIGMOID, negated(u))
                case Apply(Function.TANH, (u,)) if abs(sign) == 1:
                    twice = build.mul(2 * sign, u)
                    return build.add(log_of_number(2 * abs(sign)), build.apply(Function.LOG_SIGMOID, twice))
    return None


def of_sum(argument: Term, view: View) -> Term | None:
    """Of a sum of exponentials: all positive, or a difference of two."""
    found = exponentials(argument, view)
    if found is None:
        return None
    if all(part.coefficient > 0 for part in found):
        return log_of_exponentials(found)
    return log_of_difference(found)


def of_weighted_sum(argument: Term, view: View) -> Term | None:
    """log Σ w·exp(u) = m + log Σ w·exp(u - m), m the largest u, for weights of any sign."""
    term = view(argument)
    if not (is_sum(term)):
        return None
    scale = log_of_sum(term, view)
    if scale is not None:
        return scale
    axes, body = build.open_reduce(term)
    multiplied = body.args if isinstance(body, Mul) else ()
    exponents = [exponent_of(view(factor)) for factor in multiplied]
    raised = [exponent for exponent in exponents if exponent is not None]
    if not {axis.index for axis in axes} & frozenset().union(*(exponent.free for exponent in raised)):
        return None
    if any(_is_largest(split_coefficient(arg)[1]) for e in raised for arg in (e.args if isinstance(e, Add) else ())):
        return None  # it is taken out already
    weights = [factor for factor, exponent in zip(multiplied, exponents, strict=True) if exponent is None]
    exponent = build.add(*raised)
    largest = build.apply(Function.STOP_GRADIENT, build.reduce(Reduction.MAX, axes, exponent))
    scaled = build.mul(*weights, build.apply(Function.EXP, build.sub(exponent, largest)))
    return build.add(largest, build.apply(Function.LOG, build.reduce(Reduction.SUM, axes, scaled)))


def _is_largest(term: Term) -> bool:
    match term:
        case Apply(Function.STOP_GRADIENT, (Reduce(Reduction.MAX, _, _),)):
            return True
        case _:
            return False


def of_product(argument: Term, view: View) -> Term | None:
    """Σ log of the factors, where all but one are positive and one of them has a logarithm that is known."""
    term = view(argument)
    if isinstance(term, Power) and term.exponent.denominator == 1 and is_positive(term.base, view):
        inner = known_logarithm(term.base, view)
        return None if inner is None else build.mul(term.exponent, inner)
    if not isinstance(term, Mul):
        return None
    known: list[Term] = []
    plain: list[Term] = []
    rest: list[Term] = []
    for arg in term.args:
        value = known_logarithm(arg, view) if is_positive(arg, view) else None
        if value is not None:
            known.append(value)
        else:
            (plain if is_positive(arg, view) else rest).append(arg)
    if not known or len(rest) > 1:
        return None
    return build.add(*known, *(logarithm(factor, view) for factor in (*plain, *rest)))


def of_power(argument: Term, view: View) -> Term | None:
    """log(b^p) = p·log b for b > 0."""
    if isinstance(argument, Power) and is_positive(argument.base, view):
        return build.mul(argument.exponent, logarithm(argument.base, view))
    return None


def near_one(argument: Term, view: View) -> Term | None:
    if isinstance(argument, Add) and UNIT in argument.args:
        return build.apply(Function.LOG1P, build.add(argument, MINUS))
    return None


Rule = Callable[[Term, View], Term | None]
KNOWN: tuple[Row[Rule], ...] = (
    Row("log(exp(u))", "u", "exp(u) overflows, or is 0", of_exponential),
    Row("log(softmax(u)), log(sigmoid(u)), log(sech(u)), log(1/(exp(u) - 1))",
        "u - logsumexp(u), log_sigmoid(u), -log_cosh(u), -u - log(1 - exp(-u))", "they are 0 far from 0", of_function),
    Row("log(1 - sigmoid(u)), log(1 + tanh(u))", "log_sigmoid(-u), log(2) + log_sigmoid(2u)", "1 - 1", of_complement),
    Row("log(Σ c·exp(a)), log(c·exp(a) - d·exp(b))",
        "softplus, log_cosh, log_add_exp or logsumexp; a + log(c) + log(-expm1(b - a + log(d/c)))",
        "an exponential overflows, or all of them are 0", of_sum),
    Row("log(Σ w·exp(u)), the weights of any sign", "m + log(Σ w·exp(u - m)), m the largest u",
        "exp(u) overflows, or is 0", of_weighted_sum),
    Row("log(Π f), log(f^n)", "Σ log(f), n·log(f), where one of these is known", "a factor overflows, or is 0",
        of_product),
)  # fmt: skip
PLAIN: tuple[Row[Rule], ...] = (
    Row("log(1 + u)", "log1p(u)", "1 + u rounds a small u away", near_one),
    Row("log(b^p), b > 0", "p·log(b)", "b^p overflows, or is 0", of_power),
)
LOGARITHMS = KNOWN + PLAIN


def known_logarithm(argument: Term, view: View) -> Term | None:
    """A logarithm that is known without taking that of the argument, or None."""
    return first_answer(KNOWN, argument, view, None)


def logarithm(argument: Term, view: View) -> Term:
    """log(argument)."""
    return first_answer(LOGARITHMS, argument, view, build.apply(Function.LOG, argument))

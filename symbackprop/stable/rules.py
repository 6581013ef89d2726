"""Forms that are evaluated without overflow, recognised however they are written.

    exp(u - LogSumExp(u)), exp(u)/Σ exp(u)   ->  exp_normalized(u, logsumexp u)
    log Σ exp(u), log of their mean           ->  logsumexp u
    log(Σ w·exp(u))                           ->  m + log(Σ w·exp(u - m)), m the largest u; logsumexp(u + log w), w > 0
    log(1 + exp(u)), log(a + b·exp(u))        ->  softplus(u), log a + softplus(u + log(b/a)), a and b numbers > 0
    1/(1 + exp(-u)), exp(u)/(1 + exp(u))      ->  sigmoid(u), and likewise with numbers for the ones
    log(sigmoid(u)), log(1 - sigmoid(u))      ->  log_sigmoid(±u)
    log(softmax)                              ->  u - logsumexp u
    log(1 + u), exp(u) - 1                    ->  log1p(u), expm1(u)

`View` lets the rules look through an element at the equation that defines its tensor: `p[n, k] = e[n, k]/s[n]` is a
softmax too.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from symbackprop.stable.match import holds, within
from symbackprop.stable.seeing import View, as_is
from symbackprop.terms import build
from symbackprop.terms.build import MINUS, NEGATIVE_INFINITY, NIL, TRUE, UNIT, split_coefficient
from symbackprop.terms.positive import plainly_nonnegative
from symbackprop.terms.term import (
    Add,
    Apply,
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


# --- the four constructors -----------------------------------------------------------------------------
def sum_of(terms: Sequence[Term]) -> Term:
    """Their sum; exp(u) - 1 is expm1(u)."""
    total = build.add(*terms)
    if isinstance(total, Add) and len(total.args) == 2:
        constant, other = total.args
        sign, rest = split_coefficient(other)
        exponent = exponent_of(rest)
        if isinstance(constant, Number) and exponent is not None and constant.value == -sign and abs(sign) == 1:
            return build.mul(sign, build.apply(Function.EXPM1, exponent))
    return total


def exponential(argument: Term, view: View = as_is) -> Term:
    """exp(argument); where a LogSumExp of the rest is subtracted, its normalised form."""
    for arg in argument.args if isinstance(argument, Add) else ():
        sign, rest = split_coefficient(arg)
        if sign == -1:
            scale = view(rest)
            if isinstance(scale, Reduce) and scale.reduction is Reduction.LOGSUMEXP:
                above = build.sub(argument, arg)
                if holds(scale, above):
                    return build.apply(Function.EXP_NORMALIZED, above, rest)
    return build.apply(Function.EXP, argument)


def product_of(factors: Sequence[Term], view: View = as_is) -> Term:
    """Their product, with softmaxes and sigmoids recognised."""
    return _stable_product(build.mul(*factors), view)


def logarithm(argument: Term, view: View = as_is) -> Term:
    """log(argument)."""
    parts = _logarithms(argument, view)
    if parts is not None:
        return parts
    if isinstance(argument, Add) and UNIT in argument.args:
        return build.apply(Function.LOG1P, build.add(argument, MINUS))
    if isinstance(argument, Power) and _positive(argument.base, view):
        return build.mul(argument.exponent, logarithm(argument.base, view))
    return build.apply(Function.LOG, argument)


# --- logarithms ----------------------------------------------------------------------------------------
def _logarithms(argument: Term, view: View) -> Term | None:
    """A logarithm that is known without taking one, or None."""
    argument = view(argument)
    exponent = exponent_of(argument)
    if exponent is not None:
        return exponent
    match argument:
        case Apply(Function.EXP_NORMALIZED, (above, scale)):
            return build.sub(above, scale)
        case Apply(Function.SIGMOID, (inner,)):
            return build.apply(Function.LOG_SIGMOID, inner)
        case Add((Number(one), other)) if one > 0:
            sign, rest = split_coefficient(other)
            rest = view(rest)
            inner_exponent = exponent_of(rest)
            if sign > 0 and inner_exponent is not None:
                ratio = _log_of_number(sign / one)
                return build.add(_log_of_number(one), build.apply(Function.SOFTPLUS, build.add(inner_exponent, ratio)))
            if one == 1 and sign == -1 and isinstance(rest, Apply) and rest.function is Function.SIGMOID:
                return build.apply(Function.LOG_SIGMOID, negated(rest.args[0]))
        case Reduce(Reduction.SUM, _, _):
            return _log_of_sum(argument, view)
        case Power(base, exponent_) if exponent_.denominator == 1:
            known = _logarithms(base, view) if not isinstance(base, Add) or exponent_ < 0 else None
            return build.mul(exponent_, known) if known is not None and _positive(base, view) else None
        case Mul(args):
            return _log_of_product(args, view)
    return None


def _log_of_sum(term: Reduce, view: View) -> Term | None:
    """logsumexp for a sum of exponentials, masked ones included; their largest taken out where they have weights."""
    axes, body = build.open_reduce(term)
    inside = log_of_exponential(body, view)
    if inside is not None:
        return build.reduce(Reduction.LOGSUMEXP, axes, inside)
    raised, weights = _exponents(_factors(body), view) if isinstance(body, Mul) else ([], [])
    if not {axis.index for axis in axes} & frozenset().union(*(exponent.free for exponent in raised)):
        return None
    exponent = build.add(*raised)
    largest = build.apply(Function.STOP_GRADIENT, build.reduce(Reduction.MAX, axes, exponent))
    scaled = build.mul(*weights, build.apply(Function.EXP, build.sub(exponent, largest)))
    return build.add(largest, build.apply(Function.LOG, build.reduce(Reduction.SUM, axes, scaled)))


def _log_of_product(args: tuple[Term, ...], view: View) -> Term | None:
    """Σ log of the factors, where all but one are positive and one of them has a logarithm that is known."""
    known: list[Term] = []
    plain: list[Term] = []
    rest: list[Term] = []
    for arg in args:
        value = _logarithms(arg, view) if _positive(arg, view) else None
        if value is not None:
            known.append(value)
        else:
            (plain if _positive(arg, view) else rest).append(arg)
    if not known or len(rest) > 1:
        return None
    known += [logarithm(factor, view) for factor in plain]
    if rest:
        known.append(logarithm(rest[0], view))
    return build.add(*known)


def _positive(term: Term, view: View) -> bool:
    match view(term):
        case Number(value):
            return value > 0
        case PolyValue(poly):
            return plainly_nonnegative(poly - 1)
        case Apply(function, _):
            return function in (Function.EXP, Function.EXP_NORMALIZED, Function.SIGMOID)
        case Power(base, _):
            return _positive(base, view)
        case Mul(args):
            return all(_positive(arg, view) for arg in args)
        case Add(args):
            return all(_positive(arg, view) for arg in args)
        case Reduce(Reduction.SUM, _, body):
            return log_of_exponential(body, view) is not None
        case _:
            return False


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
            known = [_logarithm_of_factor(arg, view) for arg in args]
            return None if None in known else build.add(*(value for value in known if value is not None))
        case _:
            return None


def _logarithm_of_factor(term: Term, view: View) -> Term | None:
    if isinstance(term, Number):
        return _log_of_number(term.value) if term.value > 0 else None
    return _logarithms(term, view) if _positive(term, view) else None


def _log_of_number(value: Fraction) -> Term:
    return build.apply(Function.LOG, build.number(value))


# --- quotients -----------------------------------------------------------------------------------------
def _stable_product(term: Term, view: View, guard: Term = TRUE) -> Term:
    """`guard`: the condition under which the product counts, which may mask it as it masks a sum below it."""
    if isinstance(term, Where) and term.otherwise is NIL:
        inside = _stable_product(term.then, view, build.logic_and(guard, term.condition))
        return build.where(term.condition, inside, NIL)
    factors = [_flat_power(factor, view) for factor in (term.args if isinstance(term, Mul) else (term,))]
    joined = _joined_exponentials(factors, view)
    if joined is not None:
        return _stable_product(build.mul(*joined), view, guard)
    for place, factor in enumerate(factors):
        others = _but(factors, place)
        found = _quotient(others, factor, view, guard) if isinstance(factor, Power) and factor.exponent < 0 else None
        found = found or _raised_sigmoid(others, factor, view)
        if found is not None:
            return _stable_product(build.mul(*found), view, guard)
    return term


def _joined_exponentials(factors: Sequence[Term], view: View) -> list[Term] | None:
    """exp(u)·exp(-logsumexp u) is a softmax as well."""
    raised, rest = _exponents(factors, view)
    joined = exponential(build.add(*raised), view) if len(raised) > 1 else NIL
    return [*rest, joined] if isinstance(joined, Apply) and joined.function is Function.EXP_NORMALIZED else None


def _exponents(factors: Sequence[Term], view: View) -> tuple[list[Term], list[Term]]:
    """(the exponents of those that are exponentials, the others)."""
    raised = [exponent_of(view(factor)) for factor in factors]
    rest = [factor for factor, exponent in zip(factors, raised, strict=True) if exponent is None]
    return [exponent for exponent in raised if exponent is not None], rest


def _flat_power(factor: Term, view: View) -> Term:
    """(b^p)^q is b^(p·q) where b is positive."""
    match factor:
        case Power(Power(base, inner), outer) if _positive(base, view):
            return build.power(base, inner * outer)
        case _:
            return factor


def _quotient(others: list[Term], below: Power, view: View, guard: Term) -> list[Term] | None:
    """The factors of Π others · below, stable, or None where nothing is recognised."""
    base = view(below.base)
    match base:
        case Add((first, second)):
            times, rest = split_coefficient(second)
            raised = exponent_of(view(rest))
            if raised is not None and isinstance(first, Number) and first.value > 0 and times > 0:
                ratio = _log_of_number(times / first.value)
                down = build.apply(Function.SIGMOID, negated(build.add(raised, ratio)))
                return [*others, build.power(first, below.exponent), build.power(down, -below.exponent)]
            raised = exponent_of(view(second))
            left = exponent_of(view(first))
            if raised is not None and left is not None and below.exponent == -1:
                return _share_of_two(others, left, raised, view)
        case Reduce(Reduction.SUM, _, _):
            scale = _log_of_sum(base, view)
            if isinstance(scale, Reduce):
                return _softmaxes(others, scale, below, view, guard)
    return None


def _share_of_two(others: list[Term], left: Term, right: Term, view: View) -> list[Term] | None:
    """exp(a)/(exp(a) + exp(b)) is sigmoid(a - b)."""
    for own, other in ((left, right), (right, left)):
        for place, factor in enumerate(others):
            if exponent_of(view(factor)) is own:
                share = build.apply(Function.SIGMOID, build.sub(own, other))
                return [*_but(others, place), share]
    return None


def _raised_sigmoid(others: list[Term], factor: Term, view: View) -> list[Term] | None:
    """exp(m·w)·sigmoid(-w)^n is sigmoid(w)^m·sigmoid(-w)^(n - m)."""
    base, times = (factor.base, factor.exponent) if isinstance(factor, Power) else (factor, Fraction(1))
    if not (isinstance(base, Apply) and base.function is Function.SIGMOID and times.denominator == 1):
        return None
    exponent = negated(base.args[0])
    for place, other in enumerate(others):
        raised = exponent_of(view(other))
        for m in range(1, min(int(times), 8) + 1) if raised is not None else ():
            left = _difference(raised, build.mul(m, exponent)) if raised is not None else None
            if left is not None and (
                _is_constant(left) or (m == 1 and raised is not None and within(exponent, raised))
            ):
                rest = _exp(left)
                up = build.power(build.apply(Function.SIGMOID, exponent), m)
                return [*_but(others, place), rest, up, build.power(base, times - m)]
    return None


def _difference(left: Term, right: Term) -> Term:
    """left - right, with what is multiplied in front of a bracket multiplied out."""
    times, rest = split_coefficient(right)
    summands = rest.args if isinstance(rest, Add) else (rest,)
    return NIL if left is right else build.add(left, *(build.mul(-times, summand) for summand in summands))


def _softmaxes(others: list[Term], scale: Reduce, below: Power, view: View, guard: Term) -> list[Term] | None:
    """exp(n·u)/(Σ exp(u))^n is the n-th power of a softmax; also inside a sum, as in Σ v·exp(u)/Σ exp(u)."""
    times = -below.exponent
    exponents, plain = _exponents(others, view)
    alone = [(exponent, [*plain, *map(_exp, _but(exponents, place))]) for place, exponent in enumerate(exponents)]
    for raised, rest in (*alone, (build.add(*exponents), plain)) if exponents else ():
        above = build.mul(1 / times, raised)
        if holds(scale, above):
            above, normal = _without_offset(above, scale)
            return [*rest, build.power(build.apply(Function.EXP_NORMALIZED, above, normal), times)]
        if guard is not TRUE and holds(scale, build.where(guard, above, NEGATIVE_INFINITY)):
            return [*rest, build.power(build.apply(Function.EXP_NORMALIZED, above, scale), times)]
    for place, other in enumerate(others):
        rest, seen = _but(others, place), view(other)
        if isinstance(seen, Reduce) and seen.reduction is Reduction.SUM:
            axes, body = build.open_reduce(seen, taken=(*below.free, *scale.free))
            inside = _stable_product(build.mul(body, below), view)
            if any(isinstance(t, Apply) and t.function is Function.EXP_NORMALIZED for t in _factors(inside)):
                return [*rest, build.reduce(Reduction.SUM, axes, inside)]
    return None


def negated(term: Term) -> Term:
    """-term, summand by summand."""
    return build.add(*map(build.neg, term.args)) if isinstance(term, Add) else build.neg(term)


def _exp(exponent: Term) -> Term:
    """exp(exponent), where that is the power of a number the number."""
    times, rest = split_coefficient(exponent)
    match rest:
        case Apply(Function.LOG, (Number() as base,)):
            return build.power(base, times)
        case _:
            return build.apply(Function.EXP, exponent)


def _is_constant(term: Term) -> bool:
    return not term.tensors and not term.free


def _but(terms: Sequence[Term], place: int) -> list[Term]:
    return [*terms[:place], *terms[place + 1 :]]


def _factors(term: Term) -> tuple[Term, ...]:
    match term:
        case Where(_, then, otherwise) if otherwise is NIL:
            return _factors(then)
        case Mul(args):
            return args
        case _:
            return (term,)


def _without_offset(above: Term, scale: Reduce) -> tuple[Term, Term]:
    """(u, logsumexp u) for (u - m, logsumexp(u - m)): what does not vary along the sum cancels in a softmax."""
    axes, body = build.open_reduce(scale, taken=above.free)
    bound = {axis.index for axis in axes}
    if isinstance(body, Add):
        fixed = [arg for arg in body.args if not (arg.free & bound)]
        if fixed and len(fixed) < len(body.args):
            offset = build.add(*fixed)
            return build.sub(above, offset), build.reduce(Reduction.LOGSUMEXP, axes, build.sub(body, offset))
    return above, scale

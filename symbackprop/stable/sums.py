"""Sums in which what is added cancels, and exponentials of such."""

from __future__ import annotations

from collections.abc import Callable

from symbackprop.stable.exponentials import spread
from symbackprop.stable.matching import holds
from symbackprop.stable.row import Row
from symbackprop.stable.seeing import View
from symbackprop.terms import build
from symbackprop.terms.build import NIL, split_coefficient
from symbackprop.terms.products import addends, negated, without
from symbackprop.terms.term import Add, Apply, Function, Number, Reduce, Reduction, Term


def less_one(args: tuple[Term, ...], view: View) -> Term | None:
    """exp(u) - 1."""
    if len(args) != 2:
        return None
    constant, other = args
    sign, rest = split_coefficient(other)
    match rest:
        case Apply(Function.EXP, (u,)) if isinstance(constant, Number) and constant.value == -sign and abs(sign) == 1:
            return build.mul(sign, build.apply(Function.EXPM1, u))
    return None


def less_argument(args: tuple[Term, ...], view: View) -> Term | None:
    """log(exp(u) + exp(v)) - u, and of softplus(v) = log(exp(0) + exp(v))."""
    for place, arg in enumerate(args):
        times, rest = split_coefficient(arg)
        match rest:
            case Apply(Function.SOFTPLUS, (v,)):
                inside: tuple[Term, ...] = (NIL, v)
            case Apply(Function.LOG_ADD_EXP, many):
                inside = many
            case _:
                continue
        others = build.add(*without(args, place))
        for own in inside:
            left = build.add(others, build.mul(times, own))
            if own is not NIL and _fewer(left, others):
                gaps = [build.sub(other, own) for other in inside if other is not own]
                gap = build.apply(Function.LOG_ADD_EXP, *gaps) if len(gaps) > 1 else spread(gaps[0])
                return build.add(build.mul(times, build.apply(Function.SOFTPLUS, gap)), left)
    return None


def _fewer(one: Term, other: Term) -> bool:
    """Whether everything that one adds up stands in the other too, and something more."""
    ones = set(one.args) if isinstance(one, Add) else {one} - {NIL}
    others = set(other.args) if isinstance(other, Add) else {other}
    return ones < others


def less_its_log_sum(argument: Term, view: View) -> Term | None:
    """exp(u - logsumexp(u)), and exp(c·u - c·logsumexp(u)) as its power."""
    argument = spread(argument)
    for arg in argument.args if isinstance(argument, Add) else ():
        times, rest = split_coefficient(arg)
        scale = view(rest) if times < 0 else NIL
        if isinstance(scale, Reduce) and scale.reduction is Reduction.LOGSUMEXP:
            above = spread(build.mul(-1 / times, build.sub(argument, arg)))
            if holds(scale, above):
                return build.power(build.apply(Function.EXP_NORMALIZED, above, rest), -times)
    return None


def of_logarithm(argument: Term, view: View) -> Term | None:
    """exp(-softplus(u)), exp(u - softplus(u)), exp(log_sigmoid(u)), exp(-log_cosh(u))."""
    match argument:
        case Apply(Function.LOG_SIGMOID, (u,)):
            return build.apply(Function.SIGMOID, u)
    for arg in addends(argument):
        sign, rest = split_coefficient(arg)
        left = build.sub(argument, arg)
        match rest:
            case Apply(Function.SOFTPLUS, (u,)) if sign == -1 and left is NIL:
                return build.apply(Function.SIGMOID, negated(u))
            case Apply(Function.SOFTPLUS, (u,)) if sign == -1 and left is u:
                return build.apply(Function.SIGMOID, u)
            case Apply(Function.LOG_COSH, (u,)) if left is NIL and sign.denominator == 1 and sign < 0:
                return build.power(build.apply(Function.SECH, u), -sign)
    return None


SumRule = Callable[[tuple[Term, ...], View], Term | None]
ExponentialRule = Callable[[Term, View], Term | None]
SUMS: tuple[Row[SumRule], ...] = (
    Row("exp(u) - 1", "expm1(u)", "a small u is rounded away", less_one),
    Row("log(exp(u) + exp(v)) - u", "softplus(v - u)", "the difference of two numbers of the size of u", less_argument),
)
EXPONENTIALS: tuple[Row[ExponentialRule], ...] = (
    Row("exp(u - logsumexp(u)), exp(c·(u - logsumexp(u)))", "exp_normalized(u, logsumexp(u))^c",
        "-oo - -oo in a row masked everywhere", less_its_log_sum),
    Row("exp(-softplus(u)), exp(-log_cosh(u))", "sigmoid(-u), sech(u)", "eps·|u| is lost", of_logarithm),
)  # fmt: skip

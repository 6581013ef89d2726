"""Quotients of sums of exponentials: softmaxes, sigmoids, tanh, sech and csch, and 1/(exp u - 1), however written.

With w = b - a + log(d/c), Q = c·exp(a) + d·exp(b) = c·exp(a)·(1 + exp(w)), so that for n = k·a + r·(b - a)

    exp(n)/Q^k  =  sigmoid(w)^r·sigmoid(-w)^(k - r)·c^(r - k)·d^(-r),  and (sech(w/2)/2)^k for r = k/2

and likewise with bose(-w) and -bose(w), and csch, for a difference. Three exponentials and more: 1/Σ exp(a_i) is a
sigmoid of the log-sum of the others, or exp(-log Σ exp(a_i)).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

from symbackprop.stable.exponentials import (
    Exponential,
    exponent_of,
    exponentials,
    is_constant,
    is_positive,
    log_of_exponentials,
    log_of_sum,
    log_ratio,
    multiple,
    spread,
)
from symbackprop.stable.matching import holds
from symbackprop.stable.row import Row
from symbackprop.stable.seeing import View, as_is
from symbackprop.stable.sums import less_its_log_sum
from symbackprop.terms import build
from symbackprop.terms.build import NEGATIVE_INFINITY, NIL, TRUE, split_coefficient, split_guards
from symbackprop.terms.products import addends, factors, is_sum, without
from symbackprop.terms.term import Add, Apply, Function, Number, Power, Reduce, Reduction, Term, Where

_HIGHEST = 8  # power of a sum of exponentials
_MOST_ABOVE = 4  # exponentials that a quotient is split by


def of_sigmoids(others: list[Term], below: Power, view: View, guard: Term) -> list[Term] | None:
    """exp(n)/(c·exp(a) + d·exp(b))^k."""
    return _of_two(others, below, view, 1)


def of_differences(others: list[Term], below: Power, view: View, guard: Term) -> list[Term] | None:
    """exp(n)/(c·exp(a) - d·exp(b))^k."""
    return _of_two(others, below, view, -1)


def _of_two(others: list[Term], below: Power, view: View, sign: int) -> list[Term] | None:
    """exp(n)/(c·exp(a) + sign·d·exp(b))^k = exp(n)/(c·exp(a)·(1 + sign·exp(w)))^k, c, d > 0."""
    found, power = exponentials(below.base, view), -below.exponent
    if found is None or len(found) != 2 or power.denominator != 1:  # a root of 0 has no slope
        return None
    first, second = sorted(found, key=lambda part: (part.coefficient < 0, not is_constant(part.exponent)))
    size = sign * second.coefficient
    if first.coefficient < 0 or size < 0:
        return None
    exponent, plain = _numerator(others, view)
    w = log_ratio(second, first)
    rest = spread(build.add(exponent, spread(build.mul(-power, first.exponent))))
    place = multiple(rest, _of(second, first))
    if place is None:
        return None
    r, left = place
    if r == power / 2 and (exponent is NIL or r.denominator != 1):
        scale, half = _number(first.coefficient * size, -power / 2), spread(build.mul(Fraction(sign, 2), w))
        one = build.apply(Function.SECH, _upright(half)) if sign > 0 else build.apply(Function.CSCH, half)
        return [*plain, scale, build.power(build.number(2), -power), build.power(one, power), exp(left)]
    held = min(max(r, Fraction(0)), power)
    if sign < 0 and (r.denominator != 1 or r != held):
        return None
    surplus = exp(spread(build.add(left, spread(build.mul(r - held, _of(second, first))))))
    down = spread(build.neg(w))
    if sign > 0:
        ways = build.apply(Function.SIGMOID, w), build.apply(Function.SIGMOID, down)
    else:
        ways = build.apply(Function.BOSE, down), build.neg(build.apply(Function.BOSE, w))
    scale = build.mul(_number(first.coefficient, held - power), _number(size, -held))
    return [*plain, surplus, scale, build.power(ways[0], held), build.power(ways[1], power - held)]


def of_sums(others: list[Term], below: Power, view: View, guard: Term) -> list[Term] | None:
    """(p·exp(a) + q·exp(b))/(c·exp(a) + d·exp(b)), the same exponentials above and below: tanh, and the like."""
    found = exponentials(below.base, view)
    if found is None or len(found) != 2 or below.exponent != -1:
        return None
    first, second = sorted(found, key=lambda part: part.coefficient < 0)
    for place, other in enumerate(others):
        above = exponentials(other, view)
        if above is None or len(above) != 2:
            continue
        for one, two in (above, above[::-1]):
            offset = spread(build.add(one.exponent, spread(build.neg(first.exponent))))
            same = spread(build.add(two.exponent, spread(build.neg(second.exponent)), spread(build.neg(offset))))
            if same is NIL and is_constant(offset):
                return [*without(others, place), exp(offset), _moebius(one, two, first, second)]
    return None


def of_powers(others: list[Term], below: Power, view: View, guard: Term) -> list[Term] | None:
    """P^m/Q^k, both sums of exponentials, as (P/Q)^m/Q^(k - m), so that P/Q is seen."""
    power = -below.exponent
    if power.denominator != 1 or exponentials(below.base, view) is None:
        return None
    for place, other in enumerate(others):
        base, times = (other.base, other.exponent) if isinstance(other, Power) else (other, Fraction(1))
        times = min(times, power)
        if times < 1 or times.denominator != 1 or times == power == 1 or len(exponentials(base, view) or ()) < 2:
            continue
        one = stable_product(build.mul(base, build.power(below.base, -1)), view)
        if one is not build.mul(base, build.power(below.base, -1)):
            rest = build.mul(other, build.power(base, -times))
            return [*without(others, place), rest, build.power(one, times), build.power(below.base, times - power)]
    return None


def of_each(others: list[Term], below: Power, view: View, guard: Term) -> list[Term] | None:
    """Σ p_i·exp(a_i) above a sum of exponentials, term by term."""
    if exponentials(below.base, view) is None or below.exponent.denominator != 1:
        return None
    for place, other in enumerate(others):
        above = exponentials(other, view)
        if above is not None and len(above) > 1 and len(above) <= _MOST_ABOVE:
            rest = build.mul(*without(others, place), below)
            each = [stable_product(build.mul(part.coefficient, exp(part.exponent), rest), view) for part in above]
            return [build.add(*each)]
    return None


def _moebius(one: Exponential, two: Exponential, first: Exponential, second: Exponential) -> Term:
    """(p + q·exp(b - a))/(c + d·exp(b - a)), c > 0."""
    p, q = one.coefficient / first.coefficient, two.coefficient / second.coefficient
    w = log_ratio(second, first)
    if p == -q:  # p·(1 - e)/(1 + e) = -p·tanh(w/2), and its inverse below a difference
        half = build.apply(Function.TANH, spread(build.mul(Fraction(1, 2), w)))
        return build.mul(-p, half) if second.coefficient > 0 else build.mul(-p, build.power(half, -1))
    if second.coefficient > 0:
        return build.add(p, build.mul(q - p, build.apply(Function.SIGMOID, w)))
    return build.add(p, build.mul(p - q, build.apply(Function.BOSE, spread(build.neg(w)))))


def of_many(others: list[Term], below: Power, view: View, guard: Term) -> list[Term] | None:
    """exp(n)/(Σ c_i·exp(a_i))^k: by a sigmoid where n is k·a_i; by one and a softmax where a_i is a log Σ exp that has
    n/k in it; else exp(n - k·log Σ)."""
    found = exponentials(below.base, view)
    if found is None or any(part.coefficient < 0 for part in found):
        return None
    exponent, plain = _numerator(others, view)
    power = -below.exponent
    for part in found if len(found) > 1 and power.denominator == 1 else ():
        left = spread(build.add(exponent, spread(build.mul(-power, part.exponent))))
        scale, own = part.exponent, build.mul(1 / power, exponent)
        if is_constant(left):
            return [*plain, exp(left), *_share(part, found, power)]
        if isinstance(scale, Reduce) and scale.reduction is Reduction.LOGSUMEXP and holds(scale, own):
            weight = build.apply(Function.EXP_NORMALIZED, own, scale)
            return [*plain, build.power(weight, power), *_share(part, found, power)]
    if exponentials(below.base, as_is) is None:
        return None  # a sum that is held already is not taken again
    total = log_of_exponentials(found)
    return [*plain, build.apply(Function.EXP, build.add(exponent, spread(build.mul(-power, total))))]


def _share(part: Exponential, every: Sequence[Exponential], power: Fraction) -> tuple[Term, Term]:
    """The factors of (exp(a_i)/Σ c_j·exp(a_j))^power."""
    rest = tuple(
        Exponential(other.coefficient / part.coefficient, _of(other, part)) for other in every if other is not part
    )
    share = build.apply(Function.SIGMOID, spread(build.neg(log_of_exponentials(rest))))
    return _number(part.coefficient, -power), build.power(share, power)


def of_softmax(others: list[Term], below: Power, view: View, guard: Term) -> list[Term] | None:
    """exp(n·u)/(Σ exp(u))^n is the n-th power of a softmax; also inside a sum, as in Σ v·exp(u)/Σ exp(u). `guard`: the
    condition under which the product counts, which may mask it as it masks the sum below it."""
    base = view(below.base)
    scale = log_of_sum(base, view) if is_sum(base) else None
    if not (isinstance(scale, Reduce) and scale.reduction is Reduction.LOGSUMEXP):
        return None
    times = -below.exponent
    exponents, plain = split_exponents(others, view)
    alone = [(exponent, [*plain, *map(exp, without(exponents, place))]) for place, exponent in enumerate(exponents)]
    for raised, rest in (*alone, (build.add(*exponents), plain)) if exponents else ():
        above = build.mul(1 / times, raised)
        if holds(scale, above):
            above, normal = _without_offset(above, scale)
            return [*rest, build.power(build.apply(Function.EXP_NORMALIZED, above, normal), times)]
        if guard is not TRUE and holds(scale, build.where(guard, above, NEGATIVE_INFINITY)):
            return [*rest, build.power(build.apply(Function.EXP_NORMALIZED, above, scale), times)]
    for place, other in enumerate(others):
        rest, seen = without(others, place), view(other)
        if is_sum(seen):
            axes, body = build.open_reduce(seen, taken=(*below.free, *scale.free))
            inside = stable_product(build.mul(body, below), view)
            weights = factors(split_guards(inside)[1])
            if any(isinstance(t, Apply) and t.function is Function.EXP_NORMALIZED for t in weights):
                return [*rest, build.reduce(Reduction.SUM, axes, inside)]
    return None


# --- the product ---------------------------------------------------------------------------------------
Rule = Callable[[list[Term], Power, View, Term], "list[Term] | None"]
QUOTIENTS: tuple[Row[Rule], ...] = (
    Row("exp(u)/Σ exp(u), Σ w·exp(u)/Σ exp(u)", "exp_normalized(u, logsumexp(u)), Σ w·exp_normalized(u, logsumexp(u))",
        "∞/∞, and 0/0 in a row masked everywhere", of_softmax),
    Row("(p·exp(a) + q·exp(b))/(c·exp(a) + d·exp(b))", "tanh, 1/tanh, or a number and a sigmoid or 1/(exp(w) - 1)",
        "∞/∞", of_sums),
    Row("(Σ p·exp(a))^m/(Σ c·exp(b))^k", "(Σ p·exp(a)/Σ c·exp(b))^m·(Σ c·exp(b))^(m - k)", "∞/∞", of_powers),
    Row("(Σ p·exp(a))/(Σ c·exp(b))^k", "Σ p·(exp(a)/(Σ c·exp(b))^k)", "∞/∞", of_each),
    Row("exp(n)/(c·exp(a) + d·exp(b))^k", "sigmoid(w)^r·sigmoid(-w)^(k - r), sech(w/2)^k",
        "∞/∞, and slopes of 0·∞", of_sigmoids),
    Row("exp(n)/(c·exp(a) - d·exp(b))^k", "bose(-w)^r·(-bose(w))^(k - r), csch(w/2)^k, with bose(w) = 1/(exp(w) - 1)",
        "∞/∞, and slopes of 0·∞", of_differences),
    Row("exp(n)/(Σ c·exp(a))^k", "sigmoid(-log Σ exp(a - n)), exp(n - k·log Σ c·exp(a))",
        "∞/∞, and slopes of 0·∞", of_many),
)  # fmt: skip
_RECIPROCALS: dict[Function, Callable[[Term], Term]] = {
    Function.SIGMOID: lambda u: build.add(1, build.apply(Function.EXP, spread(build.neg(u)))),
    Function.SECH: lambda u: build.apply(Function.COSH, u),
    Function.CSCH: lambda u: build.apply(Function.SINH, u),
    Function.BOSE: lambda u: build.apply(Function.EXPM1, u),
}


def stable_product(term: Term, view: View, guard: Term = TRUE) -> Term:
    """The product with the first quotient that is recognised in it, and those that show then."""
    if isinstance(term, Where) and term.otherwise is NIL:
        inside = stable_product(term.then, view, build.logic_and(guard, term.condition))
        return build.where(term.condition, inside, NIL)
    multiplied = [_flat_power(factor, view) for factor in factors(term)]
    raised, rest = split_exponents(multiplied, view)
    softmax = less_its_log_sum(build.add(*raised), view) if len(raised) > 1 else None
    if softmax is not None:  # exp(u)·exp(-logsumexp u)
        return stable_product(build.mul(*rest, softmax), view, guard)
    for place, factor in enumerate(multiplied):
        others = without(multiplied, place)
        below = _reciprocal(factor, bool(raised))
        for row in QUOTIENTS if below is not None else ():
            assert below is not None
            found = row.rule(others, below, view, guard)
            product = None if found is None else build.mul(*found)
            if product is not None and product is not term:
                return stable_product(product, view, guard)
    return term


def _reciprocal(factor: Term, raised: bool) -> Power | None:
    """The factor as a power below the line; a sigmoid and its kin too, where exponentials stand beside it."""
    base, power = (factor.base, factor.exponent) if isinstance(factor, Power) else (factor, Fraction(1))
    if isinstance(factor, Power) and -_HIGHEST <= power < 0:
        return factor
    if raised and isinstance(base, Apply) and base.function in _RECIPROCALS and 0 < power <= _HIGHEST:
        return Power(_RECIPROCALS[base.function](*base.args), -power)
    return None


# --- helpers -------------------------------------------------------------------------------------------
def split_exponents(multiplied: Sequence[Term], view: View) -> tuple[list[Term], list[Term]]:
    """(the exponents of those that are exponentials, the others)."""
    raised = [exponent_of(view(factor)) for factor in multiplied]
    rest = [factor for factor, exponent in zip(multiplied, raised, strict=True) if exponent is None]
    return [exponent for exponent in raised if exponent is not None], rest


def _numerator(others: Sequence[Term], view: View) -> tuple[Term, list[Term]]:
    """(the exponent of all exponentials together, the other factors)."""
    raised, plain = split_exponents(others, view)
    return spread(build.add(*map(spread, raised))), plain


def _of(second: Exponential, first: Exponential) -> Term:
    return spread(build.add(second.exponent, spread(build.neg(first.exponent))))


def _upright(argument: Term) -> Term:
    """The argument of an even function, not negative in front."""
    return spread(build.neg(argument)) if split_coefficient(addends(argument)[0])[0] < 0 else argument


def _number(value: Fraction, power: Fraction) -> Term:
    return build.power(build.number(value), power)


def exp(exponent: Term) -> Term:
    """exp(exponent), where that is the power of a number the number."""
    if isinstance(exponent, Add) and is_constant(exponent):
        return build.mul(*map(exp, exponent.args))
    times, rest = split_coefficient(exponent)
    match rest:
        case Apply(Function.LOG, (Number() as base,)):
            return build.power(base, times)
        case _:
            return build.apply(Function.EXP, exponent)


def _flat_power(factor: Term, view: View) -> Term:
    """(b^p)^q is b^(p·q) where b is positive."""
    match factor:
        case Power(Power(base, inner), outer) if is_positive(base, view):
            return build.power(base, inner * outer)
        case _:
            return factor


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

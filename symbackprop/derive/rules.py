"""The one table of derivatives: scalar functions, each in terms of its own value where that is cheaper.

`partials(term, value)` gives ∂f/∂u_k for every argument u_k of an `Apply` or `Power`, where `value` is a term that
already holds f(u). An entry is None where the derivative is zero by definition (conditions, steps, stop_gradient).
Source for the list: Abramowitz and Stegun, "Handbook of Mathematical Functions" (1964), 4.2-4.6 and 7.1.
Conventions at kinks: relu'(0) = 0, |·|'(0) = 0, ties of max and min share the derivative equally.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from symbackprop.terms.build import (
    NIL,
    UNIT,
    add,
    apply,
    compare,
    div,
    indicator,
    mul,
    neg,
    number,
    power,
    sub,
    where,
)
from symbackprop.terms.products import negated, without
from symbackprop.terms.term import Apply, Constant, ConstantKind, Function, Power, Relation, Term

HALF = Fraction(1, 2)


def _square(u: Term) -> Term:
    return power(u, 2)


# f -> (u, f(u)) -> f'(u)
_ONE_ARGUMENT: dict[Function, Callable[[Term, Term], Term]] = {
    Function.EXP: lambda u, v: v,
    Function.EXPM1: lambda u, v: add(v, UNIT),
    Function.LOG: lambda u, v: power(u, -1),
    Function.LOG1P: lambda u, v: power(add(u, UNIT), -1),
    Function.SIN: lambda u, v: apply(Function.COS, u),
    Function.COS: lambda u, v: neg(apply(Function.SIN, u)),
    Function.TAN: lambda u, v: add(UNIT, _square(v)),
    Function.ASIN: lambda u, v: power(sub(UNIT, _square(u)), -HALF),
    Function.ACOS: lambda u, v: neg(power(sub(UNIT, _square(u)), -HALF)),
    Function.ATAN: lambda u, v: power(add(UNIT, _square(u)), -1),
    Function.SINH: lambda u, v: apply(Function.COSH, u),
    Function.COSH: lambda u, v: apply(Function.SINH, u),
    Function.TANH: lambda u, v: sub(UNIT, _square(v)),
    Function.ASINH: lambda u, v: power(add(UNIT, _square(u)), -HALF),
    Function.ACOSH: lambda u, v: power(sub(_square(u), UNIT), -HALF),
    Function.ATANH: lambda u, v: power(sub(UNIT, _square(u)), -1),
    Function.ERF: lambda u, v: mul(
        2, power(Constant(ConstantKind.PI), -HALF), apply(Function.EXP, neg(_square(u)))
    ),
    Function.SIGMOID: lambda u, v: mul(v, sub(UNIT, v)),
    Function.LOG_SIGMOID: lambda u, v: apply(Function.SIGMOID, neg(u)),
    Function.SOFTPLUS: lambda u, v: apply(Function.SIGMOID, u),
    Function.LOG_COSH: lambda u, v: apply(Function.TANH, u),
    Function.SECH: lambda u, v: neg(mul(v, apply(Function.TANH, u))),
    Function.CSCH: lambda u, v: neg(div(v, apply(Function.TANH, u))),
    Function.BOSE: lambda u, v: mul(v, apply(Function.BOSE, neg(u))),
    Function.RELU: lambda u, v: indicator(compare(Relation.GT, v, NIL)),
    Function.ABS: lambda u, v: apply(Function.SIGN, u),
}  # fmt: skip

FLAT = frozenset({Function.SIGN, Function.FLOOR, Function.CEILING, Function.STOP_GRADIENT})


def partials(term: Apply | Power, value: Term) -> tuple[Term | None, ...]:
    """∂term/∂argument for each argument."""
    match term:
        case Power(base, exponent):
            return (_power_rule(base, exponent, value),)
        case Apply(function, args) if function in FLAT:
            return (None,) * len(args)
        case Apply(Function.EXP_NORMALIZED, _):
            return value, neg(value)
        case Apply(Function.LOG_ADD_EXP, args):
            return tuple(_share(args, place) for place in range(len(args)))
        case Apply(Function.DIFFERENCE, _):
            return UNIT, number(-1)
        case Apply(Function.MAX | Function.MIN, args):
            return _shared_ties(args, value)
        case Apply(Function.POW, (base, exponent_term)):
            return _variable_power(base, exponent_term, value)
        case Apply(Function.ATAN2, (y, x)):
            below = power(add(_square(x), _square(y)), -1)
            return mul(x, below), neg(mul(y, below))
        case Apply(function, (argument,)) if function in _ONE_ARGUMENT:
            return (_ONE_ARGUMENT[function](argument, value),)
        case _:
            raise TypeError(f"no derivative rule for {term!r}")


def _power_rule(base: Term, exponent: Fraction, value: Term) -> Term:
    if exponent == -1:
        return neg(_square(value))
    if exponent == HALF:
        return mul(HALF, power(value, -1))
    if exponent == -HALF:
        return mul(-HALF, power(value, 3))
    return mul(exponent, power(base, exponent - 1))


def _share(args: tuple[Term, ...], place: int) -> Term:
    """exp(u_k)/Σ_j exp(u_j) as sigmoid(-log Σ_(j ≠ k) exp(u_j - u_k)): of differences, which no shift spoils."""
    others = without(args, place)
    if len(others) == 1:
        return apply(Function.SIGMOID, _gap(args[place], others[0]))
    return apply(Function.SIGMOID, neg(apply(Function.LOG_ADD_EXP, *(_gap(arg, args[place]) for arg in others))))


def _gap(one: Term, other: Term) -> Term:
    """one - other, addend by addend: what they share is gone."""
    return add(one, negated(other))


def _shared_ties(args: tuple[Term, ...], value: Term) -> tuple[Term, ...]:
    hits = [indicator(compare(Relation.EQ, arg, value)) for arg in args]
    return tuple(div(hit, add(*hits)) for hit in hits)


def _variable_power(base: Term, exponent: Term, value: Term) -> tuple[Term, Term]:
    """By the base: e·b^(e-1), and 0 for e = 0, also at b = 0. By the exponent: b^e·log b, and 0 at b = 0, where b^e
    is flat for e > 0."""
    slope = mul(exponent, apply(Function.POW, base, sub(exponent, number(1))))
    by_base = where(compare(Relation.NE, exponent, NIL), slope, NIL)
    by_exponent = where(compare(Relation.NE, base, NIL), mul(value, apply(Function.LOG, base)), NIL)
    return by_base, by_exponent

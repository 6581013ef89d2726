"""What the activations mean as terms, such that value and derivative follow PyTorch's at every kink.

No branch overflows where it is not taken: the argument of an exponential is cut off inside the branch as well.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

from symbackprop.language import functions as f
from symbackprop.terms.build import NIL, UNIT, add, apply, compare, div, mul, number, power, sqrt, where
from symbackprop.terms.term import Constant, ConstantKind, Function, Relation, Term

_HALF = number(Fraction(1, 2))
_SELU_ALPHA = number(Fraction("1.6732632423543772"))
_SELU_SCALE = number(Fraction("1.0507009873554805"))


def _positive(x: Term) -> Term:
    return compare(Relation.GT, x, NIL)


def sigmoid(x: Term) -> Term:
    return apply(Function.SIGMOID, x)


def softplus(x: Term, beta: Term = UNIT) -> Term:
    return div(apply(Function.SOFTPLUS, mul(beta, x)), beta)


def leaky_relu(x: Term, negative_slope: Term) -> Term:
    return where(_positive(x), x, mul(negative_slope, x))


def elu(x: Term, alpha: Term = UNIT) -> Term:
    cut = where(_positive(x), NIL, x)
    return where(_positive(x), x, mul(alpha, apply(Function.EXPM1, cut)))


def selu(x: Term) -> Term:
    return mul(_SELU_SCALE, elu(x, _SELU_ALPHA))


def gelu(x: Term) -> Term:
    return mul(_HALF, x, add(UNIT, apply(Function.ERF, mul(x, power(number(2), Fraction(-1, 2))))))


def gelu_tanh(x: Term) -> Term:
    scale = sqrt(div(number(2), Constant(ConstantKind.PI)))
    inside = mul(scale, add(x, mul(Fraction("0.044715"), power(x, 3))))
    return mul(_HALF, x, add(UNIT, apply(Function.TANH, inside)))


def mish(x: Term) -> Term:
    return mul(x, apply(Function.TANH, softplus(x)))


def hardtanh(x: Term, low: Term, high: Term) -> Term:
    return where(compare(Relation.GE, low, x), low, where(compare(Relation.GE, x, high), high, x))


def hardsigmoid(x: Term) -> Term:
    middle = add(mul(Fraction(1, 6), x), _HALF)
    low, high = compare(Relation.GE, number(-3), x), compare(Relation.GE, x, number(3))
    return where(low, NIL, where(high, UNIT, middle))


def hardswish(x: Term) -> Term:
    middle = mul(Fraction(1, 6), x, add(x, number(3)))
    low, high = compare(Relation.GE, number(-3), x), compare(Relation.GE, x, number(3))
    return where(low, NIL, where(high, x, middle))


def softsign(x: Term) -> Term:
    return div(x, add(UNIT, apply(Function.ABS, x)))


ACTIVATIONS: dict[type[f.Activation], Callable[..., Term]] = {
    f.sigmoid: sigmoid,
    f.log_sigmoid: lambda x: apply(Function.LOG_SIGMOID, x),
    f.softplus: softplus,
    f.relu: lambda x: apply(Function.RELU, x),
    f.leaky_relu: leaky_relu,
    f.elu: elu,
    f.selu: selu,
    f.silu: lambda x: mul(x, sigmoid(x)),
    f.mish: mish,
    f.hardtanh: hardtanh,
    f.hardsigmoid: hardsigmoid,
    f.hardswish: hardswish,
    f.softsign: softsign,
    f.stop_gradient: lambda x: apply(Function.STOP_GRADIENT, x),
}
"""Each activation's term from those of its arguments (gelu, whose second argument is a word, has its own two)."""


def activation(head: type[f.Activation], arguments: Sequence[Term]) -> Term:
    return ACTIVATIONS[head](*arguments)


__all__ = ["ACTIVATIONS", "activation", "gelu", "gelu_tanh"]

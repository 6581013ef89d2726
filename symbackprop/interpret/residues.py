"""Exact arithmetic modulo a large prime, transcendentals as random residues keyed by their argument.

Two programs whose values agree here for random inputs are equal as expressions up to the laws of a field and the
identities listed below, except with a probability of about (degree / p); p is near 2**61. (Schwartz, "Fast
probabilistic algorithms for verification of polynomial identities", JACM 27 (1980); the treatment of transcendentals
as keyed residues follows Gonnet, "Determining equivalence of expressions in random polynomial time", STOC 1984.)

Identities that hold: exp(-u) = 1/exp(u); exp(u + v) = exp(u)·exp(v) where the sum stands under the exp; exp(log u) = u;
log exp u = u; exp_normalized(u, v) = exp(u)/exp(v), so that the weights of a softmax sum to one; sinh, cosh, tanh,
sigmoid, expm1, sech, csch, bose by exp; log_cosh, log_add_exp by log and exp;
softplus(u) = log(1 + exp(u)), softplus(u) - softplus(-u) = u; log_sigmoid(u) = -softplus(-u);
sin² + cos² = 1, odd and even; tan = sin/cos;
b**(e + 1) = b·b**e; roots of u are powers of one root, which is a true root where u has one. A missing identity can
make equal programs look different, never different ones equal: a difference seen here is confirmed in high precision
before it is called an error (see `verify.exact`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from math import inf, nan

from symbackprop.interpret.failures import Degenerate
from symbackprop.interpret.field import HALF, PRIME, Field, Residue, signed, undefined
from symbackprop.terms.term import ConstantKind, Function

DECIDING = frozenset({Function.MAX, Function.MIN, Function.RELU, Function.ABS, Function.SIGN})  # by an order
_NEAR = 4  # how far apart two variable exponents of one base may lie to be tied by b**(e + 1) = b·b**e


class Residues(Field):
    """Integers modulo `PRIME`; `seed` keys the transcendentals."""

    def __init__(self, seed: int = 0) -> None:
        super().__init__(seed)
        self._exponentials: dict[int, int] = {}
        self._logarithms: dict[int, int] = {}
        self._powers: dict[int, dict[int, int]] = {}

    def apply(self, function: Function, values: Sequence[Residue]) -> Residue:
        rule = _ANYWHERE.get(function)
        if rule is not None:
            return rule(self, *values)
        rule, above, below = _RULES[function]
        u = values[0]
        if type(u) is float:
            return u if math.isnan(u) else above if u > 0 else below
        return rule(self, *values)

    def constant(self, kind: ConstantKind) -> Residue:
        match kind:
            case ConstantKind.INFINITY:
                return math.inf
            case ConstantKind.NEGATIVE_INFINITY:
                return -math.inf
            case _:
                return self.exp(1) if kind is ConstantKind.E else self.random("constant " + kind.value)

    def log_sum_exp(self, values: Sequence[Residue]) -> Residue:
        if all(value == -math.inf for value in values):
            return -math.inf
        return self.log(self.add([self.exp(value) for value in values]))

    def exp(self, u: Residue) -> Residue:
        if type(u) is float:
            return 0 if u == -math.inf else u
        if u == 0:
            return 1
        found = self._exponentials.get(u)
        if found is None:
            mirrored = u > HALF
            found = self.random("exp", PRIME - u if mirrored else u)
            if mirrored:
                found = pow(found, -1, PRIME)
            self._remember(u, found)
        return found

    def exp_of_sum(self, values: Sequence[Residue]) -> Residue:
        """The product of the exponentials, unless exp of that sum is known already."""
        total = self.add(values)
        if type(total) is not float and total and total not in self._exponentials:
            self._remember(total, self.multiply([self.exp(value) for value in values]))
        return self.exp(total)

    def log(self, u: Residue) -> Residue:
        if type(u) is float:
            return u if u == math.inf else math.nan
        if u == 0:
            return -math.inf
        if u in (1, PRIME - 1):  # the logarithm of u² is twice that of u
            return 0
        found = self._logarithms.get(u)
        if found is None:
            found = self.random("log", u)
            self._remember(found, u)
        return found

    def _remember(self, exponent: int, value: int) -> None:
        """value = exp(exponent), and what follows for their negative and inverse."""
        inverse = pow(value, -1, PRIME)
        for u, v in ((exponent, value), (PRIME - exponent, inverse)):
            self._exponentials[u] = v
            self._logarithms[v] = u

    def softplus(self, u: Residue) -> Residue:
        if type(u) is float:
            return 0 if u == -math.inf else u
        if u > HALF:
            return (self.softplus(PRIME - u) + u) % PRIME
        inside, mirrored = 1 + self.exp(u), 1 + self.exp(PRIME - u)
        known, other = self._logarithms.get(inside % PRIME), self._logarithms.get(mirrored % PRIME)
        if known is None and other is not None:
            known = (other + u) % PRIME
        if known is None:
            known = self.random("softplus", u)
            self._remember(known, inside % PRIME)
            self._remember((known - u) % PRIME, mirrored % PRIME)
        return known

    def circle(self, u: int) -> tuple[int, int]:
        """(sin u, cos u) from a random point of the unit circle, rationally parametrised."""
        if u == 0:
            return 0, 1
        mirrored = u > HALF
        t = self.random("circle", PRIME - u if mirrored else u)
        inverse = self.integer_power(1 + t * t, -1)
        sine = 2 * t * inverse % PRIME
        return (PRIME - sine if mirrored else sine), (1 - t * t) * inverse % PRIME

    def variable_power(self, base: Residue, exponent: Residue) -> Residue:
        if type(base) is float or type(exponent) is float:
            return self.random("pow", base, exponent)
        if base == 0:
            if exponent > HALF:
                raise Degenerate("zero to a negative power")
            return int(exponent == 0)
        if exponent < 64 or exponent > PRIME - 64:
            return self.integer_power(base, signed(exponent))
        known = self._powers.setdefault(base, {})
        for step in range(-_NEAR, _NEAR + 1):
            anchor = known.get((exponent + step) % PRIME)
            if anchor is not None:
                return anchor * self.integer_power(base, -step) % PRIME
        known[exponent] = found = self.random("pow", base, exponent)
        return found


def _exp_normalized(r: Residues, u: Residue, v: Residue) -> Residue:
    """exp(u)/exp(v): where v is the log Σ exp of some u, those sum to one."""
    if undefined((u, v)):
        return nan
    return 0 if -inf in (u, v) else r.multiply((r.exp(u), r.power(r.exp(v), Fraction(-1))))


def _cosh(r: Residues, u: Residue) -> Residue:
    e = r.exp(u)
    return (e + r.integer_power(e, -1)) * (HALF + 1) % PRIME


def _sinh(r: Residues, u: Residue) -> Residue:
    e = r.exp(u)
    return (e - r.integer_power(e, -1)) * (HALF + 1) % PRIME


def _tanh(r: Residues, u: Residue) -> Residue:
    e = r.exp(u)
    inverse = r.integer_power(e, -1)
    return (e - inverse) * r.integer_power(e + inverse, -1) % PRIME


def _sigmoid(r: Residues, u: Residue) -> Residue:
    e = r.exp(u)
    return e * r.integer_power(1 + e, -1) % PRIME


def _tan(r: Residues, u: Residue) -> Residue:
    sine, cosine = r.circle(u)
    return sine * r.integer_power(cosine, -1) % PRIME


def _drawn(function: Function) -> Callable[..., Residue]:
    """A random residue for each argument."""
    return lambda r, *values: r.random(function.value, *values)


def _drawn_from_zero(function: Function) -> Callable[..., Residue]:
    """The same, 0 at 0."""
    return lambda r, u: r.random(function.value, u) if u else 0


def _odd(function: Function) -> Callable[..., Residue]:
    """The same, f(-u) = -f(u)."""
    half = _drawn_from_zero(function)
    return lambda r, u: -half(r, PRIME - u) % PRIME if u > HALF else half(r, u)


def _atan(r: Residues, u: Residue) -> Residue:
    if type(u) is not float:
        return _odd(Function.ATAN)(r, u)
    quarter = r.constant(ConstantKind.PI) * (HALF + 1) % PRIME
    return nan if math.isnan(u) else quarter if u > 0 else PRIME - quarter


# f -> (residues, u, …) -> f(u, …), where an argument may be infinite
_ANYWHERE: dict[Function, Callable[..., Residue]] = {
    Function.EXP: lambda r, u: r.exp(u),
    Function.LOG: lambda r, u: r.log(u),
    Function.SOFTPLUS: lambda r, u: r.softplus(u),
    Function.ATAN: _atan,
    Function.EXP_NORMALIZED: _exp_normalized,
    Function.LOG_ADD_EXP: lambda r, *values: r.log_sum_exp(values),
    Function.DIFFERENCE: lambda r, u, v: r.add((u, r.multiply((PRIME - 1, v)))),
    Function.POW: lambda r, u, exponent: r.variable_power(u, exponent),
    Function.MAX: lambda r, *values: nan if undefined(values) else max(values, key=r.order),
    Function.MIN: lambda r, *values: nan if undefined(values) else min(values, key=r.order),
    Function.STOP_GRADIENT: lambda r, u: u,
}
# f -> (the same of finite ones; the limits at oo and -oo, where they are plain numbers)
_RULES: dict[Function, tuple[Callable[..., Residue], Residue, Residue]] = {
    Function.EXPM1: (lambda r, u: (r.exp(u) - 1) % PRIME, inf, PRIME - 1),
    Function.LOG1P: (lambda r, u: r.log((u + 1) % PRIME), inf, nan),
    Function.SIN: (lambda r, u: r.circle(u)[0], nan, nan),
    Function.COS: (lambda r, u: r.circle(u)[1], nan, nan),
    Function.TAN: (_tan, nan, nan),
    Function.ASIN: (_odd(Function.ASIN), nan, nan),
    Function.ACOS: (_drawn(Function.ACOS), nan, nan),
    Function.ATAN2: (_drawn(Function.ATAN2), nan, nan),
    Function.SINH: (_sinh, inf, -inf),
    Function.COSH: (_cosh, inf, inf),
    Function.TANH: (_tanh, 1, PRIME - 1),
    Function.ASINH: (_odd(Function.ASINH), inf, -inf),
    Function.ACOSH: (_drawn(Function.ACOSH), inf, nan),
    Function.ATANH: (_odd(Function.ATANH), nan, nan),
    Function.ERF: (_odd(Function.ERF), 1, PRIME - 1),
    Function.SIGMOID: (_sigmoid, 1, 0),
    Function.LOG_SIGMOID: (lambda r, u: -r.softplus(-u % PRIME) % PRIME, 0, -inf),
    Function.LOG_COSH: (lambda r, u: r.log(_cosh(r, u)), inf, inf),
    Function.SECH: (lambda r, u: r.integer_power(_cosh(r, u), -1), 0, 0),
    Function.CSCH: (lambda r, u: r.integer_power(_sinh(r, u), -1), 0, 0),
    Function.BOSE: (lambda r, u: r.integer_power(r.exp(u) - 1, -1), 0, PRIME - 1),
    Function.RELU: (lambda r, u: u if r.order(u) > 0 else 0, inf, 0),
    Function.ABS: (lambda r, u: u if r.order(u) >= 0 else PRIME - u, inf, inf),
    Function.SIGN: (lambda r, u: ((r.order(u) > 0) - (r.order(u) < 0)) % PRIME, 1, PRIME - 1),
    Function.FLOOR: (_drawn_from_zero(Function.FLOOR), inf, -inf),
    Function.CEILING: (_drawn_from_zero(Function.CEILING), inf, -inf),
}

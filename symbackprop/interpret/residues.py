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

Order: residues are compared by their representative in -p/2 .. p/2, so that maxima, relu, |.| and ties agree wherever
they are computed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from hashlib import blake2b
from typing import Any

from symbackprop.interpret.arithmetic import Arithmetic, holds
from symbackprop.interpret.failures import Degenerate
from symbackprop.terms.term import ConstantKind, Function, Relation

# The largest prime below 2**61 with p = 3 (mod 4) and p - 1 prime to 3, 5, 7 and 11: every residue has exactly one
# third, fifth, ... root, and half of them a square root.
PRIME = 2**61 - 465
_HALF = PRIME // 2
_NEAR = 4  # how far apart two variable exponents of one base may lie to be tied by b**(e + 1) = b·b**e
Residue = Any  # int in 0 .. p-1, or the float inf, -inf or nan


class Residues(Arithmetic):
    """Integers modulo `PRIME`; `seed` keys the transcendentals.

    `formal_roots` counts the square roots of non-squares, whose square is not the number they are the root of.
    """

    def __init__(self, seed: int = 0) -> None:
        self.key = seed.to_bytes(8, "little", signed=True)
        self.formal_roots = 0
        self._exponentials: dict[int, int] = {}
        self._logarithms: dict[int, int] = {}
        self._powers: dict[int, dict[int, int]] = {}
        self._hashes: dict[tuple[str, tuple[Residue, ...]], int] = {}

    # --- field ---------------------------------------------------------------------------------------
    def number(self, value: Fraction) -> int:
        if value.denominator == 1:
            return value.numerator % PRIME
        return value.numerator * pow(value.denominator, -1, PRIME) % PRIME

    def constant(self, kind: ConstantKind) -> Residue:
        match kind:
            case ConstantKind.INFINITY:
                return math.inf
            case ConstantKind.NEGATIVE_INFINITY:
                return -math.inf
            case _:
                return self._exp(1) if kind is ConstantKind.E else self._random("constant " + kind.value)

    def given(self, value: Any) -> Residue:
        if isinstance(value, float):
            return value if not math.isfinite(value) else self.number(Fraction(value))
        return self.number(value) if isinstance(value, Fraction) else int(value) % PRIME

    def add(self, values: Sequence[Residue]) -> Residue:
        total = sum(values)
        return total % PRIME if type(total) is int else _infinite_sum(values)

    def multiply(self, values: Sequence[Residue]) -> Residue:
        product = 1
        for value in values:
            if type(value) is float:
                return _infinite_product(values)
            product = product * value % PRIME
        return product

    def power(self, base: Residue, exponent: Fraction) -> Residue:
        if type(base) is float:
            return _infinite_power(base, exponent)
        if exponent.denominator == 1:
            return self._integer_power(base, exponent.numerator)
        return self._integer_power(self._root(base, exponent.denominator), exponent.numerator)

    def _integer_power(self, base: int, exponent: int) -> int:
        if base == 0 and exponent < 0:
            raise Degenerate("division by zero")
        return pow(base, exponent, PRIME)

    def _root(self, value: int, degree: int) -> int:
        """A root of that degree; a random residue where there is none."""
        while degree % 2 == 0:
            degree //= 2
            root = pow(value, (PRIME + 1) // 4, PRIME)
            if root * root % PRIME != value:
                self.formal_roots += 1
                root = self._random("square root", value)
            value = root
        if degree == 1:
            return value
        if math.gcd(degree, PRIME - 1) == 1:
            return pow(value, pow(degree, -1, PRIME - 1), PRIME)
        self.formal_roots += 1
        return self._random(f"root {degree}", value)

    # --- transcendentals -----------------------------------------------------------------------------
    def _random(self, name: str, *values: Residue) -> int:
        """A residue that depends on nothing but the seed, the name and the values; never 0 or 1."""
        found = self._hashes.get((name, values))
        if found is None:
            text = f"{name}{values}".encode()
            digest = blake2b(text, digest_size=16, key=self.key).digest()
            found = self._hashes[name, values] = 2 + int.from_bytes(digest, "little") % (PRIME - 2)
        return found

    def _exp(self, u: Residue) -> Residue:
        if type(u) is float:
            return 0 if u == -math.inf else u
        if u == 0:
            return 1
        found = self._exponentials.get(u)
        if found is None:
            mirrored = u > _HALF
            found = self._random("exp", PRIME - u if mirrored else u)
            if mirrored:
                found = pow(found, -1, PRIME)
            self._remember(u, found)
        return found

    def exp_of_sum(self, values: Sequence[Residue]) -> Residue:
        """The product of the exponentials, unless exp of that sum is known already."""
        total = self.add(values)
        if type(total) is not float and total and total not in self._exponentials:
            self._remember(total, self.multiply([self._exp(value) for value in values]))
        return self._exp(total)

    def _ratio(self, above: Residue, below: Residue) -> Residue:
        """exp_normalized(u, v) as exp(u)/exp(v): where v is the log Σ exp of some u, those sum to one."""
        return self.multiply((above, self.power(below, Fraction(-1))))

    def _log(self, u: Residue) -> Residue:
        if type(u) is float:
            return u if u == math.inf else math.nan
        if u == 0:
            return -math.inf
        if u in (1, PRIME - 1):  # the logarithm of u² is twice that of u
            return 0
        found = self._logarithms.get(u)
        if found is None:
            found = self._random("log", u)
            self._remember(found, u)
        return found

    def _remember(self, exponent: int, value: int) -> None:
        """value = exp(exponent), and what follows for their negative and inverse."""
        inverse = pow(value, -1, PRIME)
        for u, v in ((exponent, value), (PRIME - exponent, inverse)):
            self._exponentials[u] = v
            self._logarithms[v] = u

    def _softplus(self, u: Residue) -> Residue:
        if type(u) is float:
            return 0 if u == -math.inf else u
        if u > _HALF:
            return (self._softplus(PRIME - u) + u) % PRIME
        inside, mirrored = 1 + self._exp(u), 1 + self._exp(PRIME - u)
        known, other = self._logarithms.get(inside % PRIME), self._logarithms.get(mirrored % PRIME)
        if known is None and other is not None:
            known = (other + u) % PRIME
        if known is None:
            known = self._random("softplus", u)
            self._remember(known, inside % PRIME)
            self._remember((known - u) % PRIME, mirrored % PRIME)
        return known

    def _circle(self, u: int) -> tuple[int, int]:
        """(sin u, cos u) from a random point of the unit circle, rationally parametrised."""
        if u == 0:
            return 0, 1
        mirrored = u > _HALF
        t = self._random("circle", PRIME - u if mirrored else u)
        inverse = self._integer_power(1 + t * t, -1)
        sine = 2 * t * inverse % PRIME
        return (PRIME - sine if mirrored else sine), (1 - t * t) * inverse % PRIME

    def _variable_power(self, base: Residue, exponent: Residue) -> Residue:
        if type(base) is float or type(exponent) is float:
            return self._random("pow", base, exponent)
        if base == 0:
            if exponent > _HALF:
                raise Degenerate("zero to a negative power")
            return int(exponent == 0)
        if exponent < 64 or exponent > PRIME - 64:
            return self._integer_power(base, signed(exponent))
        known = self._powers.setdefault(base, {})
        for step in range(-_NEAR, _NEAR + 1):
            anchor = known.get((exponent + step) % PRIME)
            if anchor is not None:
                return anchor * self._integer_power(base, -step) % PRIME
        known[exponent] = found = self._random("pow", base, exponent)
        return found

    def apply(self, function: Function, values: Sequence[Residue]) -> Residue:
        u = values[0]
        match function:
            case Function.EXP:
                return self._exp(u)
            case Function.EXP_NORMALIZED | Function.MAX | Function.MIN if _undefined(values):
                return math.nan
            case Function.EXP_NORMALIZED:
                return 0 if -math.inf in values else self._ratio(self._exp(u), self._exp(values[1]))
            case Function.LOG_ADD_EXP:
                return self.log_sum_exp(values)
            case Function.DIFFERENCE:
                return self.add((u, self.multiply((PRIME - 1, values[1]))))
            case Function.MAX:
                return max(values, key=signed)
            case Function.MIN:
                return min(values, key=signed)
            case Function.STOP_GRADIENT:
                return u
            case Function.LOG:
                return self._log(u)
            case Function.SOFTPLUS:
                return self._softplus(u)
            case Function.POW:
                return self._variable_power(*values)
        if type(u) is float:
            return self._at_infinity(function, values)
        match function:
            case Function.RELU:
                return u if u <= _HALF else 0
            case Function.ABS:
                return u if u <= _HALF else PRIME - u
            case Function.SIGN:
                return 0 if u == 0 else (1 if u <= _HALF else PRIME - 1)
            case Function.EXPM1:
                return (self._exp(u) - 1) % PRIME
            case Function.LOG1P:
                return self._log((u + 1) % PRIME)
            case Function.LOG_COSH:
                return self._log(self._by_exp(Function.COSH, self._exp(u)))
            case Function.SECH:
                return self._integer_power(self._by_exp(Function.COSH, self._exp(u)), -1)
            case Function.CSCH:
                return self._integer_power(self._by_exp(Function.SINH, self._exp(u)), -1)
            case Function.BOSE:
                return self._integer_power(self._exp(u) - 1, -1)
            case Function.LOG_SIGMOID:
                return -self._softplus(-u % PRIME) % PRIME
            case Function.SIN:
                return self._circle(u)[0]
            case Function.COS:
                return self._circle(u)[1]
            case Function.TAN:
                sine, cosine = self._circle(u)
                return sine * self._integer_power(cosine, -1) % PRIME
            case Function.SINH | Function.COSH | Function.TANH | Function.SIGMOID:
                return self._by_exp(function, self._exp(u))
            case Function.ASIN | Function.ATAN | Function.ASINH | Function.ATANH | Function.ERF if u > _HALF:
                return -self._random(function.value, PRIME - u) % PRIME  # odd functions
            case _:
                return self._random(function.value, *values) if u or len(values) > 1 else self._at_zero(function)

    def _by_exp(self, function: Function, e: int) -> int:
        inverse = self._integer_power(e, -1)
        match function:
            case Function.SIGMOID:
                return e * self._integer_power(1 + e, -1) % PRIME
            case Function.TANH:
                return (e - inverse) * self._integer_power(e + inverse, -1) % PRIME
            case Function.SINH:
                return (e - inverse) * (_HALF + 1) % PRIME
            case _:
                return (e + inverse) * (_HALF + 1) % PRIME

    def _at_zero(self, function: Function) -> int:
        return self._random(function.value, 0) if function in (Function.ACOS, Function.ACOSH) else 0

    def _at_infinity(self, function: Function, values: Sequence[Residue]) -> Residue:
        """Limits where they are plain numbers; elsewhere there is none."""
        u = values[0]
        if math.isnan(u):
            return u
        up = u > 0
        match function:
            case Function.RELU:
                return u if up else 0
            case Function.ABS:
                return math.inf
            case Function.SIGN | Function.TANH | Function.ERF:
                return 1 if up else PRIME - 1
            case Function.SIGMOID:
                return int(up)
            case Function.LOG_SIGMOID:
                return 0 if up else u
            case Function.LOG_COSH:
                return math.inf
            case Function.SECH | Function.CSCH:
                return 0
            case Function.BOSE:
                return 0 if up else PRIME - 1
            case Function.EXPM1:
                return u if up else PRIME - 1
            case Function.SINH | Function.ASINH | Function.FLOOR | Function.CEILING:
                return u
            case Function.COSH:
                return math.inf
            case Function.LOG1P | Function.ACOSH if up:
                return u
            case Function.ATAN:
                pi = self.constant(ConstantKind.PI) * (_HALF + 1) % PRIME
                return pi if up else PRIME - pi
            case _:
                return math.nan

    def compare(self, relation: Relation, left: Residue, right: Residue) -> bool:
        if _undefined((left, right)):
            raise Degenerate("no number to compare")
        return holds(relation, signed(left), signed(right))

    def log_sum_exp(self, values: Sequence[Residue]) -> Residue:
        if all(value == -math.inf for value in values):
            return -math.inf
        return self._log(self.add([self._exp(value) for value in values]))

    def integer_of(self, value: Residue) -> int:
        return int(signed(value))


def _undefined(values: Sequence[Residue]) -> bool:
    """Whether a NaN is among them, which an order of residues could pass over."""
    return any(type(value) is float and value != value for value in values)


def signed(value: Residue) -> Residue:
    """The representative nearest zero; infinities as they are."""
    return value - PRIME if type(value) is int and value > _HALF else value


def _infinite_sum(values: Sequence[Residue]) -> float:
    infinities = {value for value in values if type(value) is float}
    return infinities.pop() if len(infinities) == 1 else math.nan


def _infinite_product(values: Sequence[Residue]) -> float:
    sign = 1.0
    for value in values:
        if value == 0 or value != value:
            return math.nan
        sign = sign if signed(value) > 0 else -sign
    return sign * math.inf


def _infinite_power(base: float, exponent: Fraction) -> Residue:
    if math.isnan(base):
        return base
    if exponent < 0:
        return 0
    if base > 0 or exponent.numerator % 2 == 0:
        return math.inf
    return -math.inf if exponent.denominator == 1 else math.nan

"""The field of integers modulo a large prime, with floating-point infinities beside it, and residues drawn by a key.

Order: residues are compared by their representative in -p/2 .. p/2, so that maxima, relu, |.| and ties agree wherever
they are computed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from hashlib import blake2b
from typing import Any

from symbackprop.interpret.failures import Degenerate
from symbackprop.interpret.number_system import Arithmetic, holds
from symbackprop.terms.term import Relation

# The largest prime below 2**61 with p = 3 (mod 4) and p - 1 prime to 3, 5, 7 and 11: every residue has exactly one
# third, fifth, ... root, and half of them a square root.
PRIME = 2**61 - 465
HALF = PRIME // 2
Residue = Any  # int in 0 .. p-1, or the float inf, -inf or nan


class Field(Arithmetic):
    """Integers modulo `PRIME`; `seed` keys what is drawn.

    `formal_roots` counts the square roots of non-squares, whose square is not the number they are the root of.
    """

    def __init__(self, seed: int = 0) -> None:
        self.key = seed.to_bytes(8, "little", signed=True)
        self.formal_roots = 0
        self._hashes: dict[tuple[str, tuple[Residue, ...]], int] = {}

    def number(self, value: Fraction) -> int:
        if value.denominator == 1:
            return value.numerator % PRIME
        return value.numerator * pow(value.denominator, -1, PRIME) % PRIME

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
            return self.integer_power(base, exponent.numerator)
        return self.integer_power(self._root(base, exponent.denominator), exponent.numerator)

    def integer_power(self, base: int, exponent: int) -> int:
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
                root = self.random("square root", value)
            value = root
        if degree == 1:
            return value
        if math.gcd(degree, PRIME - 1) == 1:
            return pow(value, pow(degree, -1, PRIME - 1), PRIME)
        self.formal_roots += 1
        return self.random(f"root {degree}", value)

    def random(self, name: str, *values: Residue) -> int:
        """A residue that depends on nothing but the seed, the name and the values; never 0 or 1."""
        found = self._hashes.get((name, values))
        if found is None:
            text = f"{name}{values}".encode()
            digest = blake2b(text, digest_size=16, key=self.key).digest()
            found = self._hashes[name, values] = 2 + int.from_bytes(digest, "little") % (PRIME - 2)
        return found

    def compare(self, relation: Relation, left: Residue, right: Residue) -> bool:
        if undefined((left, right)):
            raise Degenerate("no number to compare")
        return holds(relation, self.order(left), self.order(right))

    def order(self, value: Residue) -> Any:
        """The number that stands for the value in comparisons."""
        return signed(value)

    def integer_of(self, value: Residue) -> int:
        return int(signed(value))


def undefined(values: Sequence[Residue]) -> bool:
    """Whether a NaN is among them, which an order of residues could pass over."""
    return any(type(value) is float and value != value for value in values)


def signed(value: Residue) -> Residue:
    """The representative nearest zero; infinities as they are."""
    return value - PRIME if type(value) is int and value > HALF else value


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

"""Polynomials in the elements of tensors, and the arithmetic in which an assumption becomes one.

    polynomial ::= {monomial: coefficient}      monomial ::= the numbers of its variables, sorted, repeated for powers
    quotient   ::= (above, below)

The interpreter reads an assumption with variables for elements; what comes out at each position is a quotient of
polynomials, exact over the rationals. Anything else (functions, roots, order between variables) is `NotPolynomial`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from symbackprop.interpret.number_system import Arithmetic, holds
from symbackprop.terms.term import ConstantKind, Function, Relation

Monomial = tuple[int, ...]
Polynomial = Mapping[Monomial, Any]  # coefficients are Fractions, or residues
Quotient = tuple[Polynomial, Polynomial]
_ONE: Polynomial = {(): Fraction(1)}
_MOST = 20_000  # terms of one polynomial


class NotPolynomial(Exception):
    """The value is no quotient of polynomials in the elements."""


# --- polynomials ---------------------------------------------------------------------------------------
def variable(number: int) -> Polynomial:
    return {(number,): Fraction(1)}


def constant(value: Fraction) -> Polynomial:
    return {(): value} if value else {}


def total(parts: Iterable[Polynomial]) -> Polynomial:
    out: dict[Monomial, Any] = {}
    for part in parts:
        for monomial, coefficient in part.items():
            out[monomial] = out.get(monomial, 0) + coefficient
    return {monomial: coefficient for monomial, coefficient in out.items() if coefficient}


def product(left: Polynomial, right: Polynomial) -> Polynomial:
    if left is _ONE or right is _ONE:
        return right if left is _ONE else left
    if len(left) * len(right) > _MOST:
        raise NotPolynomial
    out: dict[Monomial, Any] = {}
    for one, a in left.items():
        for other, b in right.items():
            monomial = tuple(sorted(one + other)) if one and other else one or other
            out[monomial] = out.get(monomial, 0) + a * b
    return {monomial: coefficient for monomial, coefficient in out.items() if coefficient}


def scaled(poly: Polynomial, factor: Any) -> Polynomial:
    return {monomial: coefficient * factor for monomial, coefficient in poly.items()}


def variables(poly: Polynomial) -> list[int]:
    """Those that occur, in their order."""
    return sorted({number for monomial in poly for number in monomial})


def degree(poly: Polynomial) -> int:
    return max(map(len, poly), default=0)


def substituted(poly: Polynomial, number: int, value: Polynomial) -> Polynomial:
    """The polynomial with a polynomial put for a variable."""
    if not any(number in monomial for monomial in poly):
        return poly
    powers: list[Polynomial] = [_ONE]
    parts: list[Polynomial] = []
    for monomial, coefficient in poly.items():
        times = monomial.count(number)
        rest = tuple(other for other in monomial if other != number)
        while len(powers) <= times:
            powers.append(product(powers[-1], value))
        parts.append(product({rest: coefficient}, powers[times]))
    return total(parts)


def evaluated(poly: Polynomial, values: Mapping[int, Any]) -> Polynomial:
    """The polynomial with values put for the variables that have one."""
    out: dict[Monomial, Any] = {}
    for monomial, coefficient in poly.items():
        left = monomial
        if any(number in values for number in monomial):
            for number in monomial:
                coefficient = coefficient * values.get(number, 1)
            left = tuple(number for number in monomial if number not in values)
        out[left] = out.get(left, 0) + coefficient
    return {monomial: coefficient for monomial, coefficient in out.items() if coefficient}


# --- reading an assumption -----------------------------------------------------------------------------
class Expansion(Arithmetic):
    """Quotients of polynomials; the elements of tensors come as they are given."""

    def number(self, value: Fraction) -> Quotient:
        return constant(value), _ONE

    def constant(self, kind: ConstantKind) -> Quotient:
        raise NotPolynomial

    def given(self, value: Any) -> Quotient:
        if isinstance(value, tuple):
            return value
        if isinstance(value, float) and value - value != 0:  # infinite
            raise NotPolynomial
        return constant(Fraction(value)), _ONE

    def add(self, values: Sequence[Quotient]) -> Quotient:
        by_denominator: list[tuple[Polynomial, list[Polynomial]]] = []
        for above, below in values:
            for other, parts in by_denominator:
                if other is below or other == below:
                    parts.append(above)
                    break
            else:
                by_denominator.append((below, [above]))
        sums = [(total(parts), below) for below, parts in by_denominator]
        above, under = sums[0] if sums else ({}, _ONE)
        for other, below in sums[1:]:
            above, under = total((product(above, below), product(other, under))), product(under, below)
        return above, under

    def multiply(self, values: Sequence[Quotient]) -> Quotient:
        above: Polynomial = _ONE
        below: Polynomial = _ONE
        for over, under in values:
            above, below = product(above, over), product(below, under)
        return above, below

    def power(self, base: Quotient, exponent: Fraction) -> Quotient:
        if exponent.denominator != 1:
            raise NotPolynomial
        if exponent < 0:
            if not base[0]:
                raise NotPolynomial
            base, exponent = (base[1], base[0]), -exponent
        return self.multiply([base] * exponent.numerator)

    def apply(self, function: Function, values: Sequence[Quotient]) -> Quotient:
        if function in (Function.MAX, Function.MIN) and all(map(self._known, values)):
            return (max if function is Function.MAX else min)(values, key=self._value)
        if function is Function.STOP_GRADIENT:
            return values[0]
        if function in (Function.ABS, Function.RELU, Function.SIGN) and self._known(values[0]):
            u = self._value(values[0])
            sign = Fraction((u > 0) - (u < 0))
            return self.number({Function.ABS: abs(u), Function.RELU: max(u, Fraction(0))}.get(function, sign))
        raise NotPolynomial

    def compare(self, relation: Relation, left: Quotient, right: Quotient) -> bool:
        if not (self._known(left) and self._known(right)):
            raise NotPolynomial
        return holds(relation, self._value(left), self._value(right))

    def log_sum_exp(self, values: Sequence[Quotient]) -> Quotient:
        raise NotPolynomial

    def integer_of(self, value: Quotient) -> int:
        if not self._known(value):
            raise NotPolynomial
        return int(self._value(value))

    def _known(self, value: Quotient) -> bool:
        return not any(value[0]) and not any(value[1])  # no monomial but the empty one

    def _value(self, value: Quotient) -> Fraction:
        below = value[1].get((), Fraction(0))
        if not below:
            raise NotPolynomial
        return Fraction(value[0].get((), Fraction(0)) / below)

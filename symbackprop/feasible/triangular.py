"""Exact solutions of polynomial equations: over the rationals, and modulo a prime.

    linear         solved for one of its variables, the others staying free
    one variable   a root of it, if there is one
    else           one of the variables of the shortest equation is drawn, and what is left solved

What draws and roots lead to a contradiction are drawn again, the last ones first. So rows of unit length, orthogonal
matrices, products equal to one and sums are all met alike, at random points of all that meet them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import isqrt
from typing import Any

import numpy as np
from sympy.polys.domains import ZZ
from sympy.polys.galoistools import gf_gcd, gf_pow_mod, gf_quo, gf_sub, gf_trunc

from symbackprop.feasible.choices import rational_roots
from symbackprop.feasible.polynomial import Polynomial, degree, evaluated, substituted, variables
from symbackprop.interpret.field import PRIME

_REDRAWS = 6  # of one variable, at one place of the search
_STEPS = 3_000  # of one search, however often it starts again
_STARTS = 60
Draw = Callable[[int, int], Any]  # (variable, how often this was tried) -> a value of the field


class Rationals:
    def of(self, value: Fraction) -> Fraction:
        """A rational in the field."""
        return value

    def tidy(self, poly: Polynomial) -> Polynomial:
        """The polynomial with its coefficients in normal form, none of them 0."""
        return poly

    def inverse(self, value: Fraction) -> Fraction:
        return 1 / value

    def roots(self, poly: Polynomial) -> tuple[Fraction, ...]:
        """The zeros of a polynomial in one variable."""
        if degree(poly) == 2:
            return _quadratic(poly)
        return rational_roots(poly) or ()


class Modular:
    """Residues modulo `PRIME`."""

    def of(self, value: Fraction) -> int:
        return value.numerator * pow(value.denominator, -1, PRIME) % PRIME

    def tidy(self, poly: Polynomial) -> Polynomial:
        return {monomial: value % PRIME for monomial, value in poly.items() if value % PRIME}

    def inverse(self, value: int) -> int:
        return pow(value, -1, PRIME)

    def roots(self, poly: Polynomial) -> tuple[int, ...]:
        coefficients = [0] * (degree(poly) + 1)
        for monomial, value in poly.items():
            coefficients[len(monomial)] += value
        return modular_roots([c % PRIME for c in coefficients])


Field = Rationals | Modular


@dataclass(slots=True)
class _Solver:
    field: Field
    draw: Draw
    rng: np.random.Generator
    steps: int = 0
    drawn: int = 0

    def solve(self, polys: Sequence[Polynomial]) -> dict[int, Any] | None:
        """Values at which all are zero; a variable that is left open is missing."""
        self.steps += 1
        if self.steps > _STEPS:
            return None
        reduced = self._linear([*polys])
        if reduced is None:
            return None
        left, solved = reduced
        if not left:
            return self._unwound({}, solved)
        shortest = min(left, key=lambda poly: (len(variables(poly)), degree(poly)))
        scope = variables(shortest)
        if len(scope) == 1:
            roots = self.field.roots(shortest)
            values: Sequence[Any] = [roots[place] for place in self.rng.permutation(len(roots))]
            number = scope[0]
        else:
            number = self._next(shortest, scope)
            values = [self.draw(number, self.drawn + again) for again in range(_REDRAWS)]
            self.drawn += 1
        for value in values:
            put = self.field.tidy({(): value})
            below = self.solve([self.field.tidy(substituted(poly, number, put)) for poly in left])
            if below is not None:
                return self._unwound({**below, number: value}, solved)
        return None

    def _next(self, poly: Polynomial, scope: Sequence[int]) -> int:
        """One of those of the highest degree, so that what is left last is easy to solve for."""
        powers = dict.fromkeys(scope, 0)
        for monomial in poly:
            for n in set(monomial):
                powers[n] = max(powers[n], monomial.count(n))
        highest = [n for n in scope if powers[n] == max(powers.values())]
        return highest[int(self.rng.integers(len(highest)))]

    def _linear(self, polys: list[Polynomial]) -> tuple[list[Polynomial], list[tuple[int, Polynomial]]] | None:
        """(what is left, variables with what they are equal to); None where they contradict each other."""
        solved: list[tuple[int, Polynomial]] = []
        while True:
            polys = [poly for poly in polys if poly]
            if any(degree(poly) == 0 for poly in polys):
                return None
            linear = next((poly for poly in polys if degree(poly) == 1), None)
            if linear is None:
                return polys, solved
            scope = variables(linear)
            number = scope[int(self.rng.integers(len(scope)))]
            factor = -self.field.inverse(linear[(number,)])
            value = self.field.tidy({m: c * factor for m, c in linear.items() if m != (number,)})
            solved.append((number, value))
            polys = [self.field.tidy(substituted(poly, number, value)) for poly in polys if poly is not linear]

    def _unwound(self, values: dict[int, Any], solved: Sequence[tuple[int, Polynomial]]) -> dict[int, Any]:
        """With the variables that linear equations gave, what these leave open being drawn."""
        for number, poly in reversed(solved):
            for other in variables(poly):
                if other not in values:
                    values[other] = self.draw(other, 0)
            values[number] = self.field.tidy(evaluated(poly, values)).get((), self.field.of(Fraction(0)))
        return values


def solve(polys: Sequence[Polynomial], field: Field, draw: Draw, rng: np.random.Generator) -> dict[int, Any] | None:
    """Values in the field at which all the polynomials (over the rationals) are zero; None where none were found."""
    mine = [field.tidy({m: field.of(Fraction(c)) for m, c in poly.items()}) for poly in polys]
    solver = _Solver(field, draw, rng)
    for _ in range(_STARTS):
        found = solver.solve(mine)
        if found is not None or solver.steps > _STEPS:
            return found
    return None


def inconsistent(polys: Sequence[Polynomial]) -> bool:
    """Whether linear elimination alone shows that they have no common zero."""
    solver = _Solver(Rationals(), lambda number, again: Fraction(0), np.random.default_rng(0))
    return solver._linear([*polys]) is None


# --- roots ---------------------------------------------------------------------------------------------
def _quadratic(poly: Polynomial) -> tuple[Fraction, ...]:
    (number,) = variables(poly)
    a, b, c = (Fraction(poly.get((number,) * k, 0)) for k in (2, 1, 0))
    inside = b * b - 4 * a * c
    if inside < 0:
        return ()
    above, below = isqrt(inside.numerator), isqrt(inside.denominator)
    root = Fraction(above, below)
    if root * root != inside:
        return ()
    return tuple(dict.fromkeys(((-b - root) / (2 * a), (-b + root) / (2 * a))))


def modular_roots(coefficients: Sequence[int]) -> tuple[int, ...]:
    """The zeros modulo `PRIME` of Σ c_k t^k: its common divisor with t^p - t, taken apart at random
    (D. Cantor and H. Zassenhaus, "A new algorithm for factoring polynomials over finite fields", 1981)."""
    poly = gf_trunc([*reversed(coefficients)], PRIME)  # the highest power first
    if len(poly) <= 1:
        return ()
    power = gf_pow_mod([1, 0], PRIME, poly, PRIME, ZZ)
    return tuple(sorted(_split(gf_gcd(poly, gf_sub(power, [1, 0], PRIME, ZZ), PRIME, ZZ), 1)))


def _split(poly: list[int], shift: int) -> list[int]:
    if len(poly) <= 1:
        return []
    if len(poly) == 2:
        return [int(-poly[1]) % PRIME]
    while True:
        half = gf_sub(gf_pow_mod([1, shift], (PRIME - 1) // 2, poly, PRIME, ZZ), [1], PRIME, ZZ)
        part = gf_gcd(poly, half, PRIME, ZZ)
        shift += 1
        if 1 < len(part) < len(poly):
            return _split(part, shift) + _split(gf_quo(poly, part, PRIME, ZZ), shift)


__all__ = ["Draw", "Field", "Modular", "Rationals", "inconsistent", "modular_roots", "solve"]

"""Forward mode: every value carries its derivatives by chosen elements, in any arithmetic.

    (u, u̇) with u̇ a sparse vector {seed: ∂u/∂seed};   f(u)˙ = Σ_k ∂f/∂u_k · u̇_k

This is the independent truth for gradients: it knows nothing of adjoints, and its table of derivatives is its own.
Source: R. Wengert, A simple automatic derivative evaluation program, CACM 7 (1964).

Conventions at kinks: relu'(0) = 0, |·|'(0) = 0; ties of maxima and minima share the derivative equally; conditions,
steps (floor, ceiling, sign) and stop_gradient have none. What those select away adds nothing, whatever its tangent is,
as nothing does that a branch does not read. A derivative that is zero by its value is a factor like any other: times
an infinite tangent it is undefined.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from functools import partial
from typing import Any

from symbackprop.interpret.failures import Degenerate
from symbackprop.interpret.number_system import Arithmetic
from symbackprop.terms.term import ConstantKind, Function, Relation

Tangent = Mapping[int, Any]
Dual = tuple[Any, Tangent]
NONE: Tangent = {}


class Tangents(Arithmetic):
    """Pairs of a value of `base` and its tangent."""

    def __init__(self, base: Arithmetic) -> None:
        self.base = base
        self.zero, self.one = base.number(Fraction(0)), base.number(Fraction(1))
        self.minus_one, self.two = base.number(Fraction(-1)), base.number(Fraction(2))

    # --- values without tangent ----------------------------------------------------------------------
    def number(self, value: Fraction) -> Dual:
        return self.base.number(value), NONE

    def constant(self, kind: ConstantKind) -> Dual:
        return self.base.constant(kind), NONE

    def given(self, value: Any) -> Dual:
        return self.base.given(value), NONE

    def seeded(self, value: Dual, seed: int, direction: Any) -> Dual:
        """`value` with `direction` added to its derivative by `seed`."""
        return value[0], self._combine([(self.one, value[1]), (self.one, {seed: direction})])

    # --- operations ----------------------------------------------------------------------------------
    def add(self, values: Sequence[Dual]) -> Dual:
        return self.base.add([u for u, _ in values]), self._combine([(self.one, t) for _, t in values if t])

    def multiply(self, values: Sequence[Dual]) -> Dual:
        factors = [u for u, _ in values]
        parts = [
            (self.base.multiply([*factors[:place], *factors[place + 1 :]]), tangent)
            for place, (_, tangent) in enumerate(values)
            if tangent
        ]
        return self.base.multiply(factors), self._combine(parts)

    def power(self, base: Dual, exponent: Fraction) -> Dual:
        u, tangent = base
        value = self.base.power(u, exponent)
        if not tangent:
            return value, NONE
        times, raised = self.base.multiply, self.base.power
        slope = self._defined(lambda: times((self.base.number(exponent), raised(u, exponent - 1))))
        return value, self._combine([(slope, tangent)])

    def apply(self, function: Function, values: Sequence[Dual]) -> Dual:
        if function is Function.LOG_ADD_EXP:
            return self.log_sum_exp(values)
        arguments = [u for u, _ in values]
        value = self.base.apply(function, arguments)
        if function in (Function.MAX, Function.MIN):
            return value, self._share(value, values)
        parts = [
            (self._defined(partial(self._slope, function, place, arguments, value)), tangent)
            for place, (_, tangent) in enumerate(values)
            if tangent
        ]
        exponential = function in (Function.EXP, Function.EXP_NORMALIZED)
        return value, self._weighted(parts) if exponential else self._combine(parts)

    def exp_of_sum(self, values: Sequence[Dual]) -> Dual:
        value = self.base.exp_of_sum([u for u, _ in values])
        return value, self._weighted([(value, tangent) for _, tangent in values if tangent])

    def compare(self, relation: Relation, left: Dual, right: Dual) -> bool:
        return self.base.compare(relation, left[0], right[0])

    def log_sum_exp(self, values: Sequence[Dual]) -> Dual:
        value = self.base.log_sum_exp([u for u, _ in values])
        parts = [(self.base.apply(Function.EXP_NORMALIZED, (u, value)), t) for u, t in values if t]
        return value, self._weighted(parts)

    def integer_of(self, value: Dual) -> int:
        return self.base.integer_of(value[0])

    # --- derivatives ---------------------------------------------------------------------------------
    def _defined(self, slope: Callable[[], Any]) -> Any:
        """The slope; NaN at a pole that only the derivative has, which nothing but a condition may ever ask for."""
        try:
            return slope()
        except (Degenerate, ZeroDivisionError):
            return self.base.given(math.nan)

    def _weighted(self, parts: Sequence[tuple[Any, Tangent]]) -> Tangent:
        """Σ slope · tangent for exponentials: a masked score, of which nothing is left, has no derivative."""

        def masked(slope: Any, tangent: Tangent) -> bool:
            return bool(slope == self.zero) and all(d - d == self.zero for d in tangent.values())  # all are finite

        return self._combine([(slope, tangent) for slope, tangent in parts if not masked(slope, tangent)])

    def _combine(self, parts: Sequence[tuple[Any, Tangent]]) -> Tangent:
        """Σ slope · tangent."""
        if len(parts) == 1 and parts[0][0] == self.one:
            return parts[0][1]
        multiply, add = self.base.multiply, self.base.add
        collected: dict[int, list[Any]] = {}
        for slope, tangent in parts:
            if slope is None:
                continue
            is_one = slope == self.one
            for seed, direction in tangent.items():
                product = direction if is_one else multiply((slope, direction))
                if seed in collected:
                    collected[seed].append(product)
                else:
                    collected[seed] = [product]
        return {seed: add(terms) if len(terms) > 1 else terms[0] for seed, terms in collected.items()}

    def _share(self, value: Any, values: Sequence[Dual]) -> Tangent:
        tied = [tangent for u, tangent in values if self.base.compare(Relation.EQ, u, value)]
        share = self.base.number(Fraction(1, max(1, len(tied))))
        return self._combine([(share, tangent) for tangent in tied if tangent])

    def _slope(self, function: Function, place: int, arguments: Sequence[Any], value: Any) -> Any:
        """∂function/∂argument[place]; None where it is zero by convention."""
        if function in _STEPS:
            return None
        rules = _SLOPES.get(function)
        if rules is None:
            raise TypeError(f"no derivative of {function.value}")
        return rules[place](self, value, *arguments)

    def times(self, *factors: Any) -> Any:
        return self.base.multiply(factors)

    def plus(self, *summands: Any) -> Any:
        return self.base.add(summands)

    def minus(self, *factors: Any) -> Any:
        """-1 times the product."""
        return self.base.multiply((self.minus_one, *factors))

    def of(self, function: Function, *arguments: Any) -> Any:
        """A function of numbers of `base`."""
        return self.base.apply(function, arguments)

    def raised(self, u: Any, exponent: int | Fraction) -> Any:
        return self.base.power(u, Fraction(exponent))

    def vanishes(self, u: Any) -> bool:
        return self.base.compare(Relation.EQ, u, self.zero)


def _atan2_by_y(c: Tangents, value: Any, y: Any, x: Any) -> Any:
    return c.times(x, c.raised(c.plus(c.times(x, x), c.times(y, y)), -1))


def _atan2_by_x(c: Tangents, value: Any, y: Any, x: Any) -> Any:
    return c.minus(y, c.raised(c.plus(c.times(x, x), c.times(y, y)), -1))


def _pow_by_base(c: Tangents, value: Any, u: Any, exponent: Any) -> Any:
    """exponent·u**(exponent - 1), 0 for exponent 0."""
    if c.vanishes(exponent):
        return None
    return c.times(exponent, c.of(Function.POW, u, c.plus(exponent, c.minus_one)))


def _pow_by_exponent(c: Tangents, value: Any, u: Any, exponent: Any) -> Any:
    """log(u)·u**exponent, 0 at u = 0."""
    return None if c.vanishes(u) else c.times(value, c.of(Function.LOG, u))


def _erf(c: Tangents, value: Any, u: Any) -> Any:
    """2/√π·exp(-u²)."""
    bell = c.of(Function.EXP, c.minus(c.times(u, u)))
    return c.times(c.two, c.raised(c.base.constant(ConstantKind.PI), Fraction(-1, 2)), bell)


_STEPS = frozenset({Function.SIGN, Function.FLOOR, Function.CEILING, Function.STOP_GRADIENT})
# f -> (tangents, f(u, …), u, …) -> ∂f/∂u, for each argument; None where it is zero by convention
_SLOPES: dict[Function, tuple[Callable[..., Any], ...]] = {
    Function.EXP: (lambda c, value, u: value,),
    Function.EXPM1: (lambda c, value, u: c.of(Function.EXP, u),),
    Function.EXP_NORMALIZED: (lambda c, value, u, v: value, lambda c, value, u, v: c.minus(value)),
    Function.LOG_COSH: (lambda c, value, u: c.of(Function.TANH, u),),
    Function.SECH: (lambda c, value, u: c.minus(value, c.of(Function.TANH, u)),),
    Function.CSCH: (lambda c, value, u: c.minus(value, c.raised(c.of(Function.TANH, u), -1)),),
    Function.BOSE: (lambda c, value, u: c.minus(value, c.plus(value, c.one)),),
    Function.DIFFERENCE: (lambda c, value, u, v: c.one, lambda c, value, u, v: c.minus_one),
    Function.LOG: (lambda c, value, u: c.raised(u, -1),),
    Function.LOG1P: (lambda c, value, u: c.raised(c.plus(u, c.one), -1),),
    Function.SIN: (lambda c, value, u: c.of(Function.COS, u),),
    Function.COS: (lambda c, value, u: c.minus(c.of(Function.SIN, u)),),
    Function.TAN: (lambda c, value, u: c.raised(c.of(Function.COS, u), -2),),
    Function.ASIN: (lambda c, value, u: c.raised(c.plus(c.one, c.minus(c.times(u, u))), Fraction(-1, 2)),),
    Function.ACOS: (lambda c, value, u: c.minus(c.raised(c.plus(c.one, c.minus(c.times(u, u))), Fraction(-1, 2))),),
    Function.ATAN: (lambda c, value, u: c.raised(c.plus(c.one, c.times(u, u)), -1),),
    Function.ATAN2: (_atan2_by_y, _atan2_by_x),
    Function.SINH: (lambda c, value, u: c.of(Function.COSH, u),),
    Function.COSH: (lambda c, value, u: c.of(Function.SINH, u),),
    Function.TANH: (lambda c, value, u: c.plus(c.one, c.minus(value, value)),),
    Function.ASINH: (lambda c, value, u: c.raised(c.plus(c.times(u, u), c.one), Fraction(-1, 2)),),
    Function.ACOSH: (lambda c, value, u: c.raised(c.plus(c.times(u, u), c.minus_one), Fraction(-1, 2)),),
    Function.ATANH: (lambda c, value, u: c.raised(c.plus(c.one, c.minus(c.times(u, u))), -1),),
    Function.ERF: (_erf,),
    Function.SIGMOID: (lambda c, value, u: c.times(value, c.plus(c.one, c.minus(value))),),
    Function.LOG_SIGMOID: (lambda c, value, u: c.of(Function.SIGMOID, c.minus(u)),),
    Function.SOFTPLUS: (lambda c, value, u: c.of(Function.SIGMOID, u),),
    Function.RELU: (lambda c, value, u: c.one if c.base.compare(Relation.GT, u, c.zero) else None,),
    Function.ABS: (lambda c, value, u: None if c.vanishes(u) else c.of(Function.SIGN, u),),
    Function.POW: (_pow_by_base, _pow_by_exponent),
}

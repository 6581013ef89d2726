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

from symbackprop.interpret.arithmetic import Arithmetic
from symbackprop.interpret.failures import Degenerate
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
        collected: dict[int, list[Any]] = {}
        for slope, tangent in parts:
            if slope is None:
                continue
            for seed, direction in tangent.items():
                product = direction if slope == self.one else self.base.multiply((slope, direction))
                collected.setdefault(seed, []).append(product)
        return {seed: self.base.add(terms) if len(terms) > 1 else terms[0] for seed, terms in collected.items()}

    def _share(self, value: Any, values: Sequence[Dual]) -> Tangent:
        tied = [tangent for u, tangent in values if self.base.compare(Relation.EQ, u, value)]
        share = self.base.number(Fraction(1, max(1, len(tied))))
        return self._combine([(share, tangent) for tangent in tied if tangent])

    def _slope(self, function: Function, place: int, arguments: Sequence[Any], value: Any) -> Any:
        """∂function/∂argument[place]; None where it is zero by convention."""
        u = arguments[0]
        add, times, power, apply = self.base.add, self.base.multiply, self.base.power, self.base.apply
        square = times((u, u))
        match function:
            case Function.EXP:
                return value
            case Function.EXPM1:
                return apply(Function.EXP, (u,))
            case Function.EXP_NORMALIZED:
                return value if place == 0 else times((self.minus_one, value))
            case Function.LOG_ADD_EXP:
                return apply(Function.EXP_NORMALIZED, (arguments[place], value))
            case Function.LOG_COSH:
                return apply(Function.TANH, (u,))
            case Function.SECH:
                return times((self.minus_one, value, apply(Function.TANH, (u,))))
            case Function.CSCH:
                return times((self.minus_one, value, power(apply(Function.TANH, (u,)), Fraction(-1))))
            case Function.BOSE:
                return times((self.minus_one, value, add((value, self.one))))
            case Function.DIFFERENCE:
                return self.one if place == 0 else self.minus_one
            case Function.LOG:
                return power(u, Fraction(-1))
            case Function.LOG1P:
                return power(add((u, self.one)), Fraction(-1))
            case Function.SIN:
                return apply(Function.COS, (u,))
            case Function.COS:
                return times((self.minus_one, apply(Function.SIN, (u,))))
            case Function.TAN:
                return power(apply(Function.COS, (u,)), Fraction(-2))
            case Function.ASIN:
                return power(add((self.one, times((self.minus_one, square)))), Fraction(-1, 2))
            case Function.ACOS:
                root = power(add((self.one, times((self.minus_one, square)))), Fraction(-1, 2))
                return times((self.minus_one, root))
            case Function.ATAN:
                return power(add((self.one, square)), Fraction(-1))
            case Function.ATAN2:
                return self._slope_of_atan2(place, *arguments)
            case Function.SINH:
                return apply(Function.COSH, (u,))
            case Function.COSH:
                return apply(Function.SINH, (u,))
            case Function.TANH:
                return add((self.one, times((self.minus_one, value, value))))
            case Function.ASINH:
                return power(add((square, self.one)), Fraction(-1, 2))
            case Function.ACOSH:
                return power(add((square, self.minus_one)), Fraction(-1, 2))
            case Function.ATANH:
                return power(add((self.one, times((self.minus_one, square)))), Fraction(-1))
            case Function.ERF:
                bell = apply(Function.EXP, (times((self.minus_one, square)),))
                return times((self.two, power(self.base.constant(ConstantKind.PI), Fraction(-1, 2)), bell))
            case Function.SIGMOID:
                return times((value, add((self.one, times((self.minus_one, value))))))
            case Function.LOG_SIGMOID:
                return apply(Function.SIGMOID, (times((self.minus_one, u)),))
            case Function.SOFTPLUS:
                return apply(Function.SIGMOID, (u,))
            case Function.RELU:
                return self.one if self.base.compare(Relation.GT, u, self.zero) else None
            case Function.ABS:
                return None if self.base.compare(Relation.EQ, u, self.zero) else apply(Function.SIGN, (u,))
            case Function.POW:
                return self._slope_of_pow(place, u, arguments[1], value)
            case Function.SIGN | Function.FLOOR | Function.CEILING | Function.STOP_GRADIENT:
                return None
            case _:
                raise TypeError(f"no derivative of {function.value}")

    def _slope_of_atan2(self, place: int, y: Any, x: Any) -> Any:
        times = self.base.multiply
        below = self.base.power(self.base.add((times((x, x)), times((y, y)))), Fraction(-1))
        return times((x, below)) if place == 0 else times((self.minus_one, y, below))

    def _slope_of_pow(self, place: int, u: Any, exponent: Any, value: Any) -> Any:
        """exponent·u**(exponent - 1), 0 for exponent 0; by the exponent log(u)·u**exponent, 0 at u = 0."""
        if self.base.compare(Relation.EQ, exponent if place == 0 else u, self.zero):
            return None
        if place == 0:
            lower = self.base.apply(Function.POW, (u, self.base.add((exponent, self.minus_one))))
            return self.base.multiply((exponent, lower))
        return self.base.multiply((value, self.base.apply(Function.LOG, (u,))))

"""What an interpreter calculates with: the operations that every arithmetic supplies.

An arithmetic is floats, residues modulo a prime, or high precision (`floats`, `residues`, `precise`), or one of those
with tangents (`tangents`). Infinities stand for masked scores in all of them, as Python's own `math.inf`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from fractions import Fraction
from typing import Any, Protocol

from symbackprop.terms.term import ConstantKind, Function, Relation, Term


class Deciding(Protocol):
    """What decides a condition or an extremum."""

    def apply(self, function: Function, values: Sequence[Any]) -> Any: ...

    def compare(self, relation: Relation, left: Any, right: Any) -> bool: ...


class Arithmetic(ABC):
    """Numbers and what can be done to them. Sequences may be empty only where it says so. `region` counts up where what
    was computed is no longer so (see `ordered_residues`)."""

    region = 0

    @abstractmethod
    def number(self, value: Fraction) -> Any:
        """An exact rational."""

    @abstractmethod
    def constant(self, kind: ConstantKind) -> Any:
        """A named constant."""

    @abstractmethod
    def given(self, value: Any) -> Any:
        """An element of the caller's arrays (a float, an int, or already a number of this arithmetic)."""

    @abstractmethod
    def add(self, values: Sequence[Any]) -> Any:
        """The sum, 0 of nothing."""

    @abstractmethod
    def multiply(self, values: Sequence[Any]) -> Any:
        """The product, 1 of nothing."""

    @abstractmethod
    def power(self, base: Any, exponent: Fraction) -> Any:
        """base**exponent for a constant exponent."""

    @abstractmethod
    def apply(self, function: Function, values: Sequence[Any]) -> Any:
        """A scalar function of its arguments."""

    @abstractmethod
    def compare(self, relation: Relation, left: Any, right: Any) -> bool:
        """Whether the relation holds; false with NaN, except NE."""

    @abstractmethod
    def log_sum_exp(self, values: Sequence[Any]) -> Any:
        """log Σ exp(value); -oo of nothing and where every value is -oo."""

    def exp_of_sum(self, values: Sequence[Any]) -> Any:
        """exp of the sum of the values, for arithmetics that know it as the product of their exponentials."""
        return self.apply(Function.EXP, [self.add(values)])

    @abstractmethod
    def integer_of(self, value: Any) -> int:
        """The integer that a value of an integer tensor stands for (it becomes a subscript)."""

    def about(self, term: Term) -> Deciding:
        """What decides this condition or extremum: itself, unless it is to know which one asks."""
        return self


def holds(relation: Relation, left: Any, right: Any) -> bool:
    """The relation between two Python numbers."""
    return bool(relation.holds(left, right))

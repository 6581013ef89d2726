"""Residues of real data: each carries the real number that it stands for, in sixty digits, which decides all order.

So exact equality is seen on a region that the data are in, and every region that is seen is one that can be.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

from symbackprop.interpret.failures import Degenerate
from symbackprop.interpret.field import Residue, signed, undefined
from symbackprop.interpret.number_system import holds
from symbackprop.interpret.precise import Precise
from symbackprop.interpret.residues import DECIDING, Residues
from symbackprop.terms.term import ConstantKind, Function, Relation

_SMALL = 2**20


class Witnessed(Residues):
    """Integers modulo `PRIME`, ordered as the real numbers that they stand for."""

    def __init__(self, seed: int = 0) -> None:
        super().__init__(seed)
        self.precise = Precise()
        self._reals: dict[int, Any] = {}

    def _with(self, residue: Residue, real: Callable[[], Any]) -> Residue:
        if type(residue) is int:
            known = self._reals.get(residue)
            if known is None or known != known:
                self._reals[residue] = real()
        return residue

    def real(self, residue: Residue) -> Any:
        """The number that the residue stands for."""
        if type(residue) is float:
            return self.precise.context.mpf(residue)
        known = self._reals.get(residue)
        if known is not None:
            return known
        near = signed(residue)  # 0 and 1 come without being asked for; what is in between stands for nothing
        return self.precise.context.mpf(near) if abs(near) < _SMALL else self.precise.nan

    def number(self, value: Fraction) -> int:
        return int(self._with(super().number(value), lambda: self.precise.number(value)))

    def constant(self, kind: ConstantKind) -> Residue:
        return self._with(super().constant(kind), lambda: self.precise.constant(kind))

    def given(self, value: Any) -> Residue:
        return self._with(super().given(value), lambda: self.precise.given(value))

    def add(self, values: Sequence[Residue]) -> Residue:
        return self._with(super().add(values), lambda: self.precise.add([self.real(value) for value in values]))

    def multiply(self, values: Sequence[Residue]) -> Residue:
        return self._with(super().multiply(values), lambda: self.precise.multiply([self.real(v) for v in values]))

    def power(self, base: Residue, exponent: Fraction) -> Residue:
        return self._with(super().power(base, exponent), lambda: self.precise.power(self.real(base), exponent))

    def log_sum_exp(self, values: Sequence[Residue]) -> Residue:
        found = super().log_sum_exp(values)
        return self._with(found, lambda: self.precise.log_sum_exp([self.real(value) for value in values]))

    def exp_of_sum(self, values: Sequence[Residue]) -> Residue:
        found = super().exp_of_sum(values)
        return self._with(found, lambda: self.precise.exp_of_sum([self.real(value) for value in values]))

    def apply(self, function: Function, values: Sequence[Residue]) -> Residue:
        if function in DECIDING and undefined(values):
            raise Degenerate("no number to compare")
        found = super().apply(function, values)
        return self._with(found, lambda: self.precise.apply(function, [self.real(value) for value in values]))

    def order(self, residue: Residue) -> Any:
        real = self.real(residue)
        if real != real:
            raise Degenerate("no real number to compare")
        return real

    def compare(self, relation: Relation, left: Residue, right: Residue) -> bool:
        if left == right:
            return holds(relation, 0, 0)
        return super().compare(relation, left, right)

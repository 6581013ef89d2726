"""A derivation's arrays as integers modulo the prime of the exact check, for formulas written out in NumPy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from symbackprop.derive.differentiate import Derived
from symbackprop.interpret import Interpreter, Residues
from symbackprop.interpret.field import PRIME
from symbackprop.terms.program import Equation
from symbackprop.verify.data import Style, draw

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Arrays:
    """Every tensor of a derivation, by name, at given sizes and random residues as data."""

    derived: Derived
    sizes: Mapping[str, int]
    forward: Interpreter
    backward: Interpreter

    @staticmethod
    def of(derived: Derived, sizes: Mapping[str, int], seed: int = 0) -> Arrays:
        residues = Residues(seed)
        data = draw(derived.forward, sizes, seed, Style.SIGNED, exact=True)
        forward = Interpreter(derived.forward, sizes, data, residues)
        return Arrays(derived, sizes, forward, Interpreter(derived.backward, sizes, data, residues, outer=forward))

    def __getitem__(self, name: str) -> Array:
        reader = self.backward if name in self.derived.backward.definitions else self.forward
        return reader.array(name)

    def with_equations(self, new: Mapping[str, tuple[Equation, ...]]) -> Arrays:
        """The same with other equations for some adjoints."""
        backward = self.derived.backward
        kept = tuple(equation for equation in backward.equations if equation.target not in new)
        changed = backward.with_(equations=kept + tuple(e for equations in new.values() for e in equations))
        old = self.backward
        reader = Interpreter(changed, self.sizes, old.values, old.arithmetic, outer=self.forward)
        return Arrays(self.derived, self.sizes, self.forward, reader)


def over(value: Any, below: int) -> Any:
    """value/below modulo the prime."""
    return value * pow(below, -1, PRIME) % PRIME


def fraction(value: str) -> int:
    exact = Fraction(value)
    return int(over(exact.numerator, exact.denominator))


def assert_same(ours: Any, published: Any) -> None:
    """Equal entries, entry by entry, and the same shape."""
    ours, published = np.asarray(ours, dtype=object), np.asarray(published, dtype=object)
    assert ours.shape == published.shape
    assert ours.size
    assert not np.any((ours - published) % PRIME)

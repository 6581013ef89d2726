"""Between which numbers an integer lies, as far as the ranges of nests and loops around tell."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from math import inf

from symbackprop.lower.values import Position, Value
from symbackprop.terms.poly import Index, Poly
from symbackprop.terms.term import Axis


class Ranges:
    def __init__(self) -> None:
        self.known: dict[Index, tuple[float, float]] = {}

    @contextmanager
    def within(self, axis: Axis) -> Iterator[None]:
        """Inside of a nest over the axis, or of a loop."""
        self.known[axis.index] = self.of(axis.low)[0], self.of(axis.high)[1]
        yield
        del self.known[axis.index]

    def of(self, item: Poly | Value) -> tuple[float, float]:
        """(least, greatest), infinite where they are not known."""
        if isinstance(item, Position):
            item = item.poly
        if not isinstance(item, Poly):
            return -inf, inf
        low, high = 0.0, 0.0
        for monomial, coefficient in item.terms:
            ends = float(coefficient), float(coefficient)
            for atom, power in monomial:
                known = self.known.get(atom) if isinstance(atom, Index) else None
                if known is None or inf in known or -inf in known or (power > 1 and known[0] < 0):
                    return -inf, inf
                products = [end * one**power for end in ends for one in known]
                ends = min(products), max(products)
            low, high = low + ends[0], high + ends[1]
        return low, high


__all__ = ["Ranges"]

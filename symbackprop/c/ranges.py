"""Between which numbers an integer lies, as far as the ranges of nests and loops around tell, and those of inputs; and
whether 32 bits hold it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from math import inf

from symbackprop.lower.evaluate_values import term_value
from symbackprop.lower.values import Kind, Map, MapOp, Position, Read, Scalar, Value
from symbackprop.terms.poly import Dim, Floor, Index, Poly
from symbackprop.terms.program import Tensor
from symbackprop.terms.term import Axis

_LEAST, _MOST = -(2.0**31), 2.0**31 - 1  # what 32 bits hold
_SIZE = 0.0, _MOST  # of one that is no number: it is an argument, an int


class Ranges:
    """`tensors`: whose integers are read; `kept`: the range of each variable of integers that was given a value."""

    def __init__(self, tensors: Mapping[str, Tensor] | None = None) -> None:
        self.tensors = tensors or {}
        self.known: dict[Index, tuple[float, float]] = {}
        self.kept: dict[str, tuple[float, float]] = {}

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
                known = self.known.get(atom) if isinstance(atom, Index) else _SIZE if isinstance(atom, Dim) else None
                if known is None or inf in known or -inf in known or (power > 1 and known[0] < 0):
                    return -inf, inf
                products = [end * one**power for end in ends for one in known]
                ends = min(products), max(products)
            low, high = low + ends[0], high + ends[1]
        return low, high

    # --- how many bits -----------------------------------------------------------------------------
    def wide(self, item: Poly | Value) -> bool:
        """Whether 32 bits might not hold the integer, or what it is made of."""
        if isinstance(item, Position):
            item = item.poly
        if isinstance(item, Poly):
            return self._size(item) > _MOST
        if isinstance(item, Map) and item.op is not MapOp.COPY and any(map(self.wide, item.args)):
            return item.kind is not Kind.BOOL
        low, high = self.of_value(item)
        return low < _LEAST or high > _MOST

    def _size(self, poly: Poly) -> float:
        """No partial sum or product of its terms is farther from 0. Indices without a known range count as small."""
        total = 0.0
        for monomial, coefficient in poly.terms:
            size = float(abs(coefficient))
            for atom, power in monomial:
                if isinstance(atom, Floor):
                    size *= (1 + self._size(atom.numerator)) ** power
                else:
                    low, high = self.known.get(atom, (-1, 1)) if isinstance(atom, Index) else (-1, 1)
                    size *= max(abs(low), abs(high)) ** power
            total += size
        return total

    def of_value(self, value: Value) -> tuple[float, float]:
        """(least, greatest) of an integer, or of 0 and 1 for a condition."""
        match value:
            case _ if value.kind is Kind.BOOL:
                return 0, 1
            case Position(poly):
                return self.of(poly) if poly.constant is None else (float(poly.constant),) * 2
            case Scalar(term) if not term.free:
                return (float(term_value(term, {})),) * 2
            case Read(name, _, _, _, padded):
                return self._of_read(name, padded)
            case Map(MapOp.COPY, (arg,)):
                return self.of_value(arg)
            case Map(op, args):
                return _of_operation(op, [self.of_value(arg) for arg in args])
            case _:
                return -inf, inf

    def _of_read(self, name: str, padded: bool) -> tuple[float, float]:
        tensor = self.tensors.get(name)
        high = None if tensor is None or tensor.high is None else tensor.high.constant
        low, most = self.kept.get(name, (_LEAST, _MOST) if high is None else (0.0, max(high - 1.0, 0.0)))
        return (min(low, 0.0), max(most, 0.0)) if padded else (low, most)


def _of_operation(op: MapOp, args: list[tuple[float, float]]) -> tuple[float, float]:
    """The range of the result, given those of what it is made of."""
    (low, high), *others = args
    second = others[0] if others else (0.0, 0.0)
    size = max(abs(low), abs(high))
    match op:
        case MapOp.ADD:
            return low + second[0], high + second[1]
        case MapOp.SUBTRACT:
            return low - second[1], high - second[0]
        case MapOp.MULTIPLY:
            ends = [_times(one, other) for one in (low, high) for other in second]
            return min(ends), max(ends)
        case MapOp.SQUARE:
            return 0.0, size * size
        case MapOp.ABS:
            return 0.0, size
        case MapOp.SIGN:
            return -1.0, 1.0
        case MapOp.FLOOR_DIVIDE:
            return -size - 1, size
        case MapOp.MAXIMUM:
            return max(low, second[0]), max(high, second[1])
        case MapOp.MINIMUM:
            return min(low, second[0]), min(high, second[1])
        case MapOp.SELECT:
            (_, then, otherwise) = args
            return min(then[0], otherwise[0]), max(then[1], otherwise[1])
        case _:
            return -inf, inf


def _times(one: float, other: float) -> float:
    return 0.0 if not one or not other else one * other


__all__ = ["Ranges"]

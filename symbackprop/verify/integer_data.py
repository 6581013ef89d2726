"""Values of integer inputs such that every joint truth assignment of conditions on them that can be is met.

Conditions that read the same elements are evaluated together, for all values of these at once:

    y = 0, q = 0, y < q, y in 0..39, q in 0..39       (T, T, F): 0, 0    (T, F, T): 0, 1    (F, T, F): 1, 0    ...

and the values at which each assignment is first and last met are kept. A gather compares with every position.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import prod
from typing import Any

import numpy as np

from symbackprop.interpret import Interpreter
from symbackprop.terms.build import compare, fresh_index, integer_condition, poly_value
from symbackprop.terms.graph import connected
from symbackprop.terms.poly import Dim, Index, Poly
from symbackprop.terms.program import DType, Program
from symbackprop.terms.show import show
from symbackprop.terms.term import (
    Access,
    Add,
    Compare,
    Mul,
    Number,
    PolyValue,
    Power,
    Reduce,
    Relation,
    Term,
    accesses,
    subterms,
)

_FEW = 12  # values of an integer that are all of them tried
_WITHOUT_BOUND = 5  # as `verify.data` draws where an integer has no bound
_MOST = 4_000_000  # values of all that is read together
Grid = np.ndarray[Any, Any]


class TooManyCases(ValueError):
    """The values of integers that conditions read together are too many to be told apart."""


def integer_values(program: Program, sizes: Mapping[str, int], terms: Sequence[Term]) -> dict[str, tuple[int, ...]]:
    """For each integer input the values that matter; all of them where they are few. Raises `TooManyCases`."""
    reader = Interpreter(program, sizes, {})
    tensors = [tensor for tensor in program.tensors if tensor.dtype is DType.INT]
    high = {t.name: max(1, reader.size(t.high)) if t.high is not None else _WITHOUT_BOUND for t in tensors}
    found = {name: set(range(most)) if most <= _FEW else {0, most // 2, most - 1} for name, most in high.items()}
    far = max((extent for tensor in program.tensors for extent in reader.box(tensor)[1]), default=1)
    conditions = dict.fromkeys(_conditions(terms, frozenset(high)))
    for cluster in _together([c for c in conditions if any(high[name] > _FEW for name in c.tensors)]):
        cases = _Cases(cluster, high, sizes, far)
        for name, values in cases.met():
            found[name] |= values
    return {name: tuple(sorted(values)) for name, values in found.items()}


def _conditions(terms: Iterable[Term], integers: frozenset[str]) -> Iterator[Compare]:
    """Those on integers alone, gathers among them."""
    for term in terms:
        for inner in subterms(term):
            match inner:
                case Compare() if inner.tensors and inner.tensors <= integers and integer_condition(inner) is None:
                    if not any(isinstance(part, Reduce) for part in subterms(inner)):
                        yield inner
                case Access(_, subscripts):
                    for subscript in subscripts:
                        if isinstance(subscript, Access):
                            at = compare(Relation.EQ, subscript, poly_value(Poly.of(fresh_index("~at"))))
                            assert isinstance(at, Compare)
                            yield at


def _together(conditions: Sequence[Compare]) -> list[list[Compare]]:
    """Conditions by the elements that they share."""
    groups = connected([tuple(accesses(condition)) for condition in conditions])
    return [[conditions[place] for place in group] for group in groups]


class _Cases:
    """Conditions on a grid of the values of all that they read: elements, and indices that stand as numbers."""

    def __init__(
        self, conditions: Sequence[Compare], high: Mapping[str, int], sizes: Mapping[str, int], far: int
    ) -> None:
        self.conditions, self.sizes = conditions, sizes
        self.reads = tuple(dict.fromkeys(read for condition in conditions for read in accesses(condition)))
        values = [inner.poly for c in conditions for inner in subterms(c) if isinstance(inner, PolyValue)]
        self.indices = tuple(dict.fromkeys(index for poly in values for index in poly.indices()))
        self.shape = tuple(high[read.tensor] for read in self.reads) + (far,) * len(self.indices)
        if prod(self.shape) > _MOST:
            raise TooManyCases(f"{prod(self.shape)} values")

    def met(self) -> Iterator[tuple[str, set[int]]]:
        """Values of tensors at which each joint truth assignment is met first, and last."""
        code = np.zeros(self.shape, dtype=np.int64)
        seen = np.zeros(self.shape, dtype=np.int64)
        for condition in self.conditions:
            held = self._holds(condition)
            _, seen = np.unique(2 * code + held, return_inverse=True)
            code = seen.reshape(self.shape)
        flat = code.reshape(-1)
        _, first = np.unique(flat, return_index=True)
        _, last = np.unique(flat[::-1], return_index=True)
        for place in (*first, *(flat.size - 1 - last)):
            position = np.unravel_index(int(place), self.shape)
            for read, value in zip(self.reads, position, strict=False):
                yield read.tensor, {int(value)}

    def _holds(self, condition: Compare) -> Grid:
        left, right = self._value(condition.left), self._value(condition.right)
        return np.broadcast_to(condition.relation.holds(left, right), self.shape)

    def _value(self, term: Term) -> Any:
        """On the grid, an axis for each element and index; fractions as floats, which hold small ones well enough."""
        match term:
            case Number(value):
                return int(value) if value.denominator == 1 else float(value)
            case Access():
                return self._along(self.reads.index(term))
            case PolyValue(poly):
                return poly.evaluate(self._atom)
            case Add(args):
                return sum(self._value(arg) for arg in args)
            case Mul(args):
                return prod(self._value(arg) for arg in args)
            case Power(base, exponent) if exponent.denominator == 1 and exponent > 0:
                return self._value(base) ** exponent.numerator
            case _:
                raise TooManyCases(show(term))

    def _atom(self, atom: Dim | Index) -> Any:
        if isinstance(atom, Dim):
            return self.sizes[atom.name]
        return self._along(len(self.reads) + self.indices.index(atom))

    def _along(self, place: int) -> Grid:
        shape = [1] * len(self.shape)
        shape[place] = self.shape[place]
        return np.arange(self.shape[place]).reshape(shape)

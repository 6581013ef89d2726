"""How many choices, of signs and of integers, act together in one value.

    d(a + b) = max(d(a), d(b))    d(a·b) = d(a) + d(b)    d(Σ a) = d(a)    d([c]·a) = n(c) + d(a)    d(f(a)) = n(a)

with n the number of choices in all. A value with d = k is a sum of functions of at most k choices each. If such a
function is zero wherever at most k choices differ from their first options, then it is zero everywhere (by inclusion
and exclusion), so that a sum over a hundred independent conditions need not be looked at in 2**100 cases.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import product
from math import inf, prod

from symbackprop.terms.build import integer_condition
from symbackprop.terms.poly import Dim, Index, Poly
from symbackprop.terms.program import Equation
from symbackprop.terms.term import (
    Access,
    Add,
    Apply,
    Axis,
    Compare,
    Function,
    Logic,
    Mul,
    Power,
    Reduce,
    Reduction,
    Subscript,
    Term,
    Where,
)

_DECIDING = (Function.MAX, Function.MIN, Function.RELU, Function.ABS, Function.SIGN)


@dataclass(frozen=True, slots=True)
class Count:
    """`together`: choices that act together in one addend; `all`: in the whole value."""

    together: float
    all: float

    def as_one(self) -> Count:
        return Count(self.all, self.all)


_NONE = Count(0, 0)


@dataclass(slots=True)
class Interplay:
    """Of values at given sizes; elements of `chosen` tensors are choices themselves, those without definition none."""

    definitions: Mapping[str, tuple[Equation, ...]]
    sizes: Mapping[str, int]
    chosen: frozenset[str]
    _tensors: dict[str, Count] = field(default_factory=dict)
    _terms: dict[Term, Count] = field(default_factory=dict)

    def tensor(self, name: str) -> Count:
        if name in self.chosen:
            return Count(1, 1)
        if name not in self._tensors:
            self._tensors[name] = Count(inf, inf)  # a recurrence that asks again: no bound
            parts = [self._equation(equation) for equation in self.definitions.get(name, ())]
            self._tensors[name] = _sum(parts)
        return self._tensors[name]

    def _equation(self, equation: Equation) -> Count:
        decided = {i for s in equation.subscripts if isinstance(s, Poly) for i in s.indices()}
        times = self._positions(axis for axis in equation.axes if axis.index not in decided)
        one = _product([*self._gathers(equation.subscripts), self(equation.rhs)])
        return Count(one.together, one.all * times)

    def __call__(self, term: Term) -> Count:
        found = self._terms.get(term)
        if found is None:
            found = self._count(term)
            found = self._terms[term] = Count(min(found.together, found.all), found.all)
        return found

    def _count(self, term: Term) -> Count:
        match term:
            case Access(tensor, subscripts):
                return _product([self.tensor(tensor), *self._gathers(subscripts)])
            case Add(args):
                return _sum([self(arg) for arg in args])
            case Mul(args):
                return _product([self(arg) for arg in args])
            case Power(base, exponent):
                inner = self(base)
                whole = exponent.denominator == 1 and exponent > 0
                return Count(inner.together * exponent.numerator, inner.all) if whole else inner.as_one()
            case Apply(Function.STOP_GRADIENT, (inner_term,)):
                return self(inner_term)
            case Apply(function, args):
                own = Count(max(1, len(args) - 1), max(1, len(args) - 1)) if function in _DECIDING else _NONE
                return _product([own, *(self(arg) for arg in args)]).as_one()
            case Where(condition, then, otherwise):
                return _product([self(condition), _sum([self(then), self(otherwise)])])
            case Reduce(reduction, axes, body):
                return _reduced(reduction, self._positions(axes), self(body))
            case Compare(_, left, right) if integer_condition(term) is None:
                return _product([Count(1, 1), self(left), self(right)]).as_one()
            case Logic(_, args):
                return _product([self(arg) for arg in args]).as_one()
            case _:
                return _NONE

    def _gathers(self, subscripts: Iterable[Subscript]) -> list[Count]:
        return [self(subscript) for subscript in subscripts if isinstance(subscript, Access)]

    def _positions(self, axes: Iterable[Axis]) -> int:
        return prod(self._extent(axis.extent) for axis in axes)

    def _extent(self, extent: Poly) -> int:
        """Here; where it moves with an index, the most that it can be."""
        indices = sorted(extent.indices(), key=str)
        far = 2 * max(self.sizes.values(), default=1)
        found = []
        for ends in product((-far, far), repeat=len(indices)):
            places = dict(zip(indices, ends, strict=True))

            def atom(value: Dim | Index, places: Mapping[Index, int] = places) -> int:
                return self.sizes[value.name] if isinstance(value, Dim) else places[value]

            found.append(extent.evaluate(atom))
        return max(0, *found)


def _reduced(reduction: Reduction, positions: int, body: Count) -> Count:
    every = body.all * positions if body.all else 0
    match reduction:
        case Reduction.SUM:
            return Count(body.together, every)
        case Reduction.MAX | Reduction.MIN:
            return Count(0, every + max(0, positions - 1)).as_one()
        case _:
            return Count(0, every).as_one()


def _sum(parts: Iterable[Count]) -> Count:
    parts = list(parts)
    return Count(max((part.together for part in parts), default=0), sum(part.all for part in parts))


def _product(parts: Iterable[Count]) -> Count:
    parts = list(parts)
    return Count(sum(part.together for part in parts), sum(part.all for part in parts))

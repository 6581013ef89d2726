"""How many choices, of signs and of integers, act together in one value.

    d(a + b) = max(d(a), d(b))    d(a·b) = d(a) + d(b)    d(Σ a) = d(a)    d([c]·a) = n(c) + d(a)    d(f(a)) = n(a)

with n the number of choices in all. A value with d = k is a sum of functions of at most k choices each. If such a
function is zero wherever at most k choices differ from their first options, then it is zero everywhere (by inclusion
and exclusion), so that a sum over a hundred independent conditions need not be looked at in 2**100 cases.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import inf, prod

from symbackprop.terms.build import integer_condition
from symbackprop.terms.poly import Poly
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
    Term,
    Where,
    children_of,
)
from symbackprop.terms.walks import fold

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
        one = _product(map(self, (*children_of(equation.lhs), equation.rhs)))
        return Count(one.together, one.all * times)

    def __call__(self, term: Term) -> Count:
        return fold(term, self._count, known=self._terms)

    def _count(self, term: Term, parts: list[Count]) -> Count:
        found = self._of_parts(term, parts)
        return Count(min(found.together, found.all), found.all)

    def _of_parts(self, term: Term, parts: list[Count]) -> Count:
        match term:
            case Access(tensor):
                return _product([self.tensor(tensor), *parts])
            case Add():
                return _sum(parts)
            case Mul():
                return _product(parts)
            case Power(_, exponent):
                (inner,) = parts
                whole = exponent.denominator == 1 and exponent > 0
                return Count(inner.together * exponent.numerator, inner.all) if whole else inner.as_one()
            case Apply(Function.STOP_GRADIENT, _):
                return parts[0]
            case Apply(function, args):
                own = Count(max(1, len(args) - 1), max(1, len(args) - 1)) if function in _DECIDING else _NONE
                return _product([own, *parts]).as_one()
            case Where():
                return _product([parts[0], _sum(parts[1:])])
            case Reduce(reduction, axes, _):
                return _reduced(reduction, self._positions(axes), parts[0])
            case Compare() if integer_condition(term) is None:
                return _product([Count(1, 1), *parts]).as_one()
            case Logic():
                return _product(parts).as_one()
            case _:
                return _NONE

    def _positions(self, axes: Iterable[Axis]) -> int:
        return prod(max(0, axis.extent.evaluate(lambda size: self.sizes[size.name])) for axis in axes)


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

"""Which edits can be made at a place of a term."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from symbackprop.edits.kinds import Edit, Kind
from symbackprop.edits.places import Opened, Place, open_at
from symbackprop.edits.read_edits import read_edits
from symbackprop.edits.sum_edits import beside_sums, sum_edits
from symbackprop.terms.build import (
    NIL,
    add,
    compare,
    conjuncts,
    integer_condition,
    logic_and,
    logic_not,
    mul,
    neg,
    number,
    poly_value,
    power,
    substitute,
    where,
)
from symbackprop.terms.poly import Dim, Index, Poly
from symbackprop.terms.program import Tensor
from symbackprop.terms.rewrite import Ranges
from symbackprop.terms.term import (
    Access,
    Add,
    Axis,
    Mul,
    Number,
    PolyValue,
    Power,
    Reduce,
    Reduction,
    Term,
    Where,
)


@dataclass(frozen=True, slots=True)
class Factor:
    """A factor that may be put in, with the axes of the sums that it stands under where it is from."""

    term: Term
    axes: tuple[Axis, ...]


@dataclass(frozen=True, slots=True)
class Edits:
    """`tensors`: what may stand in place of another tensor; `factors`: what may be put in; `dims`: the sizes that may
    scale; `opened`: the names that the indices of a reduction have in what an edit says."""

    table: Mapping[str, Tensor]
    tensors: tuple[str, ...]
    dims: tuple[str, ...]
    factors: tuple[Factor, ...] = ()
    opened: Opened = open_at

    def __call__(self, place: Place) -> Iterator[Edit]:
        """Every edit at the head of the term that stands there."""
        term, ranges = place.term, place.ranges
        match term:
            case Access():
                yield from read_edits(term, self.table, self.tensors, ranges)
                yield from _powers(term, Fraction(1))
            case Add(args):
                yield from self._addends(args)
            case Power(base, exponent):
                yield from _powers(base, exponent)
            case Where():
                yield from _conditions(term)
            case Mul():
                yield from beside_sums(term, ranges, self.opened)
                yield from _without_a_factor(term)
            case Reduce(Reduction.SUM, _, _):
                yield from sum_edits(term, self.table, ranges, self.opened)
        yield from self._with_a_factor(term, ranges)

    def _addends(self, args: tuple[Term, ...]) -> Iterator[Edit]:
        for place, arg in enumerate(args):
            others = (*args[:place], *args[place + 1 :])
            yield Edit(Kind.NEGATED, add(*others, neg(arg)), arg, neg(arg))
            yield Edit(Kind.ADDEND_DROPPED, add(*others), arg)
            for scale in self._scales():
                yield Edit(Kind.ADDEND_SCALED, add(*others, mul(scale, arg)), arg, scale)

    def _scales(self) -> Iterator[Term]:
        sizes = [poly_value(Poly.of(Dim(name))) for name in self.dims]
        yield from (number(2), power(number(2), -1))
        yield from (power(size, exponent) for exponent in (-1, 1) for size in sizes)

    def _with_a_factor(self, term: Term, ranges: Ranges) -> Iterator[Edit]:
        if isinstance(term, Number) or not term.tensors:
            return
        for factor in self.factors:
            for here in _placed(factor, ranges):
                yield Edit(Kind.FACTOR_ADDED, mul(here, term), term, here)


def _without_a_factor(term: Mul) -> Iterator[Edit]:
    for place, arg in enumerate(term.args):
        plain = arg.base if isinstance(arg, Power) else arg
        kind = Kind.SCALE_DROPPED if isinstance(plain, Number | PolyValue) else Kind.FACTOR_DROPPED
        yield Edit(kind, mul(*term.args[:place], *term.args[place + 1 :]), arg)


def _placed(factor: Factor, ranges: Ranges) -> Iterator[Term]:
    """The factor with its bound indices among those in scope that run as they do."""
    bound = [axis for axis in factor.axes if axis.index in factor.term.free]
    ways: list[dict[Index, Poly]] = [{}]
    for axis in bound:
        alike = [i for i, a in ranges.items() if (a.low, a.high) == (axis.low, axis.high)]
        ways = [{**way, axis.index: Poly.of(index)} for way in ways for index in alike]
    for way in ways:
        here = substitute(factor.term, way)
        if here.free <= set(ranges):
            yield here


def _powers(base: Term, exponent: Fraction) -> Iterator[Edit]:
    old = power(base, exponent)
    for other in dict.fromkeys((exponent - 1, exponent + 1, -exponent, exponent / 2, exponent * 2)):
        if other != 0:
            new = power(base, other)
            yield Edit(Kind.POWER, new, old, new)


def _conditions(term: Where) -> Iterator[Edit]:
    """Turned round, left out, or its bound moved by one: the whole, or one part of several that must all hold."""
    condition, then, otherwise = term.condition, term.then, term.otherwise
    yield Edit(Kind.GUARD_TURNED, where(logic_not(condition), then, otherwise), condition, logic_not(condition))
    parts = conjuncts(condition)
    for place, part in enumerate(parts):
        others = (*parts[:place], *parts[place + 1 :])
        yield Edit(Kind.GUARD_DROPPED, where(logic_and(*others), then, otherwise), part)
        for moved in _moved(part):
            yield Edit(Kind.GUARD_MOVED, where(logic_and(*others, moved), then, otherwise), part, moved)
    if len(parts) > 1:
        yield Edit(Kind.GUARD_DROPPED, then, condition)


def _moved(condition: Term) -> Iterator[Term]:
    """A condition on sizes and indices with its bound one higher or lower."""
    integer = integer_condition(condition)
    if integer is not None:
        for step in (1, -1):
            yield compare(integer[0], poly_value(integer[1] + step), NIL)

"""Something else in the place of an axis: an integer value that an equality says it is, or a polynomial."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import reduce

from symbackprop.lower.value_walks import rebuilt
from symbackprop.lower.values import (
    Choose,
    Contract,
    Deviation,
    Fold,
    Kind,
    Map,
    MapOp,
    Position,
    Read,
    Scalar,
    Value,
    inside,
    integer,
    with_children,
)
from symbackprop.terms.build import NIL, poly_value
from symbackprop.terms.poly import ZERO, Atom, Index, Poly
from symbackprop.terms.program import Tensor
from symbackprop.terms.term import Axis


@dataclass(frozen=True, slots=True)
class Solved:
    """`axis` is `value` where the equality holds; `known`: whether that lies in the axis's range; `tensors`: those that
    what it is put into may read."""

    axis: Axis
    value: Value
    known: bool
    tensors: Mapping[str, Tensor]

    @property
    def within(self) -> Value:
        """Where the value lies in the range."""
        return _between(self.value, self.axis.low, self.axis.high)

    @property
    def clamped(self) -> Value:
        """The value, or the nearest one in the range."""
        low, high = (Scalar(poly_value(end)) for end in (self.axis.low, self.axis.high))
        return _integers(MapOp.MINIMUM, _integers(MapOp.MAXIMUM, self.value, low), high)


def substituted(top: Value, solved: Solved) -> Value:
    """The value with an integer value in the place of an axis."""
    return rebuilt(top, lambda value, children: _replaced(value, children, solved))


def _replaced(value: Value, children: tuple[Value, ...], solved: Solved) -> Value:
    index, new = solved.axis.index, solved.value
    match value:
        case Position(poly, over) if index in over:
            return _along(poly, over - {index}, index, new)
        case Read(tensor, subscripts, over, kind, padded) if index in over:
            rest = iter(children)
            places: list[Poly | Value] = []
            for subscript in subscripts:
                if not isinstance(subscript, Poly):
                    places.append(next(rest))
                elif index in subscript.indices():
                    places.append(_along(subscript, (over - {index}) & set(subscript.indices()), index, new))
                else:
                    places.append(subscript)
            left = frozenset(i for s in places if isinstance(s, Poly) for i in s.indices()) & over
            read = Read(tensor, tuple(places), left, kind, padded or not solved.known)
            return _zero_outside(read, solved.tensors[tensor]) if padded else read
        case _:
            return with_children(value, children)


def at_places(top: Value, places: Mapping[Atom, Poly], axes: frozenset[Index] = frozenset()) -> Value:
    """The value with polynomials of sizes, of the axes themselves, and of those `axes` in the places of axes."""
    return rebuilt(top, lambda value, children: with_polynomials(value, children, places, axes))


def with_polynomials(
    value: Value, children: tuple[Value, ...], places: Mapping[Atom, Poly], axes: frozenset[Index] = frozenset()
) -> Value:
    """The value, of these parts, with polynomials of sizes, of the axes themselves, and of those `axes` in the places
    of axes."""
    match value:
        case Position(poly, over):
            return integer(poly.substitute(places), _left(over, places, axes))
        case Read(tensor, subscripts, over, kind, padded):
            rest = iter(children)
            new = tuple(s.substitute(places) if isinstance(s, Poly) else next(rest) for s in subscripts)
            return Read(tensor, new, _left(over, places, axes), kind, padded)
        case _:
            return with_children(value, children)


def _left(over: frozenset[Index], places: Mapping[Atom, Poly], axes: frozenset[Index]) -> frozenset[Index]:
    left: set[Index] = set()
    for index in over:
        left |= {new for new in places[index].indices() if new == index or new in axes} if index in places else {index}
    return frozenset(left)


def _zero_outside(read: Read, tensor: Tensor) -> Value:
    """The look-up of what a padded read showed: 0 outside its tensor, where a gather has any element."""
    places = (integer(s, read.over) if isinstance(s, Poly) else s for s in read.subscripts)
    masks = [_between(place, ZERO, size - 1) for place, size in zip(places, tensor.shape, strict=True)]
    mask = reduce(lambda one, other: Map(MapOp.AND, (one, other), Kind.BOOL, True), masks)
    return Map(MapOp.SELECT, (mask, read, Scalar(NIL)), Kind.FLOAT, True)


def _between(value: Value, low: Poly, high: Poly) -> Value:
    """Where the integer lies in the range."""
    ends = Scalar(poly_value(low)), Scalar(poly_value(high))
    above = Map(MapOp.GREATER_EQUAL, (value, ends[0]), Kind.BOOL, True)
    return Map(MapOp.AND, (above, Map(MapOp.GREATER_EQUAL, (ends[1], value), Kind.BOOL, True)), Kind.BOOL, True)


def _along(poly: Poly, over: frozenset[Index], index: Index, new: Value) -> Value:
    """The polynomial, affine in the index, with the integer value in its place."""
    factor = poly.coefficient(index)
    value = new if factor == 1 else _integers(MapOp.MULTIPLY, new, Scalar(poly_value(factor)))
    return minus(value, factor * Poly.of(index) - poly, over)


def minus(value: Value, poly: Poly, over: frozenset[Index]) -> Value:
    """value - poly."""
    return _integers(MapOp.SUBTRACT, value, integer(poly, over)) if poly.terms else value


def _integers(op: MapOp, left: Value, right: Value) -> Value:
    return Map(op, (left, right), Kind.INT, True)


def captures(factors: Iterable[Value], index: Index, new: Value) -> bool:
    """Whether the new value's axes, or the index itself, are bound inside a factor that the index stands in, or it
    stands there as no integer value can: not in first degree, in a choice, in a read of integers that are 0 outside."""
    for factor in factors:
        for part in inside(factor):
            if isinstance(part, Contract | Fold | Deviation) and (new.axes | {index}) & set(part.bound):
                return True
            if isinstance(part, Position) and index in part.over and not part.poly.is_affine:
                return True
            if isinstance(part, Choose) and index in part.axes:
                return True
            if isinstance(part, Read) and part.padded and part.kind is Kind.INT and index in part.over:
                return True
    return False

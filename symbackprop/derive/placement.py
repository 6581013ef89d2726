"""Where a term stands in its equation: what decides whether it is named, and whether it needs to be."""

from __future__ import annotations

from enum import Enum
from fractions import Fraction

from symbackprop.terms.term import Add, Apply, Mul, Power, Reduce, Reduction, Term, Where

__all__ = ["Place", "inside", "is_whole"]


class Place(Enum):
    """Where a term stands in its equation."""

    ROOT = "root"  # the whole right-hand side, or a branch of its guards
    LINEAR = "linear"  # reached through sums and constant factors only
    FACTOR = "factor"  # multiplied by something that varies
    INNER = "inner"  # inside a sum inside a product
    ARGUMENT = "argument"  # of a function or non-linear reduction

    @property
    def linear(self) -> bool:
        return self in (Place.ROOT, Place.LINEAR)


def inside(term: Term, place: Place) -> Place:
    """Where the terms stand that the value of a term at that place is made of."""
    match term:
        case Add():
            return Place.LINEAR if place.linear else Place.INNER
        case Mul(args) if sum(bool(arg.tensors) for arg in args) > 1:
            return Place.FACTOR
        case Mul():
            return Place.LINEAR if place.linear else place
        case Power(_, exponent) if is_whole(exponent):
            return Place.FACTOR if place is Place.ROOT else Place.INNER
        case Power() | Apply():
            return Place.ARGUMENT
        case Where():
            return place if place.linear else Place.INNER
        case Reduce(Reduction.SUM, _, _):
            return Place.LINEAR
        case Reduce():
            return Place.ARGUMENT
        case _:
            raise TypeError(f"no place inside {term!r}")


def is_whole(exponent: Fraction) -> bool:
    """Whether a power by it is a product, which exists wherever its base does."""
    return exponent.denominator == 1 and exponent > 0

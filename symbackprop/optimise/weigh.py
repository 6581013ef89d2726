"""How much work an equation is, to choose between two that are equal.

Each distinct subterm counts once for every position of the indices it depends on, at one size for every symbolic
dimension: what is summed or broadcast along an axis is told from what is not, which is what a choice depends on.
(`cost` counts what is printed, in the sizes themselves.)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from math import prod

from symbackprop.terms.poly import Index, Poly
from symbackprop.terms.program import Equation
from symbackprop.terms.term import (
    Access,
    Add,
    Apply,
    Axis,
    Constant,
    Logic,
    Mul,
    Number,
    PolyValue,
    Power,
    Reduce,
    Reduction,
    Term,
    Truth,
)
from symbackprop.terms.walks import visits

_SIZE = 37  # of every symbolic dimension
_FUNCTION = 8  # a function, root or reciprocal, in multiply-adds
_LINES = 1  # a pass over memory to write an array, in multiply-adds

Extents = Mapping[Index, int]


def weigh(equations: Iterable[Equation]) -> int:
    """The work of the equations together, arrays written included."""
    return sum(
        weigh_term(equation.rhs, equation.axes) + _LINES * prod(extent(axis) for axis in equation.axes)
        for equation in equations
    )


def weigh_term(term: Term, axes: Iterable[Axis]) -> int:
    """The work of a value at every position of the axes."""

    def extents(axes: Iterable[Axis]) -> Extents:
        return {axis.index: extent(axis) for axis in axes}

    return sum(_head(*visit) for visit in visits(term, extents(axes), lambda total: extents(total.axes)))


def extent(axis: Axis) -> int:
    """How long an axis is, about, where every symbolic dimension has the one size."""
    return size(axis.extent)


@lru_cache(maxsize=4096)
def size(poly: Poly) -> int:
    """The largest of the monomials: `H - R + 1` is about as long as H, whatever R is."""
    return max(
        (abs(factor) * _SIZE ** sum(power for _, power in monomial) for monomial, factor in poly.terms), default=1
    )


def _head(term: Term, extents: Extents) -> int:
    """The operations of the term's head alone; for a reduction, `extents` are those inside."""
    positions = _positions(term.free, extents)
    match term:
        case Reduce(Reduction.SUM, _, Mul()):
            return 0  # the product's last multiplication and the addition are one multiply-add
        case Reduce(reduction, axes, body):
            inside = _positions(body.free | {axis.index for axis in axes}, extents)
            return inside * (_FUNCTION if reduction is Reduction.LOGSUMEXP else 1)
        case Number() | Constant() | PolyValue() | Access() | Truth():
            return 0
        case Mul(args) | Add(args) | Logic(_, args):
            return _combined([arg for arg in args if not (isinstance(arg, Number) and arg.value == -1)], extents)
        case Power(_, exponent):
            plain = exponent.denominator == 1 and exponent > 0
            return positions * (exponent.numerator.bit_length() - 1 if plain else _FUNCTION)
        case Apply():
            return positions * _FUNCTION
        case _:
            return positions


def _combined(args: list[Term], extents: Extents) -> int:
    """Of a sum or product: what depends on the fewest positions is put together first."""
    ordered = sorted((arg.free for arg in args), key=lambda free: _positions(free, extents))
    total, so_far = 0, ordered[0]
    for free in ordered[1:]:
        so_far |= free
        total += _positions(so_far, extents)
    return total


def _positions(indices: frozenset[Index], extents: Extents) -> int:
    return prod(extents.get(index, 1) for index in indices)


__all__ = ["extent", "size", "weigh", "weigh_term"]

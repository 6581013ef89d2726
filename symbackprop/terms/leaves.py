"""Leaves of terms, and the order in which arguments stand."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache

from symbackprop.terms.poly import Dim, Poly
from symbackprop.terms.term import (
    Access,
    Add,
    Apply,
    Constant,
    ConstantKind,
    Mul,
    Number,
    PolyValue,
    Power,
    Reduce,
    Subscript,
    Term,
    Truth,
    Where,
    subterms,
)

Numeric = int | Fraction


@lru_cache(maxsize=4096)
def number(value: Numeric) -> Number:
    """An exact rational."""
    return Number(Fraction(value))


NIL, UNIT, MINUS = number(0), number(1), number(-1)
TRUE, FALSE = Truth(True), Truth(False)
INFINITY, NEGATIVE_INFINITY = Constant(ConstantKind.INFINITY), Constant(ConstantKind.NEGATIVE_INFINITY)


def poly_value(poly: Poly | int) -> Term:
    """A size or index as a number."""
    poly = Poly.of(poly)
    constant = poly.constant
    return number(constant) if constant is not None else PolyValue(poly)


def subscript_value(subscript: Subscript) -> Term:
    """A subscript as a number."""
    return poly_value(subscript) if isinstance(subscript, Poly) else subscript


def access(tensor: str, subscripts: Sequence[Subscript | int] = ()) -> Access:
    return Access(tensor, tuple(Poly.of(s) if isinstance(s, int) else s for s in subscripts))


_RANK = {Number: 0, Constant: 1, PolyValue: 2, Access: 4, Power: 5, Mul: 6, Add: 7, Apply: 8, Where: 9, Reduce: 10}


def sort_key(term: Term) -> tuple[int, str, bytes, bytes]:
    """A deterministic order that renaming indices changes only among look-alikes."""
    return *_coarse_key(term), term.blind, term.digest


def _coarse_key(term: Term) -> tuple[int, str]:
    """What most arguments are told apart by: the kind, and of an element the tensor."""
    kind = type(term)
    rank = 3 if kind is Power and isinstance(term.base, PolyValue) else _RANK.get(kind, 11)  # type: ignore[attr-defined]
    return rank, term.tensor if kind is Access else ""  # type: ignore[attr-defined]


def in_order(terms: Sequence[Term]) -> tuple[Term, ...]:
    """The terms in that order. Digests are asked for where kinds and tensors do not tell."""
    coarse = {_coarse_key(term): term for term in terms}
    if len(coarse) == len(terms):
        return tuple([coarse[key] for key in sorted(coarse)])
    return tuple(sorted(terms, key=sort_key))


def as_term(value: Term | Numeric) -> Term:
    return value if isinstance(value, Term) else number(value)


def dims_of(term: Term) -> list[Dim]:
    """The sizes in a term, as often as they stand there."""
    return [dim for inner in subterms(term) if isinstance(inner, PolyValue) for dim in inner.poly.dims()]

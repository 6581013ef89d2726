"""Terms made of integers alone, and how large they may get.

Python's own integers have no end, those of arrays do: what 64 bits may not hold, where sizes stay below two million
and integer data below two thousand million, is computed in floats.
"""

from __future__ import annotations

from collections.abc import Collection
from math import lcm, prod

from symbackprop.terms.arithmetic import counts
from symbackprop.terms.build import add, mul, number, split_coefficient
from symbackprop.terms.poly import Floor, Poly
from symbackprop.terms.products import addends
from symbackprop.terms.term import Access, Add, Apply, Function, Mul, Number, PolyValue, Power, Term, subterms
from symbackprop.terms.walks import fold

_SIZE, _DATA, _LIMIT = 2**21 - 1, 2**31 - 1, 2**63
_EXTREMA = (Function.MAX, Function.MIN)


def is_whole(term: Term, integers: Collection[str] = ()) -> bool:
    """Whether the term is made of integers alone, those of the tensors `integers` among them."""
    return _is_whole(term, integers) and all(_is_whole(inner, integers) for inner in subterms(term, _made_of))


def _made_of(term: Term) -> tuple[Term, ...]:
    """The terms inside that have to be integers for this one to be."""
    match term:
        case Add(args) | Mul(args) | Apply(Function.MAX | Function.MIN | Function.ABS | Function.SIGN, args):
            return args
        case Power(base, _):
            return (base,)
        case _:
            return ()


def _is_whole(term: Term, integers: Collection[str]) -> bool:
    """Whether the term is an integer, if what it is made of is."""
    match term:
        case Number(value):
            return counts(value)
        case Access(tensor):
            return tensor in integers
        case Power(_, exponent):
            return exponent.denominator == 1 and exponent > 0
        case Apply(Function.FLOOR, (inner,)):
            return as_quotient(inner, integers) is not None
        case _:
            return isinstance(term, PolyValue) or bool(_made_of(term))


def as_quotient(term: Term, integers: Collection[str] = ()) -> tuple[Term, int] | None:
    """(n, d) with term = n/d, an integer term over a positive integer."""
    parts = [split_coefficient(addend) for addend in addends(term)]
    if not all(is_whole(rest, integers) for _, rest in parts):
        return None
    d = lcm(*(coefficient.denominator for coefficient, _ in parts))
    return add(*(mul(number(coefficient * d), rest) for coefficient, rest in parts)), d


def fits(whole: Poly | Term) -> bool:
    """Whether 64 bits hold the integer for certain, and all that is met on the way to it."""
    if isinstance(whole, Access):
        return True
    return (_of_poly(whole) if isinstance(whole, Poly) else fold(whole, _of_term)) < _LIMIT


def _of_poly(poly: Poly) -> int:
    total = 0
    for monomial, coefficient in poly.terms:
        product = abs(coefficient)
        for atom, power in monomial:
            product *= (_of_poly(atom.numerator) if isinstance(atom, Floor) else _SIZE) ** power
        total += product
    return total


def _of_term(term: Term, parts: list[int]) -> int:
    match term:
        case Number(value):
            return abs(value.numerator)
        case PolyValue(poly):
            return _of_poly(poly)
        case Add():
            return sum(parts)
        case Mul():
            return prod(parts)
        case Power(_, exponent):
            return _raised(parts[0], exponent.numerator)
        case Apply(function, _):
            return max(parts) if function in _EXTREMA else parts[0]
        case _:
            return _DATA


def _raised(base: int, exponent: int) -> int:
    return base ** min(exponent, 64) if base > 1 else base
